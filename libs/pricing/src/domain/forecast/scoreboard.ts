import { type BookingLedger, Snapshot } from './booking-ledger.js';
import type { Forecast } from './forecaster.js';
import { LEVELS } from './intervals.js';
import { coverage, mase, pinball, wape } from './metrics.js';
import { additivePickup, likeHistory, likeOccasions, multiplicativePickup } from './pickup.js';

/** How well the forecasts of one horizon did. */
export interface Score {
  horizon: number;
  occasions: number;
  wape: number;
  /** The same of additive pickup (the mean of 8 like weekdays), the forecast to beat, and of multiplicative. */
  pickupWape: number;
  multiplicativeWape: number;
  /** Mean absolute miss over that of additive pickup. */
  mase: number;
  /** Mean pinball loss over the five levels, over the mean quantity. */
  pinball: number;
  /** Shares of occasions within q10 to q90 and q25 to q75. */
  coverage80: number;
  coverage50: number;
}

/** Scores forecasts against what the ledger says of the end of each occasion's day; one row a horizon, in order of appearance. */
export function scoreForecasts(ledger: BookingLedger, forecasts: readonly Forecast[]): Score[] {
  const horizons = [...new Set(forecasts.map((forecast) => forecast.horizon))];
  return horizons.map((horizon) =>
    scoreHorizon(
      ledger,
      horizon,
      forecasts.filter((forecast) => forecast.horizon === horizon),
    ),
  );
}

function scoreHorizon(ledger: BookingLedger, horizon: number, forecasts: readonly Forecast[]): Score {
  const actual: number[] = [];
  const additive: number[] = [];
  const multiplicative: number[] = [];
  for (const { group, occasion: day } of forecasts) {
    const book = ledger.group(group)!;
    const occasion = book.at(day)!;
    const then = new Snapshot(day - horizon);
    const history = likeHistory(then, likeOccasions(then, book, day), horizon);
    actual.push(new Snapshot(day).finalOf(occasion));
    additive.push(additivePickup(then.onBooks(occasion), history));
    multiplicative.push(multiplicativePickup(then.onBooks(occasion), history));
  }
  const means = forecasts.map((forecast) => forecast.mean);
  const level = (i: number) => forecasts.map((forecast) => forecast.quantiles[i]!);
  const size = actual.reduce((sum, y) => sum + y, 0) / actual.length;
  const loss = LEVELS.reduce((sum, q, i) => sum + pinball(actual, level(i), q), 0) / LEVELS.length;
  return {
    horizon,
    occasions: actual.length,
    wape: wape(actual, means),
    pickupWape: wape(actual, additive),
    multiplicativeWape: wape(actual, multiplicative),
    mase: mase(actual, means, additive),
    pinball: loss / size,
    coverage80: coverage(actual, level(0), level(4)),
    coverage50: coverage(actual, level(1), level(3)),
  };
}
