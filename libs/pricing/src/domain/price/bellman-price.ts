import { type DemandPosterior, LEVELS_EACH } from './demand-posterior.js';
import { lastMarginalValue } from './optimal-price.js';

/**
 * Bayes-averaged Bellman price: over the posterior's points k, with λ_k(p) the rate of sales and ΔJ_k the value
 * of the last unit left were k the truth, the price of the ladder that maximises Σ w_k λ_k(p)(p − ΔJ_k).
 * It averages decisions, not demand, so it prices in that what is not known yet.
 */
const LEVEL_TABLE = 16;

/**
 * @param units left to sell, at least 1
 * @param shareLeft share of all arrivals still to come
 * @param extraArrivals arrivals beyond those of the curve, such as people on a waitlist
 * @param ladder ascending prices to choose from
 */
export function bellmanPrice(
  posterior: DemandPosterior,
  units: number,
  shareLeft: number,
  ladder: ArrayLike<number>,
  extraArrivals = 0,
): number {
  const { worth, level, weight } = posterior;
  const valueOf = lastUnitValues(level, units, shareLeft, extraArrivals);
  const worths = worth.length;
  const rate = new Float64Array(worths);
  const cost = new Float64Array(worths);
  for (let j = 0; j < worths; j++) {
    for (let i = 0; i < LEVELS_EACH; i++) {
      const at = j * LEVELS_EACH + i;
      const mass = weight[at]! * (level[at]! * shareLeft + extraArrivals);
      rate[j]! += mass;
      cost[j]! += mass * valueOf(level[at]!) * worth[j]!;
    }
  }
  return bestOfLadder(worth, rate, cost, ladder);
}

function bestOfLadder(
  worth: Float64Array,
  rate: Float64Array,
  cost: Float64Array,
  ladder: ArrayLike<number>,
): number {
  let best = -Infinity;
  let price = ladder[0]!;
  for (let r = 0; r < ladder.length; r++) {
    const p = ladder[r]!;
    let gain = 0;
    for (let j = 0; j < worth.length; j++) gain += Math.exp(-p / worth[j]!) * (p * rate[j]! - cost[j]!);
    if (gain > best) [best, price] = [gain, p];
  }
  return price;
}

/** α·ΔJ of the last unit by level, interpolated on a logarithmic table: the levels of a posterior lie close together. */
function lastUnitValues(
  levels: Float64Array,
  units: number,
  shareLeft: number,
  extra: number,
): (level: number) => number {
  let low = Infinity;
  let high = 0;
  for (const level of levels) {
    low = Math.min(low, level);
    high = Math.max(high, level);
  }
  const from = Math.log(low);
  const step = Math.max(1e-9, (Math.log(high) - from) / (LEVEL_TABLE - 1));
  const table = Float64Array.from({ length: LEVEL_TABLE }, (_, i) =>
    lastMarginalValue((Math.exp(from + i * step) * shareLeft + extra) / Math.E, units),
  );
  return (level) => {
    const at = Math.min(LEVEL_TABLE - 1.000001, Math.max(0, (Math.log(level) - from) / step));
    const i = Math.floor(at);
    return table[i]! + (table[i + 1]! - table[i]!) * (at - i);
  };
}

/** Ascending prices in equal ratios from `from` to `to`, ends included. */
export function priceLadder(from: number, to: number, steps: number): Float64Array {
  return Float64Array.from({ length: steps }, (_, i) => from * (to / from) ** (i / (steps - 1)));
}
