import fc from 'fast-check';
import { newestBySubject } from './coalesce.js';
import { DEFAULT_PACE, pauseAfter, pauseAfterFailure } from './pace.js';

const news = fc.array(
  fc.record({ subject: fc.constantFrom('a', 'b', 'c', 'd'), subjectVersion: fc.nat(6), id: fc.uuid() }),
);

it('keeps one of each subject, the newest, in order of subjects', () => {
  fc.assert(
    fc.property(news, (items) => {
      const kept = newestBySubject(items);
      expect(kept.map((item) => item.subject)).toEqual(
        [...new Set(items.map((item) => item.subject))].sort(),
      );
      for (const item of kept) {
        const rivals = items.filter((other) => other.subject === item.subject);
        expect(item.subjectVersion).toBe(Math.max(...rivals.map((other) => other.subjectVersion)));
        expect(items).toContain(item);
      }
    }),
  );
});

it('looks again at once after a full batch, and soon after a part of one', () => {
  expect(pauseAfter(500, 400, DEFAULT_PACE)).toBe(0);
  expect(pauseAfter(1, 400, DEFAULT_PACE)).toBe(50);
});

it('looks less and less often while there is nothing, but never less than twice a second', () => {
  const pauses = [0];
  for (let i = 0; i < 20; i++) pauses.push(pauseAfter(0, pauses.at(-1)!, DEFAULT_PACE));
  expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
  expect(pauses.at(-1)).toBe(500);
});

it('looks at a database that is away every five seconds in the end', () => {
  let pause = 0;
  for (let i = 0; i < 10; i++) pause = pauseAfterFailure(pause);
  expect(pause).toBe(5000);
});
