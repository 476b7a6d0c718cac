import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Answer, Request } from '../domain/batch.js';
import { type Entry, fail, settleAll } from './waiting.entry.js';

it('answers a large batch in its order, nobody twice, and lets others have their turn in between', async () => {
  const heard: (number | string)[] = [];
  const entries = Array.from({ length: 100 }, (_, n): Entry => {
    const answer = () => void heard.push(n);
    return {
      request: {} as Request,
      since: 0,
      settled: false,
      answer,
      fail: () => void heard.push('failed'),
      trace: undefined,
    };
  });
  fail(entries[40]!, new Error('it has waited for too long'));
  expect(heard.splice(0)).toEqual(['failed']);
  const answerAll = settleAll(
    entries,
    entries.map(() => ({}) as Answer),
  );
  const told = answerAll();
  expect(heard.length).toBeLessThan(50);
  for (const entry of entries) fail(entry, new Error('what went wrong after the COMMIT is not theirs'));
  await nextTurn();
  heard.push('another');
  await told;
  expect(heard.filter((one) => typeof one === 'number')).toEqual(
    entries.map((_, n) => n).filter((n) => n !== 40),
  );
  expect(heard.indexOf('another')).toBeLessThan(99);
  expect(heard).not.toContain('failed');
});
