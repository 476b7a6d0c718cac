import { fitGammaPrior, posteriorRate } from '../forecast/empirical-bayes.js';
import type { DemandPrior, SalesPeriod } from '../price/demand-posterior.js';
import {
  type EventMoments,
  type PastEvent,
  type PopulationGrid,
  eventMoments,
  expectedSold,
  logPrior,
  pastEvent,
  placeGrid,
} from './population-grid.js';

/**
 * Empirical Bayes: the population's mean, spread and correlation of log level and log worth, from past events
 * whose own truths are unknown. Expectation–maximisation of the marginal likelihood, each event's likelihood
 * taken on one grid that all share. What an event's price did depended on its sales, but given price and
 * sales that leaves the likelihood as it is.
 * Source: A. P. Dempster, N. M. Laird, D. B. Rubin, "Maximum likelihood from incomplete data via the EM
 * algorithm", J. Royal Statistical Society B 39 (1977) 1–38; N. Laird, "Nonparametric maximum likelihood
 * estimation of a mixing distribution", JASA 73 (1978) 805–811.
 *
 * Prices follow the calendar (lower at first, higher in the last week), so a curve that is wrong about a day would
 * be taken for buyers' response to the prices of that day. Each day therefore has a factor on its arrivals, the same
 * for all events: how far off the curve is in the mean. Gamma–Poisson shrinkage draws it towards 1 by as much as
 * the days differ by chance alone, so that a curve that is right stays as it is.
 */
const MOST_ROUNDS = 200;
const TOLERANCE = 5e-4;
/** Least spread that is believed, so that a handful of events never claims to know the population. */
const LEAST_SD = 0.05;
const MOST_CORRELATION = 0.95;

export interface Population {
  prior: DemandPrior;
  /** Arrivals of the days over those of the curve, the same for all events; the curve's mean of them is 1. */
  dayFactors: Float64Array;
}

/**
 * @param events the periods of each past event, period k of all of them at the same time before the start; at least
 *   one sale in all is needed to place the grid
 * @param curve whether the shares of the periods are taken as they are, or corrected by a factor a day
 */
export function fitPopulation(
  events: readonly (readonly SalesPeriod[])[],
  curve: 'corrected' | 'as it is' = 'corrected',
): Population {
  const grid = placeGrid(events);
  const past = events.map((periods) => pastEvent(grid, periods));
  const days = past.reduce((most, { periods }) => Math.max(most, periods.length), 0);
  let population: Population = {
    prior: {
      meanLogLevel: grid.centreLevel,
      meanLogWorth: grid.centreWorth,
      sdLogLevel: 1,
      sdLogWorth: 0.6,
      correlation: 0,
    },
    dayFactors: new Float64Array(days).fill(1),
  };
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = improve(grid, past, population, curve === 'corrected');
    const change = distance(next, population);
    population = next;
    if (change < TOLERANCE) break;
  }
  return population;
}

/** One round: each event's posterior moments under the present population, then the population that has them on average. */
function improve(
  grid: PopulationGrid,
  past: readonly PastEvent[],
  { prior, dayFactors }: Population,
  corrects: boolean,
): Population {
  const density = logPrior(grid, prior);
  const moments = past.map((event) => eventMoments(grid, event, dayFactors, density));
  return {
    prior: averagePrior(moments),
    dayFactors: corrects ? fitDayFactors(past, moments, dayFactors) : dayFactors,
  };
}

function averagePrior(moments: readonly EventMoments[]): DemandPrior {
  const mean = (of: (each: EventMoments) => number) =>
    moments.reduce((sum, each) => sum + of(each), 0) / moments.length;
  const a = mean((each) => each.level);
  const w = mean((each) => each.worth);
  const spread = (square: number, centre: number) =>
    Math.max(LEAST_SD, Math.sqrt(Math.max(0, square - centre * centre)));
  const sdLogLevel = spread(
    mean((each) => each.levelSquare),
    a,
  );
  const sdLogWorth = spread(
    mean((each) => each.worthSquare),
    w,
  );
  const correlation = (mean((each) => each.product) - a * w) / (sdLogLevel * sdLogWorth);
  return {
    meanLogLevel: a,
    meanLogWorth: w,
    sdLogLevel,
    sdLogWorth,
    correlation: Math.min(MOST_CORRELATION, Math.max(-MOST_CORRELATION, correlation)),
  };
}

/** What each day sold over what the events' moments expect of it. A day on which a stock ran out says nothing here. */
function fitDayFactors(
  past: readonly PastEvent[],
  moments: readonly EventMoments[],
  before: Float64Array,
): Float64Array {
  const tallies = Array.from(before, () => ({ count: 0, exposure: 0 }));
  past.forEach((event, e) =>
    event.periods.forEach(({ sold, soldOut }, k) => {
      if (soldOut) return;
      tallies[k]!.count += sold;
      tallies[k]!.exposure += expectedSold(event, moments[e]!, k);
    }),
  );
  const spread = fitGammaPrior(tallies);
  if (spread.mean === 0) return before;
  const factors = Float64Array.from(tallies, ({ count, exposure }) => posteriorRate(spread, count, exposure));
  return scaledToCurve(factors, past);
}

function scaledToCurve(factors: Float64Array, past: readonly PastEvent[]): Float64Array {
  const { periods } = past.reduce((a, b) => (b.periods.length > a.periods.length ? b : a));
  const total = periods.reduce((sum, { share }) => sum + share, 0);
  const scale = total / periods.reduce((sum, { share }, k) => sum + share * factors[k]!, 0);
  return factors.map((factor) => factor * scale);
}

function distance(a: Population, b: Population): number {
  const keys = Object.keys(a.prior) as (keyof DemandPrior)[];
  const prior = keys.map((key) => Math.abs(a.prior[key] - b.prior[key]));
  const factors = a.dayFactors.map((factor, k) => Math.abs(factor - b.dayFactors[k]!));
  return Math.max(...prior, ...factors);
}
