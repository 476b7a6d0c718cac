import { type DemandPosterior, LEVELS_EACH } from './demand-posterior.js';
import { maximise } from '../numerics/maximise.js';
import { lastMarginalValue } from './optimal-price.js';

/**
 * Bayes-averaged Bellman price: over the posterior's points k, with λ_k(p) the rate of sales and ΔJ_k the value
 * of the last unit left were k the truth, the price of the ladder that maximises Σ w_k λ_k(p)(p − ΔJ_k).
 * It averages decisions, not demand, so it prices in that what is not known yet.
 */
export interface Outlook {
  /** Units left to sell, at least 1. */
  units: number;
  /** Share of all arrivals still to come. */
  shareLeft: number;
  /** Buyers who wait already, who have shown that they would pay `lastPrice`. */
  waiting?: { units: number; lastPrice: number };
}

/** @param ladder ascending prices to choose from */
export function bellmanPrice(
  posterior: DemandPosterior,
  outlook: Outlook,
  ladder: ArrayLike<number>,
): number {
  const gain = gainOf(posterior, outlook);
  return ladder[bestOf(ladder, gain)]!;
}

/** The same where any price may be asked: between the neighbours of the best of a coarse ladder. */
export function bellmanPriceBetween(
  posterior: DemandPosterior,
  outlook: Outlook,
  from: number,
  to: number,
): number {
  const gain = gainOf(posterior, outlook);
  const ladder = priceLadder(from, to, COARSE_STEPS);
  const best = bestOf(ladder, gain);
  const bounds = [ladder[Math.max(0, best - 1)]!, ladder[Math.min(ladder.length - 1, best + 1)]!] as const;
  return maximise(gain, bounds, 1e-6);
}

const COARSE_STEPS = 24;
const ARRIVALS_TABLE = 16;

/** Σ w_k λ_k(p)(p − ΔJ_k): the sums over levels are taken once, so that a price costs one exponential a worth. */
function gainOf(
  { worth, level, weight }: DemandPosterior,
  { units, shareLeft, waiting }: Outlook,
): (price: number) => number {
  const worths = worth.length;
  const arrivals = new Float64Array(level.length);
  for (let j = 0; j < worths; j++) {
    // Willingness to pay has no memory: who would pay `lastPrice` is worth exp(lastPrice/worth) of those who come.
    const extra = waiting && waiting.units > 0 ? waiting.units * Math.exp(waiting.lastPrice / worth[j]!) : 0;
    for (let k = j * LEVELS_EACH; k < (j + 1) * LEVELS_EACH; k++) arrivals[k] = level[k]! * shareLeft + extra;
  }
  const valueOf = lastUnitValues(arrivals, units);
  const rate = new Float64Array(worths);
  const cost = new Float64Array(worths);
  for (let k = 0; k < level.length; k++) {
    const j = Math.floor(k / LEVELS_EACH);
    const mass = weight[k]! * arrivals[k]!;
    rate[j]! += mass;
    cost[j]! += mass * valueOf(arrivals[k]!) * worth[j]!;
  }
  return (price) => {
    let gain = 0;
    for (let j = 0; j < worths; j++) gain += Math.exp(-price / worth[j]!) * (price * rate[j]! - cost[j]!);
    return gain;
  };
}

function bestOf(ladder: ArrayLike<number>, gain: (price: number) => number): number {
  let best = 0;
  let most = -Infinity;
  for (let i = 0; i < ladder.length; i++) {
    const value = gain(ladder[i]!);
    if (value > most) [best, most] = [i, value];
  }
  return best;
}

/** α·ΔJ of the last unit by arrivals to come, interpolated on a logarithmic table: those of a posterior lie close together. */
function lastUnitValues(arrivals: Float64Array, units: number): (arrivals: number) => number {
  let low = Infinity;
  let high = 0;
  for (const value of arrivals) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (high === 0) return () => 0;
  const from = Math.log(Math.max(low, high * 1e-9));
  const step = Math.max(1e-9, (Math.log(high) - from) / (ARRIVALS_TABLE - 1));
  const table = Float64Array.from({ length: ARRIVALS_TABLE }, (_, i) =>
    lastMarginalValue(Math.exp(from + i * step - 1), units),
  );
  return (value) => {
    const at = Math.min(ARRIVALS_TABLE - 1.000001, Math.max(0, (Math.log(value) - from) / step));
    const i = Math.floor(at);
    return table[i]! + (table[i + 1]! - table[i]!) * (at - i);
  };
}

/** Ascending prices in equal ratios from `from` to `to`, ends included. */
export function priceLadder(from: number, to: number, steps: number): Float64Array {
  return Float64Array.from({ length: steps }, (_, i) => from * (to / from) ** (i / (steps - 1)));
}
