import { poissonTail } from '../numerics/special-functions.js';
import { maximise } from '../numerics/maximise.js';

/** E min(X, n) for X ~ Poisson(mean): what a demand sells of n units. */
export function expectedSales(mean: number, units: number): number {
  if (units <= 0 || mean <= 0) return 0;
  // Σ_{k<n} k P(k) = mean · P(X ≤ n−2), and all beyond sell n.
  return mean * (1 - poissonTail(units - 1, mean)) + units * poissonTail(units, mean);
}

export interface FixedPrice {
  price: number;
  expectedRevenue: number;
}

/**
 * The price that earns most when it is never changed, where `meanDemand(price)` buyers come in all.
 * @param bounds prices between which revenue has one peak
 */
export function bestFixedPrice(
  meanDemand: (price: number) => number,
  units: number,
  bounds: readonly [number, number],
): FixedPrice {
  const revenue = (price: number) => price * expectedSales(meanDemand(price), units);
  const price = maximise(revenue, bounds);
  return { price, expectedRevenue: revenue(price) };
}
