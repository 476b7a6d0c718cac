import fc from 'fast-check';
import { Combination } from './combination.js';

/** Forecasts of 10 by three models, of which each misses by so much, so many days in a row. */
function taught(misses: [number, number, number], days: number, group = 'a'): Combination {
  const combination = new Combination(3);
  for (let day = 0; day < days; day++) {
    combination.learn(
      day,
      group,
      misses.map((miss, k) => 10 + (day % 2 ? miss : -miss) * (k + 1)),
      10,
      10,
    );
  }
  return combination;
}

describe('A combination of forecasts', () => {
  it('is the plain average before anything is known', () => {
    expect([...new Combination(4).weights('a')]).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it('gives more weight to what has missed less, and never none', () => {
    const weights = taught([1, 1, 1], 200).weights('a'); // misses of 1, 2 and 3
    expect(weights[0]!).toBeGreaterThan(2 * weights[1]!);
    expect(weights[1]!).toBeGreaterThan(weights[2]!);
    expect(weights[2]!).toBeGreaterThan(0);
  });

  it('leaves the average slowly, and forecasts a new group as the others taught', () => {
    const few = taught([1, 1, 1], 3).weights('a');
    expect(Math.abs(few[0]! - 1 / 3)).toBeLessThan(0.3);
    expect(few[0]!).toBeLessThan(taught([1, 1, 1], 200).weights('a')[0]!);
    const stranger = taught([1, 1, 1], 200).weights('new');
    expect(stranger[0]!).toBeGreaterThan(stranger[1]!);
  });

  it('trusts a new model less than one that has proved itself, until it has done so too', () => {
    const combination = new Combination(3);
    for (let day = 0; day < 60; day++) combination.learn(day, 'a', [11], 10, 10);
    const unproven = combination.weights('a');
    expect(unproven[1]!).toBeLessThan(0.5 * unproven[0]!);
    for (let day = 60; day < 200; day++) combination.learn(day, 'a', [11, 10.5, 13], 10, 10);
    expect(combination.weights('a')[1]!).toBeGreaterThan(combination.weights('a')[0]!);
  });

  it('leaves pickup near the end only for what is clearly better', () => {
    const near = new Combination(2, 'near');
    const far = new Combination(2, 'far');
    const learn = (second: number) => {
      for (let day = 0; day < 120; day++)
        for (const combination of [near, far]) combination.learn(day, 'a', [11, second], 10, 10);
    };
    learn(11.2);
    expect(near.weights('a')[1]!).toBeLessThan(0.6 * far.weights('a')[1]!);
    learn(10.2);
    expect(near.weights('a')[1]!).toBeGreaterThan(0.8);
  });

  it('forgets: who has become worse loses its weight', () => {
    const combination = taught([1, 1, 1], 100);
    for (let day = 100; day < 700; day++) combination.learn(day, 'a', [16, 11, 13], 10, 10);
    const weights = combination.weights('a');
    expect(weights[1]!).toBeGreaterThan(weights[0]!);
  });

  it('always has weights that add up to 1', () => {
    const misses = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(misses, { maxLength: 20 }), (rows) => {
        const combination = new Combination(3);
        rows.forEach((row, day) => combination.learn(day, 'a', row, 0, 1));
        expect(combination.weights('a').reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
      }),
    );
  });
});
