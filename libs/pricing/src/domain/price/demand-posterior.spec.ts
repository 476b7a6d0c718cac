import fc from 'fast-check';
import { poissonTail } from '../numerics/special-functions.js';
import { bellmanPrice, priceLadder } from './bellman-price.js';
import { type DemandPrior, LEVELS_EACH, type SalesPeriod, posteriorOf } from './demand-posterior.js';
import { optimalPrice } from './optimal-price.js';

const PRIOR: DemandPrior = {
  meanLogLevel: Math.log(600),
  meanLogWorth: Math.log(40),
  sdLogLevel: 0.6,
  sdLogWorth: 0.35,
  correlation: 0.3,
};
const period = (share: number, price: number, sold: number, soldOut = false): SalesPeriod => ({
  share,
  price,
  sold,
  soldOut,
});

/** Posterior means of log level and log worth on a brute-force grid of 400 × 400 points. */
function bruteForce(prior: DemandPrior, periods: SalesPeriod[]) {
  let [total, a, w] = [0, 0, 0];
  for (let i = 0; i < 400; i++) {
    for (let j = 0; j < 400; j++) {
      const x = -5 + (10 * i) / 399;
      const y = -5 + (10 * j) / 399;
      const logLevel = prior.meanLogLevel + prior.sdLogLevel * x;
      const logWorth = prior.meanLogWorth + prior.sdLogWorth * y;
      let log = -(x * x - 2 * prior.correlation * x * y + y * y) / (2 * (1 - prior.correlation ** 2));
      for (const { share, price, sold, soldOut } of periods) {
        const mean = Math.exp(logLevel) * share * Math.exp(-price / Math.exp(logWorth));
        log += soldOut ? Math.log(Math.max(poissonTail(sold, mean), 1e-300)) : sold * Math.log(mean) - mean;
      }
      const mass = Math.exp(log + 0);
      total += mass;
      a += mass * logLevel;
      w += mass * logWorth;
    }
  }
  return { logLevel: a / total, logWorth: w / total };
}

function moments(prior: DemandPrior, periods: SalesPeriod[]) {
  const { level, worth, weight } = posteriorOf(prior, periods);
  let [a, w] = [0, 0];
  weight.forEach((mass, k) => {
    a += mass * Math.log(level[k]!);
    w += mass * Math.log(worth[Math.floor(k / LEVELS_EACH)]!);
  });
  return { logLevel: a, logWorth: w };
}

describe('The posterior of demand', () => {
  it.each([
    ['nothing sold yet', []],
    ['few sales', [period(0.05, 60, 3), period(0.05, 80, 1)]],
    ['many sales at three prices', [period(0.2, 50, 40), period(0.2, 70, 22), period(0.1, 90, 9)]],
    ['sales far from the prior', [period(0.3, 100, 120), period(0.1, 140, 30)]],
    ['a stock that ran out', [period(0.1, 50, 25), period(0.05, 60, 30, true)]],
  ])('agrees with a brute-force grid: %s', (_, periods) => {
    const exact = bruteForce(PRIOR, periods);
    const found = moments(PRIOR, periods);
    expect(found.logLevel).toBeCloseTo(exact.logLevel, 2);
    expect(found.logWorth).toBeCloseTo(exact.logWorth, 2);
  });

  it('is the prior before anything is sold', () => {
    const found = moments({ ...PRIOR, correlation: 0 }, []);
    expect(found.logLevel).toBeCloseTo(PRIOR.meanLogLevel, 6);
    expect(found.logWorth).toBeCloseTo(PRIOR.meanLogWorth, 6);
  });

  it('learns less from sales that spread more', () => {
    const periods = [period(0.3, 100, 120)];
    const sure = posteriorOf(PRIOR, periods);
    const unsure = posteriorOf(PRIOR, periods, 5);
    expect(unsure.sdLogWorth).toBeGreaterThan(sure.sdLogWorth);
  });
});

describe('The Bayes-averaged Bellman price', () => {
  const ladder = priceLadder(10, 300, 400);

  it('is the optimal price when demand is known', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.double({ min: 0.05, max: 1, noNaN: true }),
        (units, shareLeft) => {
          const known = { ...PRIOR, sdLogLevel: 1e-4, sdLogWorth: 1e-4, correlation: 0 };
          const exact = optimalPrice({ arrivals: 600 * shareLeft, priceSensitivity: 1 / 40 }, units).price!;
          const found = bellmanPrice(posteriorOf(known, []), { units, shareLeft }, ladder);
          expect(Math.abs(Math.log(found / Math.min(300, exact)))).toBeLessThan(0.01);
        },
      ),
    );
  });

  it('rises with what is still to come and falls with what is still to be sold', () => {
    const posterior = posteriorOf(PRIOR, [period(0.2, 60, 20)]);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.double({ min: 0.01, max: 0.9, noNaN: true }),
        (units, share) => {
          const price = bellmanPrice(posterior, { units, shareLeft: share }, ladder);
          expect(
            bellmanPrice(posterior, { units: units + 10, shareLeft: share }, ladder),
          ).toBeLessThanOrEqual(price);
          expect(bellmanPrice(posterior, { units, shareLeft: share * 1.1 }, ladder)).toBeGreaterThanOrEqual(
            price,
          );
        },
      ),
    );
  });

  it('rises with a waitlist for the last places', () => {
    const posterior = posteriorOf(PRIOR, [period(0.2, 60, 20)]);
    const price = (units: number) =>
      bellmanPrice(posterior, { units: 2, shareLeft: 0.1, waiting: { units, lastPrice: 60 } }, ladder);
    expect(price(5)).toBeGreaterThan(price(0));
    expect(price(20)).toBeGreaterThan(price(5));
  });
});
