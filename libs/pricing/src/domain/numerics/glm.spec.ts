import fc from 'fast-check';
import { type CountData, fitCounts, fitNegativeBinomial, predictCount } from './glm.js';

/** Dobson (1990), "An Introduction to Generalized Linear Models", p. 93; R's documentation of glm has the fit. */
const DOBSON = {
  counts: [18, 17, 15, 20, 10, 20, 25, 13, 12],
  // Intercept, outcome 2, outcome 3, treatment 2, treatment 3.
  coefficients: [3.0445224377, -0.4542552723, -0.2929871247, 0, 0],
};

function dataOf(rows: number[][], counts: number[]): CountData {
  return {
    design: Float64Array.from(rows.flat()),
    columns: rows[0]!.length,
    counts: Float64Array.from(counts),
  };
}

const dobsonRows = DOBSON.counts.map((_, i) => [
  1,
  +(i % 3 === 1),
  +(i % 3 === 2),
  +(i >= 3 && i < 6),
  +(i >= 6),
]);

const FREE = new Float64Array(5);

describe('Regression of counts', () => {
  it("finds Dobson's coefficients", () => {
    const fit = fitCounts(dataOf(dobsonRows, DOBSON.counts), FREE);
    expect(fit.converged).toBe(true);
    DOBSON.coefficients.forEach((value, j) => expect(fit.coefficients[j]).toBeCloseTo(value, 7));
  });

  it.each([
    [0, [3.0737362264852, -0.4592509557856, -0.29594160192248, -0.03255655651186, -0.047724542259757]],
    [2, [2.927239564455, -0.23691235056535, -0.12227314907882, -0.0085999605462764, -0.011551881622293]],
  ])('finds the negative-binomial coefficients of the same counts, ridge %d', (ridge, coefficients) => {
    // Dispersion .5; by Newton's method on the exact penalised likelihood with 40 digits.
    const penalty = Float64Array.from([0, ridge, ridge, ridge, ridge]);
    const fit = fitCounts(dataOf(dobsonRows, DOBSON.counts), penalty, 0.5);
    coefficients.forEach((value, j) => expect(fit.coefficients[j]).toBeCloseTo(value, 5));
  });

  const samples = fc.array(fc.tuple(fc.double({ min: -2, max: 2, noNaN: true }), fc.nat(200)), {
    minLength: 15,
    maxLength: 60,
  });

  it('solves the penalised score equations, Poisson and negative binomial', () => {
    fc.assert(
      fc.property(samples, fc.double({ min: 0, max: 1, noNaN: true }), (pairs, dispersion) => {
        const data = dataOf(
          pairs.map(([x]) => [1, x]),
          pairs.map(([, y]) => y + 1),
        );
        const penalty = Float64Array.from([0, 2]);
        const { coefficients, converged } = fitCounts(data, penalty, dispersion);
        expect(converged).toBe(true);
        const score = [0, 0];
        pairs.forEach(([x, y]) => {
          const mu = predictCount(coefficients, [1, x]);
          const pull = (y + 1 - mu) / (1 + dispersion * mu);
          score[0]! += pull;
          score[1]! += pull * x;
        });
        expect(Math.abs(score[0]!)).toBeLessThan(1e-4);
        expect(Math.abs(score[1]! - 2 * coefficients[1]!)).toBeLessThan(1e-4);
      }),
    );
  });

  it('shrinks a slope towards nothing as the ridge grows', () => {
    const xs = [-2, -1, 0, 1, 2, 3];
    const data = dataOf(
      xs.map((x) => [1, x]),
      xs.map((x) => Math.round(10 * Math.exp(0.5 * x))),
    );
    const slopes = [0, 10, 100, 1e6].map(
      (ridge) => fitCounts(data, Float64Array.from([0, ridge])).coefficients[1]!,
    );
    expect(slopes[0]).toBeCloseTo(0.5, 1);
    for (let i = 1; i < slopes.length; i++) expect(slopes[i]!).toBeLessThan(slopes[i - 1]!);
    expect(slopes[3]).toBeCloseTo(0, 2);
  });

  it('takes a known exposure as an offset', () => {
    const exposure = [1, 2, 4, 8];
    const data = dataOf(
      exposure.map(() => [1]),
      exposure.map((e) => 3 * e),
    );
    const fit = fitCounts({ ...data, offset: Float64Array.from(exposure, Math.log) }, new Float64Array(1));
    expect(Math.exp(fit.coefficients[0]!)).toBeCloseTo(3, 9);
  });

  it('finds no dispersion in counts that spread less than Poisson, and some in counts that spread more', () => {
    const even = dataOf([[1], [1], [1], [1]], [10, 10, 10, 10]);
    const wild = dataOf([[1], [1], [1], [1]], [1, 40, 3, 20]);
    expect(fitNegativeBinomial(even, new Float64Array(1)).dispersion).toBe(0);
    expect(fitNegativeBinomial(wild, new Float64Array(1)).dispersion).toBeGreaterThan(0.5);
  });
});
