import { poissonTail } from '../numerics/special-functions.js';
import type { DemandPrior, SalesPeriod } from '../price/demand-posterior.js';

const LEVELS = 61;
const WORTHS = 41;
const LEVEL_REACH = 3.5;
const WORTH_REACH = 1.8;
/** Points whose posterior is e^−this of the best add nothing to a double. */
const NEGLIGIBLE = 40;
/** Those whose likelihood without the sold-out days is e^−this of the best cannot become the best by them. */
const HOPELESS = 300;

/** Points of log level i and log worth j, at i + j·LEVELS, that all past events share. */
export interface PopulationGrid {
  centreLevel: number;
  centreWorth: number;
  logLevel: Float64Array;
  logWorth: Float64Array;
}

/** Around the mean price paid, and the level at which that price explains the sales. */
export function placeGrid(events: readonly (readonly SalesPeriod[])[]): PopulationGrid {
  const all = events.flat();
  const sold = all.reduce((sum, period) => sum + period.sold, 0);
  if (sold === 0) throw new RangeError('past events without a single sale say nothing of the population');
  const paid = all.reduce((sum, period) => sum + period.sold * period.price, 0) / sold;
  const centreWorth = Math.log(paid);
  const exposure = all.reduce((sum, period) => sum + period.share * Math.exp(-period.price / paid), 0);
  const centreLevel = Math.log(sold / exposure);
  const around = (centre: number, reach: number, points: number) =>
    Float64Array.from({ length: points }, (_, i) => centre + reach * ((2 * i) / (points - 1) - 1));
  return {
    centreLevel,
    centreWorth,
    logLevel: around(centreLevel, LEVEL_REACH, LEVELS),
    logWorth: around(centreWorth, WORTH_REACH, WORTHS),
  };
}

/** One past event and what does not change from round to round: the exposure of period k to worth j at j + k·WORTHS. */
export interface PastEvent {
  periods: readonly SalesPeriod[];
  exposures: Float64Array;
}

export function pastEvent({ logWorth }: PopulationGrid, periods: readonly SalesPeriod[]): PastEvent {
  const exposures = new Float64Array(periods.length * WORTHS);
  periods.forEach(({ share, price }, k) => {
    for (let j = 0; j < WORTHS; j++)
      exposures[k * WORTHS + j] = share * Math.exp(-price / Math.exp(logWorth[j]!));
  });
  return { periods, exposures };
}

/** Logarithm of the prior's density at each point, up to a constant. */
export function logPrior({ logLevel, logWorth }: PopulationGrid, prior: DemandPrior): Float64Array {
  const density = new Float64Array(LEVELS * WORTHS);
  const { correlation: rho } = prior;
  for (let j = 0; j < WORTHS; j++) {
    const y = (logWorth[j]! - prior.meanLogWorth) / prior.sdLogWorth;
    for (let i = 0; i < LEVELS; i++) {
      const x = (logLevel[i]! - prior.meanLogLevel) / prior.sdLogLevel;
      density[i + j * LEVELS] = -(x * x - 2 * rho * x * y + y * y) / (2 * (1 - rho * rho));
    }
  }
  return density;
}

/** Moments of one event's log level and log worth, and the mean level at each worth times that worth's probability. */
export interface EventMoments {
  level: number;
  worth: number;
  levelSquare: number;
  worthSquare: number;
  product: number;
  levelByWorth: Float64Array;
}

/** What one past event says of its own level and worth, under a prior and with arrivals of period k times `factors[k]`. */
export function eventMoments(
  grid: PopulationGrid,
  event: PastEvent,
  factors: Float64Array,
  prior: Float64Array,
): EventMoments {
  const { logLevel, logWorth } = grid;
  const logs = eventLogPosterior(grid, event, factors, prior);
  const most = logs.reduce((a, b) => Math.max(a, b), -Infinity);
  const moments = { level: 0, worth: 0, levelSquare: 0, worthSquare: 0, product: 0 };
  const levelByWorth = new Float64Array(WORTHS);
  let total = 0;
  for (let j = 0; j < WORTHS; j++) {
    const y = logWorth[j]!;
    for (let i = 0; i < LEVELS; i++) {
      const log = logs[i + j * LEVELS]! - most;
      if (!(log >= -NEGLIGIBLE)) continue;
      const mass = Math.exp(log);
      const x = logLevel[i]!;
      total += mass;
      moments.level += mass * x;
      moments.worth += mass * y;
      moments.levelSquare += mass * x * x;
      moments.worthSquare += mass * y * y;
      moments.product += mass * x * y;
      levelByWorth[j]! += mass * Math.exp(x);
    }
  }
  for (const key of Object.keys(moments) as (keyof typeof moments)[]) moments[key] /= total;
  return { ...moments, levelByWorth: levelByWorth.map((level) => level / total) };
}

/** The sales that period `k` of an event can be expected to have had by its moments, were there no day factors. */
export function expectedSold({ exposures }: PastEvent, { levelByWorth }: EventMoments, k: number): number {
  let sum = 0;
  for (let j = 0; j < WORTHS; j++) sum += levelByWorth[j]! * exposures[k * WORTHS + j]!;
  return sum;
}

/** Up to a constant. */
function eventLogPosterior(
  { logLevel, logWorth }: PopulationGrid,
  { periods, exposures }: PastEvent,
  factors: Float64Array,
  prior: Float64Array,
): Float64Array {
  const logs = Float64Array.from(prior);
  const level = logLevel.map(Math.exp);
  const open = [...periods.keys()].filter((k) => !periods[k]!.soldOut);
  const sold = open.reduce((sum, k) => sum + periods[k]!.sold, 0);
  const revenue = open.reduce((sum, k) => sum + periods[k]!.sold * periods[k]!.price, 0);
  let most = -Infinity;
  for (let j = 0; j < WORTHS; j++) {
    let exposure = 0;
    for (const k of open) exposure += factors[k]! * exposures[k * WORTHS + j]!;
    const cost = revenue / Math.exp(logWorth[j]!);
    for (let i = 0; i < LEVELS; i++) {
      const at = i + j * LEVELS;
      logs[at]! += sold * logLevel[i]! - level[i]! * exposure - cost;
      most = Math.max(most, logs[at]!);
    }
  }
  periods.forEach((period, k) => {
    if (!period.soldOut) return;
    for (let at = 0; at < logs.length; at++) {
      if (logs[at]! < most - HOPELESS) {
        logs[at] = -Infinity;
        continue;
      }
      const mean = level[at % LEVELS]! * factors[k]! * exposures[k * WORTHS + Math.floor(at / LEVELS)]!;
      logs[at]! += Math.log(Math.max(poissonTail(period.sold, mean), Number.MIN_VALUE));
    }
  });
  return logs;
}
