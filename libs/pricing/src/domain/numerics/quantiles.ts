/**
 * Quantiles of weighted values, exchangeable with one still to come: the value at level q·(n+1) of n equally
 * weighted ones, interpolated (type 6), so that few values give wide intervals and not narrow ones.
 * Source: R. J. Hyndman, Y. Fan, "Sample quantiles in statistical packages", The American Statistician 50 (1996).
 * @param values n numbers; need not be sorted
 * @param weights n weights above 0; equal if not given
 * @returns one quantile a level; NaN for no values
 */
export function quantiles(
  values: ArrayLike<number>,
  levels: readonly number[],
  weights?: ArrayLike<number>,
): number[] {
  const n = values.length;
  if (n === 0) return levels.map(() => NaN);
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => values[i]! - values[j]! || i - j);
  const at = new Float64Array(n);
  let total = 0;
  let squares = 0;
  for (const i of order) {
    const w = weights ? weights[i]! : 1;
    total += w;
    squares += w * w;
  }
  // The one to come weighs as much as one of the n effective ones.
  const unit = squares / total;
  let below = 0;
  order.forEach((index, rank) => {
    const w = weights ? weights[index]! : 1;
    at[rank] = (below + (w + unit) / 2) / (total + unit);
    below += w;
  });
  return levels.map((level) => interpolate(order, values, at, level));
}

function interpolate(order: number[], values: ArrayLike<number>, at: Float64Array, level: number): number {
  let upper = 0;
  while (upper < at.length && at[upper]! < level) upper++;
  if (upper === 0) return values[order[0]!]!;
  if (upper === at.length) return values[order[upper - 1]!]!;
  const low = values[order[upper - 1]!]!;
  const high = values[order[upper]!]!;
  // Rounding may carry the sum of nearly equal values past the higher one.
  return Math.min(high, low + ((high - low) * (level - at[upper - 1]!)) / (at[upper]! - at[upper - 1]!));
}
