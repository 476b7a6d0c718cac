import fc from 'fast-check';
import { lastMarginalValue, optimalPrice } from './optimal-price.js';

/** a, α, t, n, J, p*: computed independently with 60 significant digits. */
const EXACT: [number, number, number, number, number, number][] = [
  [1, 1, 1, 1, 0.31326168751822, 1.31326168751822],
  [1, 1, 10, 5, 3.4962007064438, 1.18657345876218],
  [20, 0.05, 1, 10, 144.46213275650562, 21.96245457760181],
  [20, 0.05, 10, 25, 997.19138205295897, 41.98124665777247],
  [200, 0.02, 30, 2000, 109741.44202826741849, 55.15211402856717],
];

/**
 * α·(J(i) − J(i−1)) for i = 1 to `units` by the stable recurrence of the ratio b of the last term to the partial sum:
 * q_i = (x/i)·b_{i−1}, b_i = q_i/(1+q_i), α(J_i − J_{i−1}) = ln(1 + q_i).
 */
function marginalValues(x: number, units: number): number[] {
  let b = 1;
  return Array.from({ length: units }, (_, i) => {
    const q = (x / (i + 1)) * b;
    b = q / (1 + q);
    return Math.log1p(q);
  });
}

const demands = fc.record({
  arrivals: fc.double({ min: 1e-3, max: 5000, noNaN: true }),
  priceSensitivity: fc.double({ min: 1e-3, max: 10, noNaN: true }),
});
const stock = fc.integer({ min: 1, max: 300 });

describe('The optimal price of a fixed stock', () => {
  it.each(EXACT)('a=%d α=%d t=%d n=%d earns the exact revenue at the exact price', (a, alpha, t, n, J, p) => {
    const { price, expectedRevenue } = optimalPrice({ arrivals: a * t, priceSensitivity: alpha }, n);
    expect(Math.abs(expectedRevenue / J - 1)).toBeLessThan(1e-12);
    expect(Math.abs(price! / p - 1)).toBeLessThan(1e-12);
  });

  it('agrees with the plain sum where that does not overflow', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 60, noNaN: true }), fc.integer({ min: 1, max: 60 }), (x, n) => {
        let term = 1;
        let sum = 1;
        for (let i = 1; i <= n; i++) sum += term *= x / i;
        const { expectedRevenue } = optimalPrice({ arrivals: x * Math.E, priceSensitivity: 1 }, n);
        expect(Math.abs(expectedRevenue - Math.log(sum))).toBeLessThan(1e-12 * Math.max(1, Math.log(sum)));
      }),
    );
  });

  it('agrees with the recurrence, which values unit by unit, and values each further unit less', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 3000, noNaN: true }),
        fc.integer({ min: 1, max: 3000 }),
        (x, n) => {
          const values = marginalValues(x, n);
          const last = values[n - 1]!;
          expect(Math.abs(lastMarginalValue(x, n) - last)).toBeLessThan(1e-12 + 1e-10 * last);
          const total = values.reduceRight((sum, value) => sum + value, 0);
          const { expectedRevenue } = optimalPrice({ arrivals: x * Math.E, priceSensitivity: 1 }, n);
          expect(Math.abs(expectedRevenue / total - 1)).toBeLessThan(1e-12);
          if (n > 1) expect(last).toBeLessThanOrEqual(values[n - 2]!);
          expect(lastMarginalValue(x, n + 1)).toBeLessThanOrEqual(lastMarginalValue(x, n));
        },
      ),
    );
  });

  it.each([1, 3e4, 2.7e5, 2.72e5, 1e12])(
    'values 100,000 units of %d arrivals without overflow',
    (arrivals) => {
      const { price, expectedRevenue } = optimalPrice({ arrivals, priceSensitivity: 0.02 }, 100_000);
      const values = marginalValues(arrivals / Math.E, 100_000);
      const total = values.reduceRight((sum, value) => sum + value, 0);
      expect(Math.abs(expectedRevenue / (total * 50) - 1)).toBeLessThan(1e-11);
      expect(Math.abs(price! / ((1 + values.at(-1)!) * 50) - 1)).toBeLessThan(1e-11);
    },
  );

  it('asks less with more stock, more with more time, and never less than 1/α', () => {
    fc.assert(
      fc.property(demands, stock, (demand, n) => {
        const now = optimalPrice(demand, n);
        const moreStock = optimalPrice(demand, n + 1);
        const moreTime = optimalPrice({ ...demand, arrivals: demand.arrivals * 1.1 }, n);
        expect(moreStock.price!).toBeLessThanOrEqual(now.price!);
        expect(moreTime.price!).toBeGreaterThanOrEqual(now.price!);
        expect(moreTime.expectedRevenue).toBeGreaterThan(now.expectedRevenue);
        expect(now.price!).toBeGreaterThanOrEqual(1 / demand.priceSensitivity);
      }),
    );
  });

  it('has no price when nothing remains, and the lowest when nobody comes any more', () => {
    const of = (arrivals: number, remaining: number) =>
      optimalPrice({ arrivals, priceSensitivity: 0.5 }, remaining);
    expect(of(10, 0)).toEqual({ price: null, expectedRevenue: 0 });
    expect(of(0, 5)).toEqual({ price: 2, expectedRevenue: 0 });
    expect(of(1e-200, 5).price).toBe(2);
  });

  it('refuses what is no stock or no demand', () => {
    for (const bad of [-1, 1.5, NaN, Infinity]) {
      expect(() => optimalPrice({ arrivals: 1, priceSensitivity: 1 }, bad)).toThrow(RangeError);
    }
    for (const bad of [-1, NaN, Infinity]) {
      expect(() => optimalPrice({ arrivals: bad, priceSensitivity: 1 }, 1)).toThrow(RangeError);
      expect(() => optimalPrice({ arrivals: 1, priceSensitivity: bad }, 1)).toThrow(RangeError);
    }
    expect(() => optimalPrice({ arrivals: 1, priceSensitivity: 0 }, 1)).toThrow(RangeError);
  });
});
