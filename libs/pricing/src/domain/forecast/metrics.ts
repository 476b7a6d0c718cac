/**
 * Measures of forecasts. All take equally long lists.
 * Sources: R. J. Hyndman, A. B. Koehler, "Another look at measures of forecast accuracy", International J. of
 * Forecasting 22 (2006) 679–688; R. Koenker, G. Bassett, "Regression quantiles", Econometrica 46 (1978) 33–50.
 */

/** Σ|y − f| / Σy. NaN where nothing was sold. */
export function wape(actual: ArrayLike<number>, forecast: ArrayLike<number>): number {
  let miss = 0;
  let total = 0;
  for (let i = 0; i < actual.length; i++) {
    miss += Math.abs(actual[i]! - forecast[i]!);
    total += actual[i]!;
  }
  return total > 0 ? miss / total : NaN;
}

/** Mean absolute miss over that of a naive forecast. */
export function mase(
  actual: ArrayLike<number>,
  forecast: ArrayLike<number>,
  naive: ArrayLike<number>,
): number {
  let miss = 0;
  let reference = 0;
  for (let i = 0; i < actual.length; i++) {
    miss += Math.abs(actual[i]! - forecast[i]!);
    reference += Math.abs(actual[i]! - naive[i]!);
  }
  return reference > 0 ? miss / reference : NaN;
}

/** Mean pinball loss of quantile forecasts at a level, in units. */
export function pinball(actual: ArrayLike<number>, quantile: ArrayLike<number>, level: number): number {
  let loss = 0;
  for (let i = 0; i < actual.length; i++) {
    const over = actual[i]! - quantile[i]!;
    loss += over >= 0 ? level * over : (level - 1) * over;
  }
  return loss / actual.length;
}

/** The share of values within their interval, ends included. */
export function coverage(actual: ArrayLike<number>, low: ArrayLike<number>, high: ArrayLike<number>): number {
  let inside = 0;
  for (let i = 0; i < actual.length; i++) if (actual[i]! >= low[i]! && actual[i]! <= high[i]!) inside++;
  return inside / actual.length;
}
