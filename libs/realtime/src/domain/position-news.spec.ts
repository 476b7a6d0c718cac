import fc from 'fast-check';
import { POSITION_PACE_MS, QUIET_MS, type ToldPosition, milestoneOf, urgencyOf } from './position-news.js';

const steps = fc.array(
  fc.record({ moved: fc.integer({ min: -400, max: 100 }), ms: fc.integer({ min: 1, max: 5000 }) }),
  { maxLength: 200 },
);

it('never leaves anybody far from where they stand, nor tells more than once a second', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), steps, (start, moves) => {
      let position = start;
      let now = 0;
      let told: ToldPosition | undefined;
      for (const { moved, ms } of moves) {
        now += ms;
        position = Math.max(1, position + moved);
        if (urgencyOf(told, position, now) > 0) {
          if (told) expect(now - told.at).toBeGreaterThanOrEqual(POSITION_PACE_MS);
          told = { position, at: now };
        }
        expect(told).toBeDefined();
        const off = Math.abs(told!.position - position);
        const age = now - told!.at;
        if (off && age >= POSITION_PACE_MS) expect(off / position).toBeLessThan(0.01);
        if (off) expect(age).toBeLessThan(QUIET_MS);
      }
    }),
  );
});

it('tells the first hundred of every place', () => {
  for (let position = 1; position <= 100; position++) {
    expect(urgencyOf({ position: position + 1, at: 0 }, position, POSITION_PACE_MS)).toBeGreaterThan(0);
  }
  expect(urgencyOf({ position: 50_499, at: 0 }, 50_000, POSITION_PACE_MS)).toBe(0);
  expect(urgencyOf({ position: 50_500, at: 0 }, 50_000, POSITION_PACE_MS)).toBeGreaterThan(0);
});

it('marks when an entry comes to the first ten, and when it is next', () => {
  const told = (position: number) => ({ position, at: 0 });
  const way = [14, 11, 10, 7, 2, 1, 1, 3, 1];
  expect(way.map((position, i) => milestoneOf(i ? told(way[i - 1]!) : undefined, position))).toEqual([
    null,
    null,
    'top_10',
    null,
    null,
    'next',
    null,
    null,
    'next',
  ]);
  expect([milestoneOf(undefined, 1), milestoneOf(undefined, 9)]).toEqual(['next', 'top_10']);
});
