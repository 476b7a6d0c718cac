import { Injectable } from '@nestjs/common';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Child, type PostgresServer, type RedisServer } from '../../apps/cli/src/local-stack/index.js';
import type { DomainEvent } from '#libs/contracts';
import { newId } from '#libs/kernel';
import type { Delivery, Effect, Projection } from '#libs/outbox';
import { Shards, type Tx } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { type OpenDatabases, openDatabases } from '../support/open.js';
import { appendOn, availability, eventually, startRelay } from '../support/relay.js';
import { ownPostgres, ownRedis } from '../support/servers.js';

type Availability = DomainEvent<'availability.changed'>;

async function startWorker(env: Record<string, string>): Promise<Child> {
  const script = 'test/chaos/relay.worker.mjs';
  const child = await Child.start({
    command: process.execPath,
    args: [script],
    env: { PATH: process.env.PATH, ...env },
  });
  let errors = '';
  child.process.stderr!.on('data', (data: Buffer) => (errors += data.toString()));
  const ready = once(child.process.stdout!, 'data');
  await Promise.race([
    ready,
    child.ended.then((how) => {
      throw new Error(`the worker ended with ${how} (is dist/ built?): ${errors.slice(-2000)}`);
    }),
  ]);
  return child;
}

describe('a worker that is killed', () => {
  let databases: TestDatabases;
  let open: OpenDatabases;
  const workers: Child[] = [];

  beforeAll(async () => {
    databases = await createDatabases();
    open = await openDatabases(databases.config);
    await open.master.primary.sql.query('CREATE TABLE projected (id uuid PRIMARY KEY, times integer)');
    for (const shard of open.shards.all()) {
      await shard.primary.sql.query('CREATE TABLE begun (id uuid PRIMARY KEY, times integer)');
      await shard.primary.sql.query('CREATE TABLE done (id uuid PRIMARY KEY, times integer)');
    }
  });
  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.stop(['SIGTERM', 30_000])));
  });
  afterAll(async () => {
    await open.close();
    await databases.drop();
  });

  const count = async (table: string) => {
    const from = table === 'projected' ? [open.master] : open.shards.all();
    const parts = await Promise.all(
      from.map((d) => d.primary.sql.query<{ id: string; times: number }>(`SELECT id, times FROM ${table}`)),
    );
    return parts.flatMap((part) => part.rows);
  };

  const undone = async () => {
    const parts = await Promise.all(
      open.shards.all().map((d) => d.primary.sql.query('SELECT FROM outbox WHERE done_at IS NULL')),
    );
    return parts.reduce((sum, part) => sum + part.rowCount!, 0);
  };

  it('loses nothing and repeats nothing in effect, also beside a second worker', async () => {
    const ids: string[] = [];
    for (const shard of open.shards.all()) {
      const events = Array.from({ length: 300 }, (_, i) => availability(newId(0), i + 1));
      ids.push(...events.map((event) => event.id));
      await appendOn(shard, events);
    }
    workers.push(await startWorker(databases.env));
    let kills = 0;
    for (let round = 1; round <= 3; round++) {
      const victim = await startWorker(databases.env);
      const before = (await count('done')).length;
      await eventually(
        () => count('done'),
        (rows) => rows.length >= Math.min(before + 100, 1200),
      );
      if ((await undone()) > 0) kills++;
      await victim.stop();
    }
    expect(kills).toBeGreaterThan(0);
    await eventually(undone, (rows) => rows === 0);
    ids.sort();
    for (const table of ['projected', 'done']) {
      const rows = await count(table);
      expect(rows.map((row) => row.id).sort()).toEqual(ids);
      expect(rows.filter((row) => row.times !== 1)).toEqual([]);
    }
  });

  it('ends with status 0 on SIGTERM, after what it was doing', async () => {
    const shard = open.shards.get(2);
    await appendOn(
      shard,
      Array.from({ length: 300 }, (_, i) => availability(newId(0), i + 1)),
    );
    const worker = await startWorker(databases.env);
    const before = (await count('done')).length;
    await eventually(
      () => count('done'),
      (rows) => rows.length > before + 20,
    );
    expect(await worker.stop(['SIGTERM', 30_000])).toBe('exit status 0');
    // Each effect that was begun has also taken place: none was cut off.
    const { rows } = await shard.primary.sql.query('SELECT id FROM begun EXCEPT SELECT id FROM done');
    expect(rows).toEqual([]);
    workers.push(await startWorker(databases.env));
    await eventually(undone, (left) => left === 0);
  });
});

/** Effects wait at this gate, and the count says how often each took place. */
let gate: Promise<void> = Promise.resolve();
const told = new Map<string, number>();

@Injectable()
class Teller {
  async run(event: Availability, _delivery: Delivery): Promise<void> {
    await gate;
    told.set(event.id, (told.get(event.id) ?? 0) + 1);
  }
}
const teller: Effect<'availability.changed'> = {
  name: 'teller',
  types: ['availability.changed'],
  concurrency: 1,
  use: Teller,
};

@Injectable()
class Lister {
  async apply(tx: Tx, events: Availability[]): Promise<void> {
    await tx.query('INSERT INTO listed SELECT * FROM unnest($1::uuid[])', [events.map((event) => event.id)]);
  }
}
const lister: Projection<'availability.changed'> = {
  name: 'lister',
  types: ['availability.changed'],
  use: Lister,
};

describe('a relay whose surroundings go away', () => {
  let redis: RedisServer;
  let masterServer: PostgresServer;
  let shardServer: PostgresServer;
  let databases: TestDatabases;
  let open: OpenDatabases;
  let relay: OpenDatabases | undefined;

  beforeAll(async () => {
    [redis, masterServer, shardServer] = await Promise.all([
      ownRedis(),
      ownPostgres({ version: 18 }),
      ownPostgres({ version: 15 }),
    ]);
    databases = await createDatabases({
      on: { master: masterServer, shard_4: shardServer },
      redisUrl: redis.url(),
    });
    open = await openDatabases(databases.config);
    await open.master.primary.sql.query('CREATE TABLE listed (id uuid PRIMARY KEY)');
  });
  beforeEach(() => {
    told.clear();
    gate = Promise.resolve();
  });
  afterEach(async () => {
    await relay?.close();
    relay = undefined;
  });
  afterAll(async () => {
    await open.close();
    await databases.drop();
    await Promise.all([redis.stop(), masterServer.stop(), shardServer.stop()]);
  });

  const start = async () => {
    relay = await startRelay(databases.config, { projections: [lister], effects: [teller] });
  };
  const some = (n: number) => Array.from({ length: n }, (_, i) => availability(newId(0), i + 1));
  const idsOf = (events: { id: string }[]) => events.map((event) => event.id).sort();
  const listedOf = async (events: Availability[]) => {
    const found = await open.master.primary.sql.query<{ id: string }>(
      'SELECT id FROM listed WHERE id = ANY($1)',
      [idsOf(events)],
    );
    return idsOf(found.rows);
  };
  const stateOf = async (shard: ReturnType<Shards['get']>) => {
    type Row = { done: boolean; parked: boolean; attempts: number; confirmed: string[] };
    const { rows } = await shard.primary.sql.query<Row>(
      `SELECT done_at IS NOT NULL AS done, parked_at IS NOT NULL AS parked, attempts, confirmed FROM outbox`,
    );
    return rows;
  };
  const allDone = (shard: ReturnType<Shards['get']>) =>
    eventually(
      () => stateOf(shard),
      (rows) => rows.every((row) => row.done),
    );

  it('runs every effect although Redis was flushed after they were queued', async () => {
    let release = () => {};
    gate = new Promise((resolve) => (release = resolve));
    const events = some(50);
    await appendOn(open.shards.get(1), events);
    await start();
    const client = new Redis(redis.url());
    await eventually(
      () => client.llen('bull:teller:wait'),
      (waiting) => waiting === 49,
    );
    await client.flushall();
    expect(await client.llen('bull:teller:wait')).toBe(0);
    await client.quit();
    release();
    await allDone(open.shards.get(1));
    expect([...told.keys()].sort()).toEqual(idsOf(events));
  });

  it('runs an effect whose job Redis forgot while a worker fetched it', async () => {
    await start();
    const events = some(1);
    const job = `teller:${events[0]!.id}`;
    const client = new Redis(redis.url());
    // The worker learns the job's id, when Redis has nothing else of it any more; what Bull writes then is not a job.
    await client.lpush('bull:teller:wait', job);
    await eventually(
      () => client.hget(`bull:teller:${job}`, 'failedReason'),
      (reason) => reason !== null,
    );
    await client.quit();
    await appendOn(open.shards.get(1), events);
    await allDone(open.shards.get(1));
    expect([...told]).toEqual([[events[0]!.id, 1]]);
  });

  it('goes on with projections while Redis is away, and runs the effects when it is back', async () => {
    await start();
    await redis.kill();
    const events = some(20);
    await appendOn(open.shards.get(2), events);
    await eventually(
      () => listedOf(events),
      (listed) => listed.length === 20,
    );
    expect(told.size).toBe(0);
    await redis.restart();
    await allDone(open.shards.get(2));
    expect([...told.keys()].sort()).toEqual(idsOf(events));
  });

  it('starts and ends without Redis', async () => {
    await redis.kill();
    const events = some(5);
    try {
      await start();
      await appendOn(open.shards.get(2), events);
      await eventually(
        () => listedOf(events),
        (listed) => listed.length === 5,
      );
      const began = performance.now();
      await relay!.close();
      relay = undefined;
      expect(performance.now() - began).toBeLessThan(15_000);
    } finally {
      await redis.restart();
    }
    await start();
    await allDone(open.shards.get(2));
    expect([...told.keys()].sort()).toEqual(idsOf(events));
  });

  it('goes on with projections while Redis is frozen', async () => {
    await start();
    redis.freeze();
    try {
      const events = some(20);
      await appendOn(open.shards.get(2), events);
      await eventually(
        () => listedOf(events),
        (listed) => listed.length === 20,
      );
      expect(told.size).toBe(0);
    } finally {
      redis.thaw();
    }
    await allDone(open.shards.get(2));
    expect(told.size).toBe(20);
  });

  it('waits for the master while shards write, goes on with effects, and counts nothing as a failure', async () => {
    await start();
    await masterServer.kill();
    const events = some(30);
    try {
      await appendOn(open.shards.get(3), events);
      await eventually(
        async () => told.size,
        (size) => size === 30,
      );
      // Longer than a row's tries would last.
      await sleep(3000);
      const rows = await stateOf(open.shards.get(3));
      expect(rows.map(({ done, parked, attempts }) => ({ done, parked, attempts }))).toEqual(
        events.map(() => ({ done: false, parked: false, attempts: 0 })),
      );
    } finally {
      await masterServer.restart();
    }
    await allDone(open.shards.get(3));
    expect(await listedOf(events)).toEqual(idsOf(events));
    expect([...told.values()].every((times) => times === 1)).toBe(true);
  });

  it('reads the other shards while one is away, and that one when it is back', async () => {
    const before = some(10);
    await appendOn(open.shards.get(4), before);
    await shardServer.kill();
    const events = some(10);
    try {
      await start();
      await appendOn(open.shards.get(1), events);
      await allDone(open.shards.get(1));
      expect(await listedOf([...events, ...before])).toEqual(idsOf(events));
    } finally {
      await shardServer.restart();
    }
    await eventually(
      () => stateOf(open.shards.get(4)).catch(() => []),
      (rows) => rows.length > 0 && rows.every((row) => row.done),
    );
    expect(await listedOf(before)).toEqual(idsOf(before));
  });
});
