import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Answer, Request } from '../domain/batch.js';
import { type Entry, answerAll, fail } from './waiting.entry.js';

it('answers a large batch in its order, nobody twice, and lets others have their turn in between', async () => {
  const heard: (number | string)[] = [];
  const entries = Array.from({ length: 100 }, (_, n): Entry => {
    const answer = () => void heard.push(n);
    return {
      request: {} as Request,
      since: 0,
      settled: false,
      answer,
      fail: () => undefined,
      trace: undefined,
    };
  });
  fail(entries[40]!, new Error('it has waited for too long'));
  const told = answerAll(
    entries,
    entries.map(() => ({}) as Answer),
  );
  expect(heard.length).toBeLessThan(50);
  await nextTurn();
  heard.push('another');
  await told;
  expect(heard.filter((one) => typeof one === 'number')).toEqual(
    entries.map((_, n) => n).filter((n) => n !== 40),
  );
  expect(heard.indexOf('another')).toBeLessThan(99);
  expect(entries.every(({ settled }) => settled)).toBe(true);
});
