import fc from 'fast-check';
import { fitGammaPrior, posteriorRate } from './empirical-bayes.js';

describe('Gamma–Poisson empirical Bayes', () => {
  it('draws units that differ by chance alone to their common mean', () => {
    const prior = fitGammaPrior([9, 11, 10, 10, 9, 11].map((count) => ({ count, exposure: 1 })));
    expect(prior.mean).toBeCloseTo(10, 9);
    expect(posteriorRate(prior, 11, 1)).toBeCloseTo(10, 2);
  });

  it('leaves units that differ for good where they are', () => {
    const prior = fitGammaPrior([100, 4000, 900].map((count) => ({ count, exposure: 10 })));
    expect(posteriorRate(prior, 4000, 10) / 400).toBeGreaterThan(0.98);
  });

  it('forecasts a unit without history by the mean of the others', () => {
    const prior = fitGammaPrior([
      { count: 30, exposure: 10 },
      { count: 50, exposure: 10 },
    ]);
    expect(posteriorRate(prior, 0, 0)).toBeCloseTo(4, 1);
  });

  it('estimates the variance between units by moments', () => {
    // Equal exposures: DerSimonian–Laird is the sample variance of the rates less the Poisson noise.
    const rates = [2, 6, 10, 14];
    const prior = fitGammaPrior(rates.map((rate) => ({ count: rate * 5, exposure: 5 })));
    const between = 80 / 3 - 8 / 5;
    expect(prior.mean).toBeCloseTo(8, 9);
    expect(prior.strength).toBeCloseTo(8 / between, 9);
  });

  it('always lies between the prior mean and what was seen', () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.double({ min: 0.1, max: 100, noNaN: true }),
        fc.nat(50),
        fc.nat(50),
        (count, exposure, mean, strength) => {
          const rate = posteriorRate({ mean, strength }, count, exposure);
          const seen = count / exposure;
          expect(rate).toBeGreaterThanOrEqual(Math.min(mean, seen) - 1e-9);
          expect(rate).toBeLessThanOrEqual(Math.max(mean, seen) + 1e-9);
        },
      ),
    );
  });

  it('says nothing of no units', () => {
    expect(fitGammaPrior([])).toEqual({ mean: 0, strength: 0.5 });
  });
});
