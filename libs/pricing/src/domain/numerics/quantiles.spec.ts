import fc from 'fast-check';
import { quantiles } from './quantiles.js';

describe('Quantiles', () => {
  it('are those of type 6 for equal weights', () => {
    // R: quantile(c(15, 20, 35, 40, 50), c(.1, .25, .4, .5, .9), type = 6)
    expect(quantiles([50, 15, 40, 20, 35], [0.1, 0.25, 0.4, 0.5, 0.9])).toEqual([
      15, 17.5, 26.000000000000004, 35, 50,
    ]);
  });

  it('count a value of double weight about twice', () => {
    const values = Array.from({ length: 100 }, (_, i) => i);
    const plain = quantiles([...values, ...values.slice(50)], [0.25, 0.5]);
    const weighted = quantiles(
      values,
      [0.25, 0.5],
      values.map((_, i) => (i < 50 ? 1 : 2)),
    );
    expect(Math.abs(weighted[0]! - plain[0]!)).toBeLessThan(1);
    expect(Math.abs(weighted[1]! - plain[1]!)).toBeLessThan(1);
    expect(plain[1]! - quantiles(values, [0.5])[0]!).toBeGreaterThan(10);
  });

  it('ascend with their level and stay among the values', () => {
    const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(
        values,
        fc.array(fc.double({ min: 0.01, max: 5, noNaN: true }), { minLength: 50, maxLength: 50 }),
        (list, weights) => {
          const found = quantiles(list, [0.1, 0.25, 0.5, 0.75, 0.9], weights);
          for (let i = 1; i < found.length; i++) expect(found[i]!).toBeGreaterThanOrEqual(found[i - 1]!);
          expect(found[0]!).toBeGreaterThanOrEqual(Math.min(...list));
          expect(found[4]!).toBeLessThanOrEqual(Math.max(...list));
        },
      ),
    );
  });

  it('stay among the values where rounding would leave them', () => {
    const weights = [0.07199083713032982, 0.010000000000000024, 0.010000000000000018];
    const [low, high] = [-7.04643923811328e-274, -2.700687517885705e-274];
    for (const found of quantiles([high, low, high], [0.1, 0.25, 0.5, 0.75, 0.9], weights)) {
      expect(found).toBeLessThanOrEqual(high);
      expect(found).toBeGreaterThanOrEqual(low);
    }
  });

  it('are unknown for no values', () => {
    expect(quantiles([], [0.5])).toEqual([NaN]);
  });
});
