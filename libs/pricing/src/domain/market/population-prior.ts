import { poissonTail } from '../numerics/special-functions.js';
import type { DemandPrior, SalesPeriod } from '../price/demand-posterior.js';

/**
 * Empirical Bayes: the population's mean, spread and correlation of log level and log worth, from past events
 * whose own truths are unknown. Expectation–maximisation of the marginal likelihood, each event's likelihood
 * taken on one grid that all share. What an event's price did depended on its sales, but given price and
 * sales that leaves the likelihood as it is.
 * Source: A. P. Dempster, N. M. Laird, D. B. Rubin, "Maximum likelihood from incomplete data via the EM
 * algorithm", J. Royal Statistical Society B 39 (1977) 1–38; N. Laird, "Nonparametric maximum likelihood
 * estimation of a mixing distribution", JASA 73 (1978) 805–811.
 */
const LEVELS = 61;
const WORTHS = 41;
const LEVEL_REACH = 3.5;
const WORTH_REACH = 1.8;
const MOST_ROUNDS = 200;
const TOLERANCE = 1e-4;
/** Least spread that is believed, so that a handful of events never claims to know the population. */
const LEAST_SD = 0.05;
const MOST_CORRELATION = 0.95;

/** @param events the periods of each past event; at least one sale in all is needed to place the grid */
export function fitPopulation(events: readonly (readonly SalesPeriod[])[]): DemandPrior {
  const grid = placeGrid(events);
  const likelihoods = events.map((periods) => gridLikelihood(grid, periods));
  let prior: DemandPrior = {
    meanLogLevel: grid.centreLevel,
    meanLogWorth: grid.centreWorth,
    sdLogLevel: 1,
    sdLogWorth: 0.6,
    correlation: 0,
  };
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = maximise(grid, likelihoods, prior);
    const change = Math.max(
      ...(Object.keys(next) as (keyof DemandPrior)[]).map((key) => Math.abs(next[key] - prior[key])),
    );
    prior = next;
    if (change < TOLERANCE) break;
  }
  return prior;
}

interface Grid {
  centreLevel: number;
  centreWorth: number;
  logLevel: Float64Array;
  logWorth: Float64Array;
}

/** Around the mean price paid, and the level at which that price explains the sales. */
function placeGrid(events: readonly (readonly SalesPeriod[])[]): Grid {
  const all = events.flat();
  const sold = all.reduce((sum, period) => sum + period.sold, 0);
  if (sold === 0) throw new RangeError('past events without a single sale say nothing of the population');
  const paid = all.reduce((sum, period) => sum + period.sold * period.price, 0) / sold;
  const centreWorth = Math.log(paid);
  const exposure = all.reduce((sum, period) => sum + period.share * Math.exp(-period.price / paid), 0);
  const centreLevel = Math.log(sold / exposure);
  return {
    centreLevel,
    centreWorth,
    logLevel: Float64Array.from(
      { length: LEVELS },
      (_, i) => centreLevel + LEVEL_REACH * ((2 * i) / (LEVELS - 1) - 1),
    ),
    logWorth: Float64Array.from(
      { length: WORTHS },
      (_, j) => centreWorth + WORTH_REACH * ((2 * j) / (WORTHS - 1) - 1),
    ),
  };
}

/** Likelihood of one event at each point (level i, worth j at i + j·LEVELS), up to a factor. */
function gridLikelihood({ logLevel, logWorth }: Grid, periods: readonly SalesPeriod[]): Float64Array {
  const logs = new Float64Array(LEVELS * WORTHS);
  let most = -Infinity;
  for (let j = 0; j < WORTHS; j++) {
    const worth = Math.exp(logWorth[j]!);
    let exposure = 0;
    let sold = 0;
    let cost = 0;
    const censored: { mean: number; sold: number }[] = [];
    for (const period of periods) {
      const mean = period.share * Math.exp(-period.price / worth);
      if (period.soldOut) {
        censored.push({ mean, sold: period.sold });
        continue;
      }
      exposure += mean;
      sold += period.sold;
      cost += (period.sold * period.price) / worth;
    }
    for (let i = 0; i < LEVELS; i++) {
      const level = Math.exp(logLevel[i]!);
      let log = sold * logLevel[i]! - level * exposure - cost;
      for (const { mean, sold: least } of censored)
        log += Math.log(Math.max(poissonTail(least, level * mean), Number.MIN_VALUE));
      most = Math.max(most, (logs[i + j * LEVELS] = log));
    }
  }
  return logs.map((log) => Math.exp(log - most));
}

/** One round: each event's posterior moments under the present prior, then the prior that has them on average. */
function maximise(
  { logLevel, logWorth }: Grid,
  likelihoods: readonly Float64Array[],
  prior: DemandPrior,
): DemandPrior {
  const density = priorDensity(logLevel, logWorth, prior);
  let [a, w, aa, ww, aw] = [0, 0, 0, 0, 0];
  for (const likelihood of likelihoods) {
    let total = 0;
    let [ea, ew, eaa, eww, eaw] = [0, 0, 0, 0, 0];
    for (let j = 0; j < WORTHS; j++) {
      const y = logWorth[j]!;
      for (let i = 0; i < LEVELS; i++) {
        const mass = likelihood[i + j * LEVELS]! * density[i + j * LEVELS]!;
        if (mass === 0) continue;
        const x = logLevel[i]!;
        total += mass;
        ea += mass * x;
        ew += mass * y;
        eaa += mass * x * x;
        eww += mass * y * y;
        eaw += mass * x * y;
      }
    }
    const scale = 1 / (total * likelihoods.length);
    a += ea * scale;
    w += ew * scale;
    aa += eaa * scale;
    ww += eww * scale;
    aw += eaw * scale;
  }
  const sdLogLevel = Math.max(LEAST_SD, Math.sqrt(Math.max(0, aa - a * a)));
  const sdLogWorth = Math.max(LEAST_SD, Math.sqrt(Math.max(0, ww - w * w)));
  const correlation = (aw - a * w) / (sdLogLevel * sdLogWorth);
  return {
    meanLogLevel: a,
    meanLogWorth: w,
    sdLogLevel,
    sdLogWorth,
    correlation: Math.min(MOST_CORRELATION, Math.max(-MOST_CORRELATION, correlation)),
  };
}

function priorDensity(logLevel: Float64Array, logWorth: Float64Array, prior: DemandPrior): Float64Array {
  const density = new Float64Array(LEVELS * WORTHS);
  const { correlation: rho } = prior;
  for (let j = 0; j < WORTHS; j++) {
    const y = (logWorth[j]! - prior.meanLogWorth) / prior.sdLogWorth;
    for (let i = 0; i < LEVELS; i++) {
      const x = (logLevel[i]! - prior.meanLogLevel) / prior.sdLogLevel;
      density[i + j * LEVELS] = Math.exp(-(x * x - 2 * rho * x * y + y * y) / (2 * (1 - rho * rho)));
    }
  }
  return density;
}
