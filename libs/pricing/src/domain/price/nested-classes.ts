import { normalQuantile } from '../numerics/special-functions.js';

/** A class of one stock: its price, and its demand, normal. */
export interface FareClass {
  price: number;
  mean: number;
  /** Standard deviation, above 0. */
  deviation: number;
}

/**
 * Units to protect for the dearer of two classes: P(demand > y) = cheaper price / dearer price.
 * Source: K. Littlewood, "Forecasting and control of passenger bookings", AGIFORS Symposium 12 (1972) 95–117.
 */
export function littlewood(dearer: FareClass, cheaperPrice: number): number {
  if (!(cheaperPrice > 0 && cheaperPrice < dearer.price))
    throw new RangeError('the cheaper price must lie between 0 and the dearer');
  return Math.max(0, dearer.mean + dearer.deviation * normalQuantile(1 - cheaperPrice / dearer.price));
}

/**
 * Units to protect for the classes 1..j together against class j+1, for j = 1..n−1: EMSR-b, which treats them as
 * one class with their total demand and their mean price.
 * Source: P. P. Belobaba, L. R. Weatherford, "Comparing decision rules that incorporate customer diversion in
 * perishable asset revenue management situations", Decision Sciences 27 (1996) 343–363.
 * @param classes from the dearest to the cheapest, prices falling
 */
export function protectionLevels(classes: readonly FareClass[]): number[] {
  const levels: number[] = [];
  let mean = 0;
  let variance = 0;
  let revenue = 0;
  for (let j = 0; j < classes.length - 1; j++) {
    const fare = classes[j]!;
    mean += fare.mean;
    variance += fare.deviation ** 2;
    revenue += fare.price * fare.mean;
    levels.push(
      littlewood({ price: revenue / mean, mean, deviation: Math.sqrt(variance) }, classes[j + 1]!.price),
    );
  }
  return levels;
}
