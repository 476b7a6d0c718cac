import { maximise } from '../numerics/maximise.js';

/**
 * Dynamic programme over reviews, for demand of any shape: at each review one price is chosen and kept until
 * the next. `V_k(n) = max_p E[p·min(S,n) + V_{k+1}(n − min(S,n))]` with S ~ Poisson(meanDemand(k, p)).
 * Source: K. T. Talluri, G. J. van Ryzin, "The Theory and Practice of Revenue Management" (2004), section 5.2.
 */
export interface DailyProgramme {
  units: number;
  reviews: number;
  /** Mean sales from review `k` to the next, were there no limit to the stock. */
  meanDemand: (review: number, price: number) => number;
  /** Ladder of prices to choose from, or two bounds between which any price may be asked. */
  prices: readonly number[] | { from: number; to: number };
}

export interface DailySolution {
  /** Optimal revenue from the first review on, by units: 0 to all. */
  value: Float64Array;
  /** Optimal price by review and units left. */
  price: Float64Array[];
}

export function solveDailyProgramme({ units, reviews, meanDemand, prices }: DailyProgramme): DailySolution {
  let next = new Float64Array(units + 1);
  const price: Float64Array[] = Array.from({ length: reviews }, () => new Float64Array(units + 1));
  for (let review = reviews - 1; review >= 0; review--) {
    const value = new Float64Array(units + 1);
    const demands = 'from' in prices ? undefined : prices.map((p) => meanDemand(review, p));
    for (let n = 1; n <= units; n++) {
      const revenue = (p: number, mean = meanDemand(review, p)) => expectedValue(p, mean, n, next);
      let best = -Infinity;
      if ('from' in prices) {
        price[review]![n] = maximise(revenue, [prices.from, prices.to]);
        best = revenue(price[review]![n]!);
      } else {
        prices.forEach((p, i) => {
          const earned = revenue(p, demands![i]);
          if (earned > best) [best, price[review]![n]] = [earned, p];
        });
      }
      value[n] = best;
    }
    next = value;
  }
  return { value: next, price };
}

/** E[p·min(S,n) + next(n − min(S,n))] for S ~ Poisson(mean). */
function expectedValue(price: number, mean: number, units: number, next: Float64Array): number {
  let probability = Math.exp(-mean);
  if (probability === 0) return price * units; // more than 700 expected: all will be sold
  let left = 1;
  let sum = 0;
  for (let sold = 0; sold < units && left > 1e-12; sold++) {
    sum += probability * (price * sold + next[units - sold]!);
    left -= probability;
    probability *= mean / (sold + 1);
  }
  return sum + Math.max(0, left) * price * units;
}
