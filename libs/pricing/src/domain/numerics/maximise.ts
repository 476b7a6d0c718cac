const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Where a function with one peak is largest between two bounds, by golden-section search, to a share of their distance. */
export function maximise(
  value: (x: number) => number,
  [from, to]: readonly [number, number],
  precision = 1e-9,
): number {
  let low = from;
  let high = to;
  let left = high - GOLDEN * (high - low);
  let right = low + GOLDEN * (high - low);
  let atLeft = value(left);
  let atRight = value(right);
  while (high - low > precision * (to - from)) {
    if (atLeft >= atRight) {
      high = right;
      right = left;
      atRight = atLeft;
      left = high - GOLDEN * (high - low);
      atLeft = value(left);
    } else {
      low = left;
      left = right;
      atLeft = atRight;
      right = low + GOLDEN * (high - low);
      atRight = value(right);
    }
  }
  return (low + high) / 2;
}
