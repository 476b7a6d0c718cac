import fc from 'fast-check';
import { logPoisson, normalCdf, normalQuantile, poissonQuantile, poissonTail } from './special-functions.js';

describe('Special functions', () => {
  it.each([
    [0, 0.5],
    [1.959963984540054, 0.975],
    [-1, 0.15865525393145707],
    [-8, 6.220960574271785e-16],
  ])('Φ(%d) is %d', (x, value) => {
    expect(Math.abs(normalCdf(x) / value - 1)).toBeLessThan(1e-11);
  });

  it('inverts the normal distribution', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true }), (p) => {
        expect(Math.abs(normalCdf(normalQuantile(p)) - p)).toBeLessThan(1e-14);
      }),
    );
  });

  it('sums Poisson tails from either side', () => {
    // P(X ≥ 10 | 5), P(X ≥ 3 | 5), P(X ≥ 150 | 100): computed with exact fractions.
    expect(poissonTail(10, 5)).toBeCloseTo(0.03182805730620481, 14);
    expect(poissonTail(3, 5)).toBeCloseTo(0.8753479805169189, 14);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.double({ min: 0.01, max: 300, noNaN: true }),
        (k, mean) => {
          const step = poissonTail(k, mean) - poissonTail(k + 1, mean);
          expect(Math.abs(step - Math.exp(logPoisson(k, mean)))).toBeLessThan(1e-12);
        },
      ),
    );
  });

  it('sells the quantile of demand, never more than there is', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }),
        fc.double({ min: 0, max: 2000, noNaN: true }),
        fc.integer({ min: 0, max: 500 }),
        (u, mean, cap) => {
          const sold = poissonQuantile(u, mean, cap);
          expect(sold).toBeLessThanOrEqual(cap);
          if (sold < cap) expect(1 - poissonTail(sold + 1, mean)).toBeGreaterThanOrEqual(u - 1e-9);
          if (sold > 0) expect(1 - poissonTail(sold, mean)).toBeLessThan(u + 1e-9);
        },
      ),
    );
  });
});
