import { Injectable } from '@nestjs/common';
import type { DomainEvent } from '#libs/contracts';
import { newId, newMasterId } from '#libs/kernel';
import {
  type Delivery,
  type Effect,
  type Projection,
  append,
  appendOnMaster,
  readBacklog,
  readQueueStatistics,
} from '#libs/outbox';
import { Retention } from '#libs/relay';
import { Master, Shards, type Tx, unavailable } from '#libs/sharding';
import { currentTrace, renderMetrics } from '#libs/tracing';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { type OpenDatabases, openDatabases } from '../support/open.js';
import { appendOn, availability, eventually, startRelay } from '../support/relay.js';

type Availability = DomainEvent<'availability.changed'>;

/** Subjects that a consumer cannot take until the test lets it. */
const poison = new Set<string>();
/** How many times an effect finds a database away. */
let absences = 0;
/** How many DomainEvents each `apply` got. */
let batches: number[] = [];

/** Newest version and number of writes of each subject, as a projection keeps them. */
@Injectable()
class NewestWriter {
  async apply(tx: Tx, events: Availability[]): Promise<void> {
    batches.push(events.length);
    if (events.some((event) => poison.has(event.subject))) throw new Error('indigestible');
    await tx.query(
      `INSERT INTO newest AS old (subject, version, writes) SELECT *, 1 FROM unnest($1::uuid[], $2::bigint[])
       ON CONFLICT (subject) DO UPDATE SET version = excluded.version, writes = old.writes + 1
       WHERE old.version < excluded.version`,
      [events.map((e) => e.subject), events.map((e) => e.subjectVersion)],
    );
  }
}
const newest: Projection<'availability.changed'> = {
  name: 'newest',
  types: ['availability.changed'],
  use: NewestWriter,
};

/** An effect in our databases: counts, once a DomainEvent, beside the cause. */
@Injectable()
class CountOnce {
  constructor(private readonly shards: Shards) {}

  async run(event: Availability, delivery: Delivery): Promise<void> {
    if (absences > 0 && absences--) throw unavailable('shard-2');
    const shard = this.shards.all().find(({ name }) => name === delivery.database)!;
    await shard.transaction(async (tx) => {
      if (!(await delivery.firstTime(tx))) return;
      await tx.query('INSERT INTO effects (id, attempt, trace_id) VALUES ($1, $2, $3)', [
        event.id,
        delivery.attempt,
        currentTrace()?.traceId,
      ]);
    });
    if (poison.has(event.subject)) throw new Error('not told');
  }
}
const counted: Effect<'availability.changed'> = {
  name: 'counted',
  types: ['availability.changed'],
  attempts: 3,
  use: CountOnce,
};

const newestOf = async (master: Master) =>
  new Map(
    (
      await master.primary.sql.query<{ subject: string; version: number; writes: number }>(
        'SELECT * FROM newest',
      )
    ).rows.map((row) => [row.subject, row]),
  );

async function rowsOf(database: Master | ReturnType<Shards['get']>) {
  type Row = {
    id: string;
    subject: string;
    done: boolean;
    parked: boolean;
    attempts: number;
    last_error: string;
  };
  const { rows } = await database.primary.sql.query<Row>(
    `SELECT id, subject, done_at IS NOT NULL AS done, parked_at IS NOT NULL AS parked, attempts, last_error FROM outbox`,
  );
  return rows;
}

describe.each([18, 15] as const)('the relay on PostgreSQL %i', (postgres) => {
  let databases: TestDatabases;
  let relay: OpenDatabases | undefined;
  let observer: OpenDatabases;
  let master: Master;
  let shards: Shards;

  beforeAll(async () => {
    databases = await createDatabases({ postgres });
    observer = await openDatabases(databases.config);
    ({ master, shards } = observer);
    await master.primary.sql.query(
      'CREATE TABLE newest (subject uuid PRIMARY KEY, version bigint, writes integer)',
    );
    for (const shard of shards.all()) {
      await shard.primary.sql.query(
        'CREATE TABLE effects (id uuid PRIMARY KEY, attempt integer, trace_id text)',
      );
    }
  });
  afterAll(async () => {
    await observer.close();
    await databases.drop();
  });
  beforeEach(async () => {
    poison.clear();
    batches = [];
    await master.primary.sql.query('TRUNCATE newest, inbox, outbox');
    for (const shard of shards.all()) await shard.primary.sql.query('TRUNCATE outbox, inbox, effects');
  });
  afterEach(async () => {
    await relay?.close();
    relay = undefined;
  });

  const allDone = () =>
    eventually(
      async () => Promise.all([master, ...shards.all()].map((database) => rowsOf(database))),
      (all) => all.flat().every((row) => row.done),
    );

  it('brings what all databases announce to a projection, and marks it done', async () => {
    relay = await startRelay(databases.config, { projections: [newest] });
    const subjects = shards.all().map(() => newId(0));
    await Promise.all(shards.all().map((shard, i) => appendOn(shard, [availability(subjects[i]!, 7)])));
    const onMaster = newMasterId();
    await master.primary.prisma.$transaction((tx) =>
      appendOnMaster(tx, [{ ...availability(onMaster, 3), id: newMasterId() }]),
    );
    await allDone();
    const state = await newestOf(master);
    expect(subjects.map((subject) => state.get(subject)?.version)).toEqual([7, 7, 7, 7]);
    expect(state.get(onMaster)?.version).toBe(3);
  });

  it('gives a projection only the newest of a subject in a batch', async () => {
    const subject = newId(0);
    await appendOn(
      shards.get(1),
      [3, 1, 5, 2, 4].map((version) => availability(subject, version)),
    );
    relay = await startRelay(databases.config, { projections: [newest] });
    await allDone();
    expect(batches).toEqual([1]);
    expect((await newestOf(master)).get(subject)).toMatchObject({ version: 5, writes: 1 });
  });

  it('drops news that is older than what is known', async () => {
    const subject = newId(0);
    relay = await startRelay(databases.config, { projections: [newest] });
    await appendOn(shards.get(1), [availability(subject, 9)]);
    await allDone();
    await appendOn(shards.get(2), [availability(subject, 4)]);
    await allDone();
    expect((await newestOf(master)).get(subject)).toMatchObject({ version: 9, writes: 1 });
  });

  it('does not skip a row whose transaction commits after later ones', async () => {
    relay = await startRelay(databases.config, { projections: [newest] });
    const [late, ...others] = Array.from({ length: 20 }, () => newId(0));
    const shard = shards.get(1);
    await shard.transaction(async (tx) => {
      await append(tx, [availability(late!, 1)]);
      for (const subject of others) await appendOn(shard, [availability(subject, 1)]);
      await eventually(
        () => rowsOf(shard),
        (rows) => rows.length === 19 && rows.every((row) => row.done),
      );
      expect((await newestOf(master)).has(late!)).toBe(false);
    });
    await allDone();
    expect((await newestOf(master)).get(late!)?.version).toBe(1);
  });

  it('parks a row that a projection cannot take, alone and with its error', async () => {
    const [bad, ...good] = Array.from({ length: 30 }, () => newId(0));
    poison.add(bad!);
    await appendOn(
      shards.get(1),
      [bad!, ...good].map((subject) => availability(subject, 1)),
    );
    relay = await startRelay(databases.config, { projections: [newest] });
    const rows = await eventually(
      () => rowsOf(shards.get(1)),
      (all) => all.every((row) => row.done || row.parked),
    );
    expect(rows.filter((row) => row.parked)).toMatchObject([
      { subject: bad, attempts: 4, last_error: 'newest: indigestible', done: false },
    ]);
    expect([...(await newestOf(master)).keys()].sort()).toEqual(good.sort());
    expect(await readBacklog(shards.get(1))).toEqual({ pending: 0, parked: 1, oldestSeconds: null });
  });

  it('runs an effect once in its database, and confirms it', async () => {
    relay = await startRelay(databases.config, { projections: [newest], effects: [counted] });
    const events = Array.from({ length: 40 }, (_, i) => availability(newId(0), i + 1));
    await appendOn(shards.get(3), events);
    await allDone();
    const { rows } = await shards.get(3).primary.sql.query<{ id: string }>('SELECT id FROM effects');
    expect(rows.map((row) => row.id).sort()).toEqual(events.map((event) => event.id).sort());
  });

  it('runs an effect in the trace of its cause', async () => {
    relay = await startRelay(databases.config, { effects: [counted] });
    const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await appendOn(shards.get(1), [{ ...availability(newId(0), 1), trace }]);
    await allDone();
    const { rows } = await shards
      .get(1)
      .primary.sql.query<{ trace_id: string }>('SELECT trace_id FROM effects');
    expect(rows).toEqual([{ trace_id: '4bf92f3577b34da6a3ce929d0e0e4736' }]);
  });

  it('parks an effect after its attempts, whose transaction has happened once', async () => {
    const [good, bad] = [availability(newId(0), 1), availability(newId(0), 1)];
    poison.add(bad.subject);
    relay = await startRelay(databases.config, { effects: [counted] });
    await appendOn(shards.get(2), [good, bad]);
    const rows = await eventually(
      () => rowsOf(shards.get(2)),
      (all) => all.every((row) => row.done || row.parked),
    );
    expect(rows.find((row) => row.id === bad.id)).toMatchObject({
      parked: true,
      last_error: 'counted: not told',
    });
    expect(rows.find((row) => row.id === good.id)).toMatchObject({ done: true });
    const effects = await shards
      .get(2)
      .primary.sql.query<{ id: string; attempt: number }>('SELECT id, attempt FROM effects');
    expect(effects.rows.find((row) => row.id === bad.id)).toEqual({ id: bad.id, attempt: 1 });
  });

  it('changes nothing when news comes again because its confirmation was lost', async () => {
    relay = await startRelay(databases.config, { projections: [newest], effects: [counted] });
    const events = Array.from({ length: 5 }, (_, i) => availability(newId(0), i + 1));
    await appendOn(shards.get(2), events);
    await allDone();
    const applied = batches.length;
    await shards
      .get(2)
      .primary.sql.query(`UPDATE outbox SET done_at = NULL, confirmed = '{}', due_at = now()`);
    await allDone();
    expect(batches).toHaveLength(applied);
    const { rows } = await shards.get(2).primary.sql.query<{ id: string }>('SELECT id FROM effects');
    expect(rows).toHaveLength(5);
  });

  it('does not count an effect that failed because something was away', async () => {
    absences = 5;
    relay = await startRelay(databases.config, { effects: [counted] });
    await appendOn(shards.get(2), [availability(newId(0), 1)]);
    await allDone();
    expect(absences).toBe(0);
    expect(await rowsOf(shards.get(2))).toMatchObject([{ done: true, parked: false, attempts: 0 }]);
  });

  it('is done with what nobody waits for', async () => {
    relay = await startRelay(databases.config, {});
    await appendOn(shards.get(1), [availability(newId(0), 1)]);
    await allDone();
  });

  it('gives a consumer that is added later what is not done yet', async () => {
    relay = await startRelay(databases.config, { projections: [newest] });
    const [before, waiting] = [availability(newId(0), 1), availability(newId(0), 2)];
    await appendOn(shards.get(1), [before]);
    await allDone();
    poison.add(waiting.subject);
    await appendOn(shards.get(1), [waiting]);
    await eventually(
      () => rowsOf(shards.get(1)),
      (rows) => rows.some((row) => row.last_error !== null),
    );
    await relay.close();
    poison.clear();

    relay = await startRelay(databases.config, { projections: [newest], effects: [counted] });
    await shards.get(1).primary.sql.query('UPDATE outbox SET parked_at = NULL, due_at = now()');
    await allDone();
    const effects = await shards.get(1).primary.sql.query<{ id: string }>('SELECT id FROM effects');
    expect(effects.rows).toEqual([{ id: waiting.id }]);
  });

  it('shares the work between two workers, and each row is taken once', async () => {
    const events = Array.from({ length: 3000 }, (_, i) => availability(newId(0), i + 1));
    await appendOn(shards.get(1), events);
    relay = await startRelay(databases.config, {
      projections: [newest],
      pace: { batch: 100, redispatchMs: 20_000 },
    });
    const second = await startRelay(databases.config, {
      projections: [newest],
      pace: { batch: 100, redispatchMs: 20_000 },
    });
    try {
      await allDone();
    } finally {
      await second.close();
    }
    expect(batches.reduce((sum, size) => sum + size, 0)).toBe(3000);
    expect((await newestOf(master)).size).toBe(3000);
  });

  it('tells how much waits in the outboxes and in the queues', async () => {
    await shards.get(1).primary.sql.query(
      `INSERT INTO outbox (id, type, subject, subject_version, payload, created_at, due_at)
       SELECT gen_random_uuid(), 'event.deleted', gen_random_uuid(), 1, '{}', now() - interval '90 s', now() + interval '1 h'
       FROM generate_series(1, 3)`,
    );
    relay = await startRelay(databases.config, { effects: [counted] });
    const { text } = await renderMetrics();
    expect(text).toContain('outbox_pending{database="shard-1"} 3');
    expect(text).toContain('outbox_parked{database="master"} 0');
    const backlog = await readBacklog(shards.get(1));
    expect(backlog).toMatchObject({ pending: 3, parked: 0 });
    expect(backlog.oldestSeconds).toBeGreaterThanOrEqual(90);
    const counts = await eventually(
      () => readQueueStatistics(master),
      (queues) => queues.length > 0,
    );
    expect(counts).toMatchObject([{ queue: 'counted', waiting: 0, active: 0, delayed: 0 }]);
    await shards.get(1).primary.sql.query('TRUNCATE outbox');
  });

  it('drops rows that are done, answered or remembered long enough, and no others', async () => {
    relay = await startRelay(databases.config, {
      projections: [newest],
      retention: [{ on: 'shards', table: 'idempotency', column: 'created_at', keepHours: 48 }],
    });
    const sql = shards.get(1).primary.sql;
    await appendOn(shards.get(1), [
      availability(newId(0), 1),
      availability(newId(0), 1),
      availability(newId(0), 1),
    ]);
    await allDone();
    const { rows } = await sql.query<{ id: string }>('SELECT id FROM outbox');
    const [old, young, undone] = rows.map((row) => row.id);
    await sql.query(`UPDATE outbox SET done_at = now() - interval '25 hours' WHERE id = $1`, [old]);
    await sql.query(
      `UPDATE outbox SET done_at = NULL, created_at = now() - interval '9 days', due_at = now() + interval '1 day' WHERE id = $1`,
      [undone],
    );
    await sql.query(
      `INSERT INTO idempotency (slot, caller, key, fingerprint, status, answer, created_at)
       SELECT 0, gen_random_uuid(), age, '', 201, '{}', now() - age::interval FROM unnest(ARRAY['49 hours', '47 hours']) AS age`,
    );
    await master.primary.sql.query(
      `UPDATE inbox SET created_at = now() - interval '49 hours' WHERE domain_event_id = $1`,
      [old],
    );
    await relay.module.get(Retention, { strict: false }).run();
    expect((await sql.query('SELECT id FROM outbox')).rows.map((row) => row.id).sort()).toEqual(
      [young, undone].sort(),
    );
    expect((await sql.query('SELECT key FROM idempotency')).rows).toEqual([{ key: '47 hours' }]);
    expect((await master.primary.sql.query('SELECT FROM inbox')).rowCount).toBe(2);
    await sql.query('TRUNCATE idempotency, outbox');
  });
});
