import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import type { RedisServer } from '../../../apps/cli/src/local-stack/index.js';
import { ownRedis } from '../../../test/support/servers.js';
import { RedisConnection } from '#libs/caching';
import type { Config } from '#libs/config';
import { Claim } from './domain/claim.js';
import { Counter } from './domain/counter.js';
import type { Policy } from './domain/policy.js';
import { LimitStorage } from './limits.storage.js';

/** So long that no window ends within a test. */
const LONG = 999_999_000;

let server: RedisServer;
let connections: RedisConnection[];
/** Two processes that share a Redis. */
let storages: [LimitStorage, LimitStorage];
let tests = 0;

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await ownRedis();
  const config = { redis: { url: server.url() }, processName: 'api' } as Config;
  connections = [new RedisConnection(config), new RedisConnection(config)];
  storages = connections.map((connection) => new LimitStorage(connection)) as typeof storages;
  await Promise.all(connections.map(untilThere));
});
afterAll(async () => {
  storages.forEach((storage) => storage.onApplicationShutdown());
  connections.forEach((connection) => connection.onApplicationShutdown());
  await server.stop();
});
beforeEach(() => void tests++);

async function untilThere(connection: RedisConnection): Promise<void> {
  while ((await connection.ping()) === null) await new Promise((resolve) => setTimeout(resolve, 20));
}

const policy = (name: string, limit: number, priorityLimit = limit): Policy => ({
  name,
  limit,
  priorityLimit,
  ttl: LONG,
});
/** The same claim as another process would make it, with counters of its own. */
const claimOf = (...policies: Policy[]) =>
  new Claim(
    policies.map((one) => new Counter(one, `${one.name}:${tests}`)),
    policies.length,
  );
const ask = (storage: LimitStorage, claim: Claim) =>
  new Promise<boolean>((resolve) => storage.take(claim, resolve));
const askTimes = async (storage: LimitStorage, claim: Claim, times: number) =>
  (await Promise.all(Array.from({ length: times }, () => ask(storage, claim)))).filter(Boolean).length;

it('grants two processes together exactly what a limit allows', async () => {
  const limit = policy('ip', 25);
  const granted = await Promise.all(storages.map((storage) => askTimes(storage, claimOf(limit), 20)));
  expect(granted[0]! + granted[1]!).toBe(25);
  expect(await askTimes(storages[0], claimOf(limit), 5)).toBe(0);
});

it('takes nothing from the other limits when one refuses', async () => {
  const [ip, booking] = [policy('ip', 10), policy('booking', 3)];
  expect(await askTimes(storages[0], claimOf(ip, booking), 8)).toBe(3);
  expect(await askTimes(storages[1], claimOf(ip), 10)).toBe(7);
});

it('decides in Redis as it does alone', async () => {
  const names = ['a', 'b', 'c', 'd'];
  const asks = fc.array(
    fc.record({
      of: fc.uniqueArray(fc.nat(names.length - 1), { minLength: 1, maxLength: 4 }),
      times: fc.integer({ min: 1, max: 5 }),
    }),
    { minLength: 1, maxLength: 12 },
  );
  const limits = fc.array(fc.nat(8), { minLength: 4, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(limits, asks, async (caps, all) => {
      tests++;
      const sides = [0, 1].map(() => {
        const counters = caps.map(
          (limit, i) => new Counter(policy(names[i]!, limit), `${names[i]}:${tests}`),
        );
        return all.map(({ of }) => new Claim(of.map((i) => counters[i]!), of.length)); // prettier-ignore
      });
      const byRedis = await Promise.all(
        sides[0]!.map((claim, i) => askTimes(storages[0], claim, all[i]!.times)),
      );
      expect(byRedis).toEqual(sides[1]!.map((claim, i) => claim.take(all[i]!.times)));
    }),
    { numRuns: 200 },
  );
});

it('counts for Nest’s own guard', async () => {
  const hit = (storage: LimitStorage) => storage.increment(`account:${tests}`, LONG, 2, 0, 'account');
  expect(await hit(storages[0])).toMatchObject({ totalHits: 1, isBlocked: false });
  expect(await hit(storages[1])).toMatchObject({ totalHits: 2, isBlocked: false });
  expect(await hit(storages[0])).toMatchObject({ totalHits: 3, isBlocked: true });
});

it('goes on after Redis forgot everything, the script too', async () => {
  const limit = policy('ip', 5);
  await askTimes(storages[0], claimOf(limit), 5);
  await connections[0]!.client.flushall();
  await connections[0]!.client.script('FLUSH');
  expect(await askTimes(storages[1], claimOf(limit), 9)).toBe(5);
});

it('does not take its own being busy for Redis being away', async () => {
  const claim = claimOf(policy('ip', 5));
  await ask(storages[0], claim);
  const asked = askTimes(storages[0], claim, 3);
  // The call is on its way by then; its answer waits until the process has time.
  await new Promise((resolve) => setImmediate(resolve));
  for (const until = performance.now() + 500; performance.now() < until;);
  expect([await asked, storages[0].decidedBy]).toEqual([3, 'redis']);
});

it('takes thousands of counters in one turn', async () => {
  const claims = Array.from({ length: 3000 }, (_, i) => [policy('ip', 1), policy('booking', 1)].map(
    (one) => new Counter(one, `${one.name}:${tests}-${i}`),
  )).map((counters) => new Claim(counters, 2)); // prettier-ignore
  const granted = await Promise.all(claims.map((claim) => ask(storages[0], claim)));
  expect(granted.filter(Boolean)).toHaveLength(3000);
});

describe.each([
  ['frozen', () => Promise.resolve(server.freeze()), () => Promise.resolve(server.thaw())],
  ['gone', () => server.kill(), () => server.restart()],
])('while Redis is %s', (_, lose, bringBack) => {
  it('limits alone, going on from what it saw last, and in common again afterwards', async () => {
    const limit = policy('ip', 10);
    const claim = claimOf(limit);
    expect(await askTimes(storages[0], claim, 4)).toBe(4);
    await lose();
    expect(await askTimes(storages[0], claim, 10)).toBe(6);
    expect(storages[0].decidedBy).toBe('process');
    await bringBack();
    while (storages[0].decidedBy === 'process') await new Promise((resolve) => setTimeout(resolve, 50));
    await untilThere(connections[1]!);
    tests++;
    const granted = [
      await askTimes(storages[0], claimOf(limit), 7),
      await askTimes(storages[1], claimOf(limit), 7),
    ];
    expect(granted).toEqual([7, 3]);
  });
});
