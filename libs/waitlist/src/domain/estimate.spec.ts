import fc from 'fast-check';
import { calibrationOf } from './calibration.js';
import { chanceToReach, incompleteBeta } from './count-tail.js';
import { type Outlook, estimateOf } from './estimate.js';
import { type Period, paceOf, weightedDays } from './freed-places.js';
import { pastOf, soldAt } from './sales-past.js';
import { simulatedTrials } from './simulated-trials.js';

/** The same by adding up what is below `k`. */
function reachedBySum(k: number, mean: number, variance: number): number {
  const size = (mean * mean) / (variance - mean);
  const p = mean / variance;
  let term = p ** size;
  let below = 0;
  for (let n = 0; n < k; n++) {
    below += term;
    term *= ((n + size) / (n + 1)) * (1 - p);
  }
  return 1 - below;
}

describe('the chance that a count reaches a number', () => {
  it('is what adding up gives', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0.05, max: 50, noNaN: true }),
        fc.double({ min: 1.05, max: 8, noNaN: true }),
        (k, mean, ratio) => {
          expect(chanceToReach(k, mean, mean * ratio)).toBeCloseTo(reachedBySum(k, mean, mean * ratio), 8);
        },
      ),
    );
  });

  it('is right at known values, and far out', () => {
    expect(incompleteBeta(0.5, 2, 2)).toBeCloseTo(0.5, 12);
    expect(incompleteBeta(0.3, 1, 5)).toBeCloseTo(1 - 0.7 ** 5, 12);
    expect(chanceToReach(1, 0, 0)).toBe(0);
    expect(chanceToReach(100_000, 100, 200)).toBeCloseTo(0, 12);
    expect(chanceToReach(10, 100_000, 200_000)).toBeCloseTo(1, 12);
  });
});

const outlook: fc.Arbitrary<Outlook> = fc
  .record({
    sold: fc.array(
      fc.record({
        places: fc.integer({ min: 1, max: 20_000 }),
        age: fc.double({ min: 0, max: 400, noNaN: true }),
      }),
      { minLength: 1, maxLength: 20 },
    ),
    ahead: fc.integer({ min: 0, max: 5000 }).map((entries) => ({ entries, places: 2 * entries })),
    quantity: fc.integer({ min: 1, max: 10 }),
    daysToStart: fc.double({ min: 0.1, max: 300, noNaN: true }),
    daysLeft: fc.double({ min: 0, max: 300, noNaN: true }),
    offers: fc.record({ made: fc.integer({ min: 20, max: 50 }), accepted: fc.integer({ min: 0, max: 20 }) }),
  })
  .map((one) => ({ ...one, daysLeft: Math.min(one.daysLeft, one.daysToStart) }));
const past: fc.Arbitrary<Period[]> = fc.array(
  fc.record({ exposure: fc.integer({ min: 1, max: 5000 }), freed: fc.integer({ min: 0, max: 40 }) }),
  { maxLength: 30 },
);

describe('the estimate of an entry', () => {
  it('is a chance, with times in order and before the end', () => {
    fc.assert(
      fc.property(outlook, past, (one, periods) => {
        const { chance, waitSeconds } = estimateOf(one, paceOf(periods));
        expect(chance).toBeGreaterThanOrEqual(0);
        expect(chance).toBeLessThanOrEqual(1);
        if (!waitSeconds) return;
        const { p10, p50, p90 } = waitSeconds;
        expect([p10, p50, p90]).toEqual([p10, p50, p90].toSorted((a, b) => a - b));
        expect(p90).toBeLessThanOrEqual(Math.ceil(one.daysLeft * 86_400));
      }),
    );
  });

  it('falls with each that waits before it, and grows with the places that come free', () => {
    fc.assert(
      fc.property(outlook, past, (one, periods) => {
        const { entries, places } = one.ahead;
        const behind = { ...one, ahead: { entries: entries + 5, places: places + 10 } };
        const pace = paceOf(periods);
        expect(estimateOf(behind, pace).chance).toBeLessThanOrEqual(estimateOf(one, pace).chance + 1e-9);
        const faster = paceOf(periods.map((period) => ({ ...period, freed: 2 * period.freed })));
        expect(faster.rate).toBeGreaterThanOrEqual(pace.rate - 1e-12);
      }),
    );
  });

  it('goes by its own past, once there is enough of one', () => {
    const day: Period = { exposure: 1000, freed: 20 };
    expect(paceOf([]).rate).toBeCloseTo(0.0186, 6);
    expect(paceOf(Array.from({ length: 60 }, () => day)).rate).toBeCloseTo(0.02, 3);
  });

  it('counts days by how many places they free', () => {
    // Of places that are old enough to stay as they are.
    const old = 1e9;
    const share = (1 + old) ** -0.34;
    const days = (from: number, to: number) => weightedDays(from, to, old) / share;
    expect(days(10, 4)).toBeCloseTo(6, 5);
    expect(days(50, 20)).toBeCloseTo(10 + 0.76 * 20, 5);
    expect(days(100, 0)).toBeCloseTo(30 + 0.76 * 60 + 0.39 * 10, 5);
    expect(days(5, 5)).toBe(0);
    expect(weightedDays(10, 0, 3)).toBeCloseTo(weightedDays(10, 6, 3) + weightedDays(6, 0, 7), 9);
    expect(weightedDays(1, 0, 0)).toBeGreaterThan(2 * weightedDays(1, 0, 30));
  });
});

describe('the past of an event', () => {
  const sale = (soldOn: number, freedOn: number | null, places = 1) => ({ soldOn, freedOn, places });

  it('counts what was sold on an earlier day, each by its age', () => {
    const past = pastOf([sale(9, null, 10), sale(9, 9, 3), sale(9, 7, 2), sale(8, null, 4)], 6);
    expect(past.map(({ freed }) => freed)).toEqual([0, 2]);
    expect(past[0]!.exposure).toBeCloseTo(12 * weightedDays(9, 8, 0.5), 12);
    expect(past[1]!.exposure).toBeCloseTo(12 * weightedDays(8, 7, 1.5) + 4 * weightedDays(8, 7, 0.5), 12);
    expect(pastOf([], 6)).toEqual([]);
  });

  it('gives what is sold now, with ages that are alike taken together', () => {
    const sold = soldAt([sale(9, null, 10), sale(9, 7, 2), sale(100, null, 2), sale(101, null, 6)], 4.5);
    expect(sold).toEqual([
      { places: 10, age: 5 },
      { places: 8, age: 96.75 },
    ]);
  });
});

it('keeps what it says in simulated events', () => {
  const found = calibrationOf(simulatedTrials(7, 2000));
  expect(found.off).toBeLessThan(0.08);
  expect(found.brier).toBeLessThan(0.7 * found.brierOfRate);
}, 600_000);

it('sees estimates that are too sure of themselves', () => {
  const trials = simulatedTrials(7, 500).map((trial) => {
    const chance = trial.estimate.chance > 0.5 ? 1 : 0;
    return { ...trial, estimate: { ...trial.estimate, chance: Math.min(1, chance + 0.3) } };
  });
  expect(calibrationOf(trials).off).toBeGreaterThan(0.1);
}, 600_000);
