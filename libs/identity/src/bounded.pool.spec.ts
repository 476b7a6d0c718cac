import { setImmediate } from 'node:timers/promises';
import { BoundedPool } from './bounded.pool.js';

it('runs a few at a time, lets some wait, and refuses the rest at once', async () => {
  const pool = new BoundedPool(2, 3);
  let running = 0;
  let most = 0;
  const gate = Promise.withResolvers<void>();
  const work = async (): Promise<void> => {
    most = Math.max(most, ++running);
    await gate.promise;
    running--;
  };
  const results: Promise<unknown>[] = [];
  for (let i = 0; i < 7; i++) {
    results.push(pool.run(work).catch((error: { code: string }) => error.code));
    await setImmediate();
  }
  expect(await Promise.all(results.slice(5))).toEqual(['overloaded', 'overloaded']);
  gate.resolve();
  expect(await Promise.all(results.slice(0, 5))).toEqual(Array(5).fill(undefined));
  expect(most).toBe(2);
  expect(await pool.run(async () => 'served again')).toBe('served again');
});
