import { bestFixedPrice, expectedSales } from './fixed-price.js';
import { solveDailyProgramme } from './daily-programme.js';
import { optimalPrice } from './optimal-price.js';

/** Arrivals that make m = a·t/e. */
const scaled = (m: number) => m * Math.E;
const best = (n: number, m: number) =>
  optimalPrice({ arrivals: scaled(m), priceSensitivity: 1 }, n).expectedRevenue;

describe('A price that seldom moves', () => {
  it.each([
    [10, 20, 0.9588],
    [100, 200, 0.9756],
    [1000, 2000, 0.9898],
  ])('at its best earns of %d units and m = %d a share of %d', (n, m, share) => {
    const { expectedRevenue } = bestFixedPrice((p) => scaled(m) * Math.exp(-p), n, [0.01, 20]);
    expect(expectedRevenue / best(n, m)).toBeCloseTo(share, 4);
  });

  it.each([
    [1, 0.9588],
    [5, 0.9878],
    [20, 0.9965],
  ])('with %d reviews of 10 units earns a share of %d', (reviews, share) => {
    const { value } = solveDailyProgramme({
      units: 10,
      reviews,
      meanDemand: (_, p) => (scaled(20) / reviews) * Math.exp(-p),
      prices: { from: 0.01, to: 15 },
    });
    expect(value[10]! / best(10, 20)).toBeCloseTo(share, 4);
  });

  it('approaches the continuous optimum with ever more reviews, whose value is concave in the stock', () => {
    const { value, price } = solveDailyProgramme({
      units: 10,
      reviews: 200,
      meanDemand: (_, p) => (scaled(20) / 200) * Math.exp(-p),
      prices: Array.from({ length: 300 }, (_, i) => 0.5 + i * 0.02),
    });
    expect(value[10]! / best(10, 20)).toBeGreaterThan(0.999);
    expect(value[10]! / best(10, 20)).toBeLessThan(1);
    for (let n = 2; n <= 10; n++) {
      expect(value[n]! - value[n - 1]!).toBeLessThanOrEqual(value[n - 1]! - value[n - 2]! + 1e-9);
      expect(price[0]![n]!).toBeLessThanOrEqual(price[0]![n - 1]! + 1e-9);
    }
  });

  it('depends on arrivals that vary in time through what is still to come alone', () => {
    const reviews = 400;
    const share = (k: number) => (1 + Math.cos((9 * k) / reviews)) / reviews;
    const total = Array.from({ length: reviews }, (_, k) => share(k)).reduce((sum, s) => sum + s, 0);
    const { value } = solveDailyProgramme({
      units: 10,
      reviews,
      meanDemand: (k, p) => (scaled(20) / total) * share(k) * Math.exp(-p),
      prices: Array.from({ length: 200 }, (_, i) => 0.5 + i * 0.03),
    });
    expect(value[10]! / best(10, 20)).toBeGreaterThan(0.999);
    expect(value[10]! / best(10, 20)).toBeLessThan(1);
  });

  it('expects to sell what a sum over the distribution says', () => {
    let sum = 0;
    let probability = Math.exp(-7);
    let left = 1;
    for (let k = 0; k < 10; k++) {
      sum += k * probability;
      left -= probability;
      probability *= 7 / (k + 1);
    }
    expect(expectedSales(7, 10)).toBeCloseTo(sum + 10 * left, 12);
    expect(expectedSales(0, 10)).toBe(0);
    expect(expectedSales(7, 0)).toBe(0);
  });
});
