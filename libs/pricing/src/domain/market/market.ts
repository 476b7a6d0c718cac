import type { RandomStream } from '../numerics/random.js';

/**
 * A market to try policies on: one stock, daily reviews, arrivals by a known curve, willingness to pay and level
 * of demand different for each event.
 */
export interface Market {
  units: number;
  days: number;
  lowestPrice: number;
  highestPrice: number;
  /** Share of all arrivals a day, as policies know it; adds up to 1. */
  curve: Float64Array;
  population: { medianLevel: number; sdLogLevel: number; medianWorth: number; sdLogWorth: number };
}

const WEEK = [0.9, 0.85, 0.9, 1, 1.25, 1.15, 0.95];

/** Arrivals that are many at first and at the end, with a pattern of the week. */
export function bookingCurve(days: number, opening = 2.5, closing = 1.6, closingDays = 8): Float64Array {
  const curve = Float64Array.from(
    { length: days },
    (_, d) =>
      (0.6 + opening * Math.exp(-d / 3) + closing * Math.exp(-(days - 1 - d) / closingDays)) * WEEK[d % 7]!,
  );
  const total = curve.reduce((sum, share) => sum + share, 0);
  return curve.map((share) => share / total);
}

export const STANDARD_MARKET: Market = {
  units: 150,
  days: 60,
  lowestPrice: 10,
  highestPrice: 300,
  curve: bookingCurve(60),
  population: { medianLevel: 600, sdLogLevel: 0.6, medianWorth: 40, sdLogWorth: 0.35 },
};

/** One event's truth: nobody but a clairvoyant knows it. */
export interface MarketEvent {
  /** Arrivals in all at price 0. */
  level: number;
  /** Mean willingness to pay. */
  worth: number;
}

export function drawEvent({ population }: Market, random: RandomStream): MarketEvent {
  return {
    level: population.medianLevel * Math.exp(population.sdLogLevel * random.normal()),
    worth: population.medianWorth * Math.exp(population.sdLogWorth * random.normal()),
  };
}

/** How demand truly behaves; `model` is what the policies believe, the others are not. */
export const WORLDS = ['model', 'worth rising late', 'logistic', 'noisy days', 'wrong curve'] as const;
export type World = (typeof WORLDS)[number];

/** Shape of the gamma factor of a noisy day: its coefficient of variation is .5. */
export const NOISE_SHAPE = 4;

const WRONG_CURVE = new Map<number, Float64Array>();

/** Mean demand of a day at a price, in a world without noise. */
export function meanDemand(
  world: World,
  market: Market,
  event: MarketEvent,
  day: number,
  price: number,
): number {
  const { level, worth } = event;
  switch (world) {
    case 'model':
    case 'noisy days':
      return level * market.curve[day]! * Math.exp(-price / worth);
    case 'worth rising late': {
      const progress = day / (market.days - 1);
      return level * market.curve[day]! * Math.exp(-price / (worth * (0.8 + 0.7 * progress ** 2)));
    }
    case 'logistic': {
      // The same mean willingness to pay, but most of it near the mean.
      const scale = worth / 3;
      return (
        (level * market.curve[day]! * (1 + Math.exp(-worth / scale))) /
        (1 + Math.exp((price - worth) / scale))
      );
    }
    case 'wrong curve':
      return level * lateCurve(market.days)[day]! * Math.exp(-price / worth);
  }
}

/** Fewer at first and more at the end than the policies know. */
function lateCurve(days: number): Float64Array {
  let curve = WRONG_CURVE.get(days);
  if (!curve) WRONG_CURVE.set(days, (curve = bookingCurve(days, 1.2, 3, 6)));
  return curve;
}
