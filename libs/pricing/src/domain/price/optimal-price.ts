import { logGamma } from '#libs/kernel';
import { poissonTail } from '../numerics/special-functions.js';

/**
 * Optimal prices of a fixed stock that has no value once the time is up.
 *
 * Buyers arrive as a Poisson process of rate `a·exp(−αp)` a unit of time. With `x = a·t/e` (for rates that
 * vary in time `a·t` is the integral of `a(s)` over what remains) the optimal revenue to come from n units is
 * `J(n,t) = (1/α)·ln Σ_{i=0..n} xⁱ/i!` and the optimal price `p* = J(n,t) − J(n−1,t) + 1/α`.
 *
 * Source: G. Gallego, G. van Ryzin, "Optimal dynamic pricing of inventories with stochastic demand over
 * finite horizons", Management Science 40 (1994) 999–1020, section 2.3.
 */

/** Demand that falls exponentially in the price: `rate(p) = arrivals · exp(−priceSensitivity · p)`. */
export interface ExponentialDemand {
  /** Arrivals still to come at price 0: the integral of the arrival rate over the time that remains. */
  arrivals: number;
  /** α, one over the mean willingness to pay; per unit of money. */
  priceSensitivity: number;
}

export interface OptimalPrice {
  /** The optimal price now; null if nothing remains to be sold. */
  price: number | null;
  /** J, the expected revenue to come when the optimal price is charged at every moment. */
  expectedRevenue: number;
}

/**
 * The optimal price now, and the revenue to come, of `remaining` units. O(√n); relative error about 1e−14.
 * @throws RangeError if a number is negative, not finite, or `remaining` is no whole number.
 */
export function optimalPrice(demand: ExponentialDemand, remaining: number): OptimalPrice {
  requirePositive('priceSensitivity', demand.priceSensitivity);
  requireNonNegative('arrivals', demand.arrivals);
  requireUnits(remaining);
  if (remaining === 0) return { price: null, expectedRevenue: 0 };
  const x = demand.arrivals / Math.E;
  return {
    price: (lastMarginalValue(x, remaining) + 1) / demand.priceSensitivity,
    expectedRevenue: logPartialSum(x, remaining) / demand.priceSensitivity,
  };
}

/** α·(J(n) − J(n−1)): what the last of n units adds to the optimal revenue, in units of 1/α. */
export function lastMarginalValue(scaledArrivals: number, units: number): number {
  if (units < 1) throw new RangeError('nothing is left: its value is that of no unit');
  if (!(scaledArrivals > 0)) return 0;
  return Math.log1p(scaledArrivals / units / overLastTerm(scaledArrivals, units - 1));
}

/**
 * ln Σ_{i=0..n} xⁱ/i!. The sum itself overflows (n = 2,000, x = 2,207): where units are scarce it is taken from its
 * last term downwards, where they are not it is eˣ but for the tail of a Poisson distribution.
 */
function logPartialSum(x: number, n: number): number {
  if (x <= n) return x + Math.log1p(-poissonTail(n + 1, x));
  return n * Math.log(x) - logGamma(n + 1) + Math.log(overLastTerm(x, n));
}

/**
 * Σ_{i=0..n} xⁱ/i! over its last term: 1 + n/x + n(n−1)/x² + … It ends early where x > n, and is given up as endless
 * where it passes what a double can add to; about √n terms between.
 */
function overLastTerm(x: number, n: number): number {
  let sum = 1;
  let term = 1;
  for (let k = n; k > 0; k--) {
    term *= k / x;
    sum += term;
    if (term < sum * 1e-17) break;
    if (sum > 1e17) return Infinity;
  }
  return sum;
}

function requireUnits(units: number): void {
  if (!Number.isSafeInteger(units) || units < 0) {
    throw new RangeError(`units must be a whole number of at least 0, not ${units}`);
  }
}

function requireNonNegative(name: string, value: number): void {
  if (!(value >= 0) || !Number.isFinite(value))
    throw new RangeError(`${name} must be finite and at least 0, not ${value}`);
}

function requirePositive(name: string, value: number): void {
  if (!(value > 0) || !Number.isFinite(value))
    throw new RangeError(`${name} must be finite and above 0, not ${value}`);
}
