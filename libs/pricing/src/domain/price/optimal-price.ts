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

/** Past this the terms of the sum are below a double's last bit; further units have no value. */
const NEGLIGIBLE = 2 ** -60;

/**
 * α·(J(i) − J(i−1)) for i = 1..units: what the i-th unit adds to the optimal revenue, in units of 1/α.
 *
 * The textbook sum overflows (n = 2,000, x = 2,207), so the ratio `b_i` of the last term to the partial sum
 * is carried instead: `q_i = (x/i)·b_{i−1}`, `b_i = q_i/(1+q_i)`. O(n), relative error about 5e−15.
 */
export function marginalValues(scaledArrivals: number, units: number): Float64Array {
  requireNonNegative('scaledArrivals', scaledArrivals);
  requireUnits(units);
  const values = new Float64Array(units);
  let lastTermShare = 1;
  for (let i = 1; i <= units; i++) {
    const q = (scaledArrivals / i) * lastTermShare;
    if (q < NEGLIGIBLE) break;
    lastTermShare = q / (1 + q);
    values[i - 1] = Math.log1p(q);
  }
  return values;
}

export interface OptimalPrice {
  /** The optimal price now; null if nothing remains to be sold. */
  price: number | null;
  /** J, the expected revenue to come when the optimal price is charged at every moment. */
  expectedRevenue: number;
}

/**
 * The optimal price now, and the revenue to come, of `remaining` units.
 * @throws RangeError if a number is negative, not finite, or `remaining` is no whole number.
 */
export function optimalPrice(demand: ExponentialDemand, remaining: number): OptimalPrice {
  requirePositive('priceSensitivity', demand.priceSensitivity);
  requireNonNegative('arrivals', demand.arrivals);
  const values = marginalValues(demand.arrivals / Math.E, remaining);
  if (remaining === 0) return { price: null, expectedRevenue: 0 };
  let sum = 0;
  for (let i = remaining - 1; i >= 0; i--) sum += values[i]!; // smallest first
  return {
    price: (values[remaining - 1]! + 1) / demand.priceSensitivity,
    expectedRevenue: sum / demand.priceSensitivity,
  };
}

/**
 * α·(J(n) − J(n−1)), the last of the marginal values alone: what one more unit left is worth, in units of 1/α.
 * `1/b_{n−1}` is the sum `1 + (n−1)/x + (n−1)(n−2)/x² + …`, which ends early where units are scarce; some
 * hundreds of terms at the most where they are not.
 */
export function lastMarginalValue(scaledArrivals: number, units: number): number {
  if (units < 1) throw new RangeError('nothing is left: its value is that of no unit');
  if (!(scaledArrivals > 0)) return 0;
  let sum = 1;
  let term = 1;
  for (let k = units - 1; k > 0; k--) {
    term *= k / scaledArrivals;
    sum += term;
    if (term < sum * 1e-17) break;
    if (sum > 1e17) return 0;
  }
  return Math.log1p(scaledArrivals / units / sum);
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
