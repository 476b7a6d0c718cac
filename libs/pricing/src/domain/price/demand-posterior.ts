import { poissonTail } from '../numerics/special-functions.js';

/**
 * What is believed of an event's demand: buyers arrive in all as a Poisson process of `level` (at price 0), spread
 * over time by a known curve, and pay at most an exponential willingness to pay with mean `worth` (1/α).
 * The logarithms of both are normal in the population.
 */
export interface DemandPrior {
  meanLogLevel: number;
  meanLogWorth: number;
  sdLogLevel: number;
  sdLogWorth: number;
  /** Of the two logarithms, within (−1, 1). */
  correlation: number;
}

/** Sales while one price was asked. */
export interface SalesPeriod {
  /** Share of all arrivals that the period has by the curve. */
  share: number;
  price: number;
  sold: number;
  /** The stock ran out, so demand was `sold` or more. */
  soldOut: boolean;
}

/**
 * The posterior as weighted points: for each of `worth` a few levels. Flat arrays of the same length; the levels
 * of worth j lie at j·LEVELS_EACH.
 */
export interface DemandPosterior {
  worth: Float64Array;
  level: Float64Array;
  /** Add up to 1. */
  weight: Float64Array;
  meanLogWorth: number;
  sdLogWorth: number;
}

export const LEVELS_EACH = 5;
/** Gauss–Hermite nodes and weights for the standard normal (Abramowitz and Stegun, table 25.10, scaled). */
const NODES = [-2.8569700138728056, -1.3556261799742659, 0, 1.3556261799742659, 2.8569700138728056];
const NODE_WEIGHTS = [
  0.011257411327720688, 0.22207592200561263, 0.5333333333333333, 0.22207592200561263, 0.011257411327720688,
];
const WORTHS = 15;
/** Half the width of the grid of worths, in standard deviations of what is believed. */
const REACH = 3.2;
/** Weight in the outer points past which the grid is moved or widened. */
const EDGE_WEIGHT = 0.01;
const MOST_GRIDS = 5;

/**
 * The posterior of level and worth after some sales. Over worth it is a grid, placed anew until it fits; over
 * the level, given the worth, adaptive Gauss–Hermite quadrature at the posterior's own mode.
 * Source: J. C. Naylor, A. F. M. Smith, "Applications of a method for the efficient computation of posterior
 * distributions", Applied Statistics 31 (1982) 214–225.
 * @param dispersion variance over mean of the sales; above 1 each sale says accordingly less (power posterior)
 */
export function posteriorOf(
  prior: DemandPrior,
  periods: readonly SalesPeriod[],
  dispersion = 1,
): DemandPosterior {
  let centre = prior.meanLogWorth;
  let spread = prior.sdLogWorth;
  for (let grid = 1; ; grid++) {
    const posterior = onGrid(prior, periods, dispersion, centre, spread);
    const { meanLogWorth, sdLogWorth } = posterior;
    const spacing = (2 * REACH * spread) / (WORTHS - 1);
    const fits = edgeWeight(posterior) < EDGE_WEIGHT && spacing < 0.75 * sdLogWorth;
    if (fits || grid === MOST_GRIDS) return posterior;
    centre = meanLogWorth;
    spread = Math.max(sdLogWorth, edgeWeight(posterior) < EDGE_WEIGHT ? 0 : spread / 2);
  }
}

/**
 * The same if sales told of the level alone: for each worth the level is learned, but the worths keep the weights
 * of the prior. Used to tell apart what pace and what the response to prices have taught.
 */
export function levelPosteriorOf(
  prior: DemandPrior,
  periods: readonly SalesPeriod[],
  dispersion = 1,
): DemandPosterior {
  return onGrid(prior, periods, dispersion, prior.meanLogWorth, prior.sdLogWorth, true);
}

function onGrid(
  prior: DemandPrior,
  periods: readonly SalesPeriod[],
  dispersion: number,
  centre: number,
  spread: number,
  keepWorths = false,
): DemandPosterior {
  const size = WORTHS * LEVELS_EACH;
  const worth = new Float64Array(WORTHS);
  const level = new Float64Array(size);
  const weight = new Float64Array(size);
  let sold = 0;
  let revenue = 0;
  for (const period of periods) {
    sold += period.sold;
    revenue += period.sold * period.price;
  }
  const censored = periods.filter((period) => period.soldOut);
  const sdGiven = prior.sdLogLevel * Math.sqrt(1 - prior.correlation ** 2);
  for (let j = 0; j < WORTHS; j++) {
    const logWorth = centre + spread * REACH * ((2 * j) / (WORTHS - 1) - 1);
    worth[j] = Math.exp(logWorth);
    const z = (logWorth - prior.meanLogWorth) / prior.sdLogWorth;
    const meanGiven = prior.meanLogLevel + prior.correlation * prior.sdLogLevel * z;
    let exposure = 0;
    for (const period of periods) exposure += period.share * Math.exp(-period.price / worth[j]!);
    const mode = levelMode(sold / dispersion, exposure / dispersion, meanGiven, sdGiven);
    const width = 1 / Math.sqrt((Math.exp(mode) * exposure) / dispersion + 1 / sdGiven ** 2);
    for (let i = 0; i < LEVELS_EACH; i++) {
      const logLevel = mode + width * NODES[i]!;
      const at = j * LEVELS_EACH + i;
      level[at] = Math.exp(logLevel);
      let likelihood = sold * logLevel - level[at] * exposure - revenue / worth[j]!;
      for (const period of censored) likelihood += tailOverPoint(period, level[at], worth[j]!);
      const logPrior = -0.5 * (z * z + ((logLevel - meanGiven) / sdGiven) ** 2);
      weight[at] =
        likelihood / dispersion + logPrior + Math.log(NODE_WEIGHTS[i]! * width) + 0.5 * NODES[i]! ** 2;
    }
    if (keepWorths)
      normalise(weight.subarray(j * LEVELS_EACH, (j + 1) * LEVELS_EACH), Math.exp(-0.5 * z * z));
  }
  if (keepWorths) weight.forEach((mass, at) => (weight[at] = Math.log(mass)));
  normalise(weight);
  return { worth, level, weight, ...momentsOf(worth, weight) };
}

/** Maximum of s·ℓ − c·e^ℓ − (ℓ−m)²/(2v²) by Newton's method from a point above it, where that cannot overshoot. */
function levelMode(sold: number, exposure: number, mean: number, sd: number): number {
  const precision = 1 / sd ** 2;
  const likeliest = Math.log((sold + 0.5) / (exposure + 1e-12));
  let at = Math.max(mean, Math.min(likeliest, mean + 10 * sd));
  for (let i = 0; i < 30; i++) {
    const rate = exposure * Math.exp(at);
    const step = (sold - rate - precision * (at - mean)) / (rate + precision);
    at += step;
    if (Math.abs(step) < 1e-6) break;
  }
  return at;
}

/** ln P(X ≥ sold) − ln of the Poisson kernel that the sold-out period was counted with. */
function tailOverPoint({ share, price, sold }: SalesPeriod, level: number, worth: number): number {
  const exposure = share * Math.exp(-price / worth);
  const mean = level * exposure;
  const kernel = sold * Math.log(level) - mean - (sold * price) / worth;
  return Math.log(Math.max(poissonTail(sold, mean), Number.MIN_VALUE)) - kernel;
}

/** Turns logarithms of weights into weights that add up to `sum`. */
function normalise(logWeights: Float64Array, sum = 1): void {
  let most = -Infinity;
  for (const value of logWeights) most = Math.max(most, value);
  let total = 0;
  for (let i = 0; i < logWeights.length; i++) total += logWeights[i] = Math.exp(logWeights[i]! - most);
  for (let i = 0; i < logWeights.length; i++) logWeights[i]! *= sum / total;
}

function momentsOf(worth: Float64Array, weight: Float64Array) {
  let mean = 0;
  let square = 0;
  for (let at = 0; at < weight.length; at++) {
    const log = Math.log(worth[Math.floor(at / LEVELS_EACH)]!);
    mean += weight[at]! * log;
    square += weight[at]! * log * log;
  }
  return { meanLogWorth: mean, sdLogWorth: Math.sqrt(Math.max(1e-8, square - mean * mean)) };
}

function edgeWeight({ weight }: DemandPosterior): number {
  let low = 0;
  let high = 0;
  for (let i = 0; i < LEVELS_EACH; i++) {
    low += weight[i]!;
    high += weight[weight.length - 1 - i]!;
  }
  return Math.max(low, high);
}
