import { Redis } from 'ioredis';
import { AnswerCache, CachingModule, type Counted, type CountedView, LiveCounters } from '#libs/caching';
import { type TestDatabases, createDatabases } from '../../../test/support/databases.js';
import { type OpenDatabases, openDatabases } from '../../../test/support/open.js';
import { ownRedis } from '../../../test/support/servers.js';

/** Stock of goods, as the database has it; here, a variable. */
class Stock implements CountedView {
  readonly name = 'stock';
  readonly lifetimes = {
    memory: { fresh: 60_000, stale: 0 },
    shared: { fresh: 60_000, stale: 0 },
    missing: 60_000,
  };
  readings = 0;

  constructor(public now: Counted) {}

  count(): Promise<Counted> {
    this.readings++;
    return Promise.resolve(this.now);
  }

  render({ version, counters, frame, asOf }: Counted) {
    return {
      version,
      tag: `"${version}"`,
      body: Buffer.from(`${frame} ${JSON.stringify(counters)} ${asOf}`),
    };
  }
}

let redis: Awaited<ReturnType<typeof ownRedis>>;
let databases: TestDatabases;
/** Two processes, as far as the cache can tell. */
let homes: OpenDatabases[];
let here: AnswerCache;
let there: AnswerCache;
let counters: LiveCounters;
let client: Redis;
let keys = 0;

beforeAll(async () => {
  redis = await ownRedis();
  databases = await createDatabases({ redisUrl: redis.url() });
  const open = () => openDatabases(databases.config, [{ module: CachingModule }]);
  homes = [await open(), await open()];
  [here, there] = homes.map((home) => home.module.get(AnswerCache)) as [AnswerCache, AnswerCache];
  counters = homes[0]!.module.get(LiveCounters);
  client = new Redis(redis.url());
}, 120_000);
afterAll(async () => {
  client?.disconnect();
  await Promise.all((homes ?? []).map((home) => home.close()));
  await databases?.drop();
  await redis?.stop();
}, 120_000);

/** So long ago that what anybody wrote since is known. */
const remember = () => client.set('evently:cache:since', Date.now() - 60_000);
beforeEach(remember);

const stock = (version: number, left: number): Stock => new Stock(of(version, left));
const of = (version: number, left: number): Counted => ({
  version,
  counters: { left },
  frame: 'F',
  asOf: version,
});
const nextKey = () => `stock.1:${++keys}`;
const sold = (key: string, before: number) =>
  counters.move([{ key, before, after: before + 1, deltas: new Map([['left', -1]]) }], 1000 + before);

/** What Redis holds, past the end of its life if need be. */
async function held(key: string): Promise<Counted | null> {
  return (await counters.look(key)) as Counted | null;
}

it('carries a change over to what others read', async () => {
  const key = nextKey();
  const view = stock(1, 100);
  await here.read(view, { key, tags: [] });
  await client.persist(`evently:cache:live:${key}`);
  await sold(key, 1);
  await sold(key, 2);
  const { answer, tier } = await there.read(view, { key, tags: [] });
  expect([tier, answer.version, answer.body.toString()]).toEqual(['l2', 3, 'F {"left":98} 1002']);
  expect(view.readings).toBe(1);
});

it('moves nothing from another version than the one it knows', async () => {
  const [old, newer, absent] = [nextKey(), nextKey(), nextKey()];
  await counters.fill(old, of(1, 100));
  await counters.fill(newer, of(9, 50));
  await client.persist(`evently:cache:live:${newer}`);
  for (const key of [old, newer, absent]) await sold(key, 4);
  // A change was missed: better nothing than something wrong.
  expect(await held(old)).toBeNull();
  expect(await held(newer)).toEqual(of(9, 50));
  expect(await held(absent)).toBeNull();
});

it('takes no reading that is older than what it has', async () => {
  const key = nextKey();
  await counters.fill(key, of(5, 10));
  await client.persist(`evently:cache:live:${key}`);
  await counters.fill(key, of(4, 11));
  expect(await held(key)).toEqual(of(5, 10));
  await counters.fill(key, of(6, 9));
  expect(await held(key)).toEqual(of(6, 9));
});

it('ends half a second after a reading of the database, however often it moves', async () => {
  const key = nextKey();
  await counters.fill(key, of(1, 10));
  for (let version = 1; version < 5; version++) await sold(key, version);
  expect(await client.pttl(`evently:cache:live:${key}`)).toBeLessThanOrEqual(500);
});

describe('whoever wrote', () => {
  const ask = (key: string, writer: string) => ({ key, tags: [], wrote: { writer, key } });

  it('is shown it past every older answer, and others are not made to wait', async () => {
    const key = nextKey();
    const view = stock(1, 100);
    await there.read(view, { key, tags: [] });
    await client.persist(`evently:cache:live:${key}`);
    view.now = of(2, 99);
    await counters.note([{ writer: 'ada', key, version: 2 }]);
    // Redis itself still has version 1: the change was lost on its way.
    expect((await there.read(view, ask(key, 'bob'))).answer.version).toBe(1);
    const mine = await there.read(view, ask(key, 'ada'));
    expect([mine.tier, mine.answer.version]).toEqual(['l3', 2]);
    // What was read for her serves everybody.
    expect((await there.read(view, ask(key, 'bob'))).answer.version).toBe(2);
    expect((await here.read(view, ask(key, 'ada'))).tier).toBe('l2');
  });

  it('is known by the newest version, in whichever order it is told', async () => {
    const key = nextKey();
    await counters.note([
      { writer: 'ada', key, version: 7 },
      { writer: 'bob', key, version: 3 },
    ]);
    await counters.note([{ writer: 'ada', key, version: 6 }]);
    expect(await counters.wroteBy('ada', key)).toBe(7);
    expect(await counters.wroteBy('bob', key)).toBe(3);
    expect(await counters.wroteBy('eve', key)).toBe(0);
  });

  it.each([
    ['has just forgotten everything', () => client.flushall(), remember],
    ['is frozen', async () => redis.freeze(), async () => redis.thaw()],
  ])('is shown the database while Redis %s', async (_, away, back) => {
    const key = nextKey();
    const view = stock(1, 100);
    await there.read(view, { key, tags: [] });
    view.now = of(2, 99);
    await away();
    try {
      for (let n = 0; n < 2; n++) {
        const mine = await there.read(view, ask(key, 'ada'));
        expect([mine.tier, mine.answer.version]).toEqual(['l3', 2]);
      }
    } finally {
      await back();
    }
  });
});
