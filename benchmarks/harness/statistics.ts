/**
 * The smallest value that at least `share` of all values do not exceed (nearest rank).
 * @param sorted ascending, not empty · @param share above 0, up to 1
 */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  if (!sorted.length) throw new RangeError('there is no percentile of nothing');
  if (!(share > 0 && share <= 1)) throw new RangeError(`${share} is no share above 0, up to 1`);
  // The product may come out a hair above a whole number: .07 × 100 is 7.000000000000001.
  return sorted[Math.ceil(share * sorted.length - 1e-9) - 1]!;
}

/** The middle value; of an even number the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  if (!values.length) throw new RangeError('there is no median of nothing');
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** How many times `other` goes into `one`; throws when there is nothing to compare with. */
export function ratio(one: number, other: number): number {
  if (!(other > 0) || !Number.isFinite(one)) throw new RangeError(`${one} cannot be compared with ${other}`);
  return one / other;
}

/** How far the largest and the smallest share of the total are from equal shares, in percentage points. */
export function unevenness(parts: readonly number[]): number {
  const total = parts.reduce((sum, part) => sum + part, 0);
  if (!(total > 0)) throw new RangeError('nothing was shared');
  const fair = 100 / parts.length;
  return Math.max(...parts.map((part) => Math.abs((100 * part) / total - fair)));
}

/** To so many significant digits: results are read by people. */
export function rounded(value: number, digits = 4): number {
  return Number(value.toPrecision(digits));
}
