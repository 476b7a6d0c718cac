import { bellmanPriceBetween } from './bellman-price.js';
import { type DemandPrior, posteriorOf } from './demand-posterior.js';

/** Without history an organizer's price is taken to be right, and the stock to suit the demand at that price. */
const USUAL_FILL = 0.9;
const USUAL_SD_LEVEL = 0.6;
const USUAL_SD_WORTH = 0.35;
/** Prices are sought between these multiples of the mean worth. */
const LOWEST_MULTIPLE = 0.05;
const HIGHEST_MULTIPLE = 12;

/**
 * What is believed of a ticket type of which nothing is known but its base price and its capacity: such that the
 * base price is the one that the model would ask at the start.
 * @param base money, above 0
 */
export function usualPrior(base: number, capacity: number): DemandPrior {
  const guess: DemandPrior = {
    meanLogLevel: Math.log(Math.E * USUAL_FILL * capacity),
    meanLogWorth: Math.log(base),
    sdLogLevel: USUAL_SD_LEVEL,
    sdLogWorth: USUAL_SD_WORTH,
    correlation: 0,
  };
  // Prices scale with worth: one look at what the guess would ask tells how far off it is.
  const asked = bellmanPriceBetween(
    posteriorOf(guess, []),
    { units: capacity, shareLeft: 1 },
    ...priceRange(guess),
  );
  return { ...guess, meanLogWorth: Math.log(base) + Math.log(base / asked) };
}

/** Where the price of a ticket type of this prior is sought. */
export function priceRange(prior: DemandPrior): [number, number] {
  const worth = Math.exp(prior.meanLogWorth);
  return [LOWEST_MULTIPLE * worth, HIGHEST_MULTIPLE * worth];
}
