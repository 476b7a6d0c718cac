import { type Factor, type PriceInputs, explainPrice } from './explained-price.js';
import { type GuardContext, type GuardSettings, type GuardedPrice, guardPrice } from './guards.js';

export interface Recommendation extends GuardedPrice {
  /** Those of the model, then one a guard that acted; they add up to ln(price/base), with nothing left over. */
  factors: Factor[];
}

/**
 * From what is known of a ticket type to the price to publish and why. A pure function: the same inputs give the
 * same bytes.
 */
export function recommendPrice(
  inputs: PriceInputs,
  settings: GuardSettings,
  context: GuardContext,
): Recommendation {
  const { price, factors } = explainPrice(inputs);
  const guarded = guardPrice(price, settings, context);
  const clips = guarded.clips.map(({ guard, from, to }) => ({
    name: guard,
    contribution: Math.log(to / from),
  }));
  return { ...guarded, factors: [...factors, ...clips] };
}
