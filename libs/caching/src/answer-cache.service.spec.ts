import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { AnswerCache, type Ask, CachingModule, type Lifetimes, type View } from '#libs/caching';
import { refusals } from '#libs/kernel';
import { type TestDatabases, createDatabases } from '../../../test/support/databases.js';
import { type OpenDatabases, openDatabases } from '../../../test/support/open.js';
import { ownRedis } from '../../../test/support/servers.js';
import { until } from '../../../test/support/until.js';

const LONG: Lifetimes = {
  memory: { fresh: 60_000, stale: 0 },
  shared: { fresh: 60_000, stale: 0 },
  missing: 60_000,
};

/** A page on the master, as everybody sees it. Each reading of the database is counted there. */
class Page implements View {
  readonly name = 'page';
  currentReads = 0;

  constructor(
    private readonly home: OpenDatabases,
    readonly lifetimes = LONG,
    private readonly slowMs = 0,
  ) {}

  async load({ key }: Ask, current: boolean) {
    if (current) this.currentReads++;
    await sleep(this.slowMs);
    const { sql } = this.home.master.primary;
    const { rows } = await sql.query<{ version: number; title: string; n: number }>(
      `SELECT version, title, nextval('page_reads') AS n FROM pages WHERE key = $1`,
      [key],
    );
    if (!rows[0]) {
      await sql.query(`SELECT nextval('page_reads')`);
      throw refusals.not_found('There is no such page.');
    }
    return { version: rows[0].version, tag: `"${rows[0].version}-x"`, body: Buffer.from(rows[0].title) };
  }
}

let redis: Awaited<ReturnType<typeof ownRedis>>;
let databases: TestDatabases;
/** Two processes, as far as the cache can tell. */
let homes: OpenDatabases[];
let here: AnswerCache;
let there: AnswerCache;
let client: Redis;
let pages = 0;

beforeAll(async () => {
  redis = await ownRedis();
  databases = await createDatabases({ redisUrl: redis.url() });
  const open = () => openDatabases(databases.config, [{ module: CachingModule }]);
  homes = [await open(), await open()];
  [here, there] = homes.map((home) => home.module.get(AnswerCache)) as [AnswerCache, AnswerCache];
  client = new Redis(redis.url());
  const { sql } = homes[0]!.master.primary;
  await sql.query('CREATE TABLE pages (key text PRIMARY KEY, version integer NOT NULL, title text NOT NULL)');
  await sql.query('CREATE SEQUENCE page_reads');
  await untilHeard();
}, 120_000);
afterAll(async () => {
  client?.disconnect();
  await Promise.all((homes ?? []).map((home) => home.close()));
  await databases?.drop();
  await redis?.stop();
}, 120_000);

/** Both processes listen to the news. */
async function untilHeard(): Promise<void> {
  await until(async () => {
    const [, listeners] = (await client.pubsub('NUMSUB', 'evently:cache:invalid')) as [string, number];
    return listeners === 2;
  });
}

/** A new page, nowhere cached. */
async function write(title: string | null): Promise<Ask> {
  const key = `page.1:${++pages}`;
  if (title !== null) await retitle(key, title, 1);
  return { key, tags: [`page:${pages}`] };
}

async function retitle(key: string, title: string, version: number): Promise<void> {
  await homes[0]!.master.primary.sql.query(
    'INSERT INTO pages VALUES ($1, $3, $2) ON CONFLICT (key) DO UPDATE SET title = $2, version = $3',
    [key, title, version],
  );
}

async function reads(): Promise<number> {
  const { rows } = await homes[0]!.master.primary.sql.query<{ n: number }>(
    'SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS n FROM page_reads',
  );
  return rows[0]!.n;
}

async function show(cache: AnswerCache, view: View, ask: Ask): Promise<string> {
  const { answer, tier } = await cache.read(view, ask);
  return `${tier} ${answer.body.toString()}`;
}

const page = (lifetimes?: Lifetimes, slowMs?: number) => new Page(homes[0]!, lifetimes, slowMs);

it('reads the database once, then Redis, then memory', async () => {
  const ask = await write('first');
  expect(await show(here, page(), ask)).toBe('l3 first');
  expect(await show(here, page(), ask)).toBe('l1 first');
  expect(await show(there, page(), ask)).toBe('l2 first');
  expect(await show(there, page(), ask)).toBe('l1 first');
});

it('keeps version and tag of an answer in Redis, and a body of any bytes', async () => {
  const ask = await write('Ä\n{"x":\t€}\n');
  const { answer } = await here.read(page(), ask);
  const { answer: other, tier } = await there.read(page(), ask);
  expect({ ...other, tier }).toEqual({ ...answer, keepMs: undefined, tier: 'l2' });
});

it('makes one reading of a thousand that miss at once, in two processes', async () => {
  const ask = await write('hot');
  const before = await reads();
  const view = page(LONG, 50);
  const asking = Array.from({ length: 1000 }, (_, n) => show(n % 2 ? here : there, view, ask));
  const shown = await Promise.all(asking);
  expect(new Set(shown.map((text) => text.slice(3)))).toEqual(new Set(['hot']));
  expect((await reads()) - before).toBe(1);
});

it('serves what is stale while one asks anew, once for both processes', async () => {
  const ask = await write('old');
  const short = { fresh: 1, stale: 60_000 };
  for (const cache of [here, there]) await show(cache, page({ ...LONG, memory: short, shared: short }), ask);
  await retitle(ask.key, 'new', 2);
  await sleep(5);
  const before = await reads();
  const view = page(LONG, 100);
  const shown = await Promise.all(
    Array.from({ length: 1000 }, (_, n) => show(n % 2 ? here : there, view, ask)),
  );
  expect(new Set(shown)).toEqual(new Set(['l1 old']));
  for (const cache of [here, there]) await until(async () => (await show(cache, view, ask)) === 'l1 new');
  expect((await reads()) - before).toBe(1);
});

it('remembers for a while that there is no such thing, and shows it as soon as there is', async () => {
  const ask = await write(null);
  const before = await reads();
  for (const cache of [here, here, there]) {
    await expect(show(cache, page(), ask)).rejects.toMatchObject({
      code: 'not_found',
      detail: 'There is no such page.',
    });
  }
  expect((await reads()) - before).toBe(1);
  await retitle(ask.key, 'there it is', 1);
  expect(await here.invalidate({ tags: ask.tags })).toBe(true);
  expect(await show(here, page(), ask)).toBe('l3 there it is');
});

it('keeps no failure', async () => {
  const ask = await write('works again');
  const broken: View = { name: 'broken', lifetimes: LONG, load: () => Promise.reject(new Error('away')) };
  await expect(here.read(broken, ask)).rejects.toThrow('away');
  expect(await show(there, page(), ask)).toBe('l3 works again');
});

it('shows nothing invalid in any process, by tag and by key', async () => {
  for (const what of ['tags', 'keys'] as const) {
    const ask = await write('before');
    const view = page();
    for (const cache of [here, there]) await show(cache, view, ask);
    await retitle(ask.key, 'after', 2);
    await here.invalidate(what === 'tags' ? { tags: ask.tags } : { keys: [ask.key] });
    expect(await show(here, view, ask)).toBe('l3 after');
    await until(async () => (await show(there, view, ask)) !== 'l1 before');
    expect((await show(there, view, ask)).slice(3)).toBe('after');
    // A replica may be behind what was just changed.
    if (what === 'tags') expect(view.currentReads).toBe(1);
  }
});

it('does not keep what became invalid while it was read', async () => {
  const ask = await write('before');
  const view = page(LONG, 300);
  const reading = show(here, view, ask);
  await sleep(100);
  await there.invalidate({ tags: ask.tags });
  await retitle(ask.key, 'after', 2);
  await reading;
  expect(await show(there, page(), ask)).toBe('l3 after');
  expect((await show(here, page(), ask)).slice(3)).toBe('after');
});

it('heals a lost message by the end of its life', async () => {
  const ask = await write('before');
  const view = page({ ...LONG, memory: { fresh: 200, stale: 0 }, shared: { fresh: 200, stale: 0 } });
  await show(here, view, ask);
  await retitle(ask.key, 'after', 2);
  await until(async () => (await show(here, view, ask)).endsWith('after'));
});

it('makes room for what is asked for, and counts what had to go', async () => {
  const before = here.statistics.hits.l3;
  const big: View = {
    name: 'big',
    lifetimes: LONG,
    load: ({ key }) => Promise.resolve({ version: 1, tag: `"${key}"`, body: Buffer.alloc(10 * 1024 * 1024) }),
  };
  for (let n = 0; n < 8; n++) await here.read(big, { key: `big.1:${n}`, tags: [] });
  const { bytes, evictions } = here.state;
  expect(here.statistics.hits.l3 - before).toBe(8);
  expect(bytes).toBeLessThanOrEqual(64 * 1024 * 1024);
  expect(evictions).toBeGreaterThanOrEqual(2);
});

describe('without Redis', () => {
  it.each([
    ['is frozen', () => redis.freeze(), () => redis.thaw()],
    ['is killed', () => redis.kill(), () => redis.restart()],
  ])(
    'goes on from memory and database while it %s, and comes back',
    async (_, away, back) => {
      const ask = await write('known');
      const other = await write('unknown');
      await show(here, page(), ask);
      await away();
      try {
        expect(await show(here, page(), ask)).toBe('l1 known');
        expect(await show(here, page(), other)).toBe('l3 unknown');
        expect(await show(here, page(), other)).toBe('l1 unknown');
        expect(await here.invalidate({ keys: [other.key] })).toBe(false);
        expect(await show(here, page(), other)).toBe('l3 unknown');
      } finally {
        await back();
      }
      await untilHeard();
      await until(async () => {
        const next = await write('next');
        await show(here, page(), next);
        return (await show(there, page(), next)).startsWith('l2');
      });
    },
    120_000,
  );

  it('loses nothing but time when it forgets everything', async () => {
    const ask = await write('known');
    await show(here, page(), ask);
    await client.flushall();
    expect(await show(there, page(), ask)).toBe('l3 known');
    expect(await here.invalidate({ tags: ask.tags })).toBe(true);
    expect(await show(here, page(), ask)).toBe('l3 known');
  });
});
