import { Injectable } from '@nestjs/common';
import type { DomainEvent } from '#libs/contracts';
import { newId } from '#libs/kernel';
import type { Broadcast, Effect, Projection } from '#libs/outbox';
import type { Tx } from '#libs/sharding';
import { Shards } from '#libs/sharding';
import { type SpanRecord, currentTraceparent, spansOf, tracesOf } from '#libs/tracing';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { type OpenDatabases, openDatabases } from '../support/open.js';
import { appendOn, availability, eventually, startRelay } from '../support/relay.js';

type Availability = DomainEvent<'availability.changed'>;
const types = ['availability.changed'] as const;

/** Subjects that the projection cannot take. */
const poison = new Set<string>();

@Injectable()
class Noting {
  async apply(tx: Tx, events: Availability[]): Promise<void> {
    if (events.some((event) => poison.has(event.subject))) throw new Error('indigestible');
    await tx.query('UPDATE noted SET times = times + $1', [events.length]);
  }
}
const noting: Projection<'availability.changed'> = { name: 'noting', types, use: Noting };

@Injectable()
class Telling {
  async tell(): Promise<void> {
    // Longer than a pass waits for it (25 ms): confirmed and recorded by itself.
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
}
const telling: Broadcast<'availability.changed'> = { name: 'telling', types, use: Telling };

/** Traces as the effect's own DomainEvents would carry them on, by subject. */
const goingOn = new Map<string, string | null>();

@Injectable()
class Mailing {
  constructor(private readonly shards: Shards) {}

  async run(event: Availability): Promise<void> {
    goingOn.set(event.subject, currentTraceparent());
    await this.shards.get(1).primary.sql.query('SELECT 1');
  }
}
const mailing: Effect<'availability.changed'> = { name: 'mailing', types, use: Mailing };

let databases: TestDatabases;
let observer: OpenDatabases;
let relay: OpenDatabases;
let count = 0;

/** A new trace id, with a cause in it. */
function cause(sampled = true): { traceId: string; spanId: string; trace: string } {
  const traceId = String(++count).padStart(32, 'a');
  const spanId = String(count).padStart(16, 'c');
  return { traceId, spanId, trace: `00-${traceId}-${spanId}-${sampled ? '01' : '00'}` };
}

const news = (trace: string): Availability => ({ ...availability(newId(0), 1), trace });

/** What was recorded of a trace once it has so many jobs. */
async function recorded(traceId: string, jobs: number): Promise<SpanRecord[]> {
  const found = await eventually(
    () => Promise.resolve(tracesOf(traceId)),
    (all) => all.length >= jobs,
  );
  expect(found.map(({ kind }) => kind)).toEqual(found.map(() => 'consumer'));
  return found.flatMap(spansOf);
}

beforeAll(async () => {
  databases = await createDatabases();
  observer = await openDatabases(databases.config);
  await observer.master.primary.sql.query('CREATE TABLE noted AS SELECT 0 AS times');
  relay = await startRelay(databases.config, {
    projections: [noting],
    effects: [mailing],
    broadcasts: [telling],
    // On a busy machine half a second is soon over, and a row that comes again is one more job of its trace.
    pace: { redispatchMs: 20_000 },
  });
});
afterAll(async () => {
  await relay?.close();
  await observer.close();
  await databases.drop();
});

it('shows the way of a DomainEvent: outbox, relay with its consumers, queue, effect', async () => {
  const { traceId, spanId, trace } = cause();
  const event = news(trace);
  await appendOn(observer.shards.get(1), [event]);
  const spans = await recorded(traceId, 2);
  const named = (name: string) => spans.find((span) => span.name === name)!;

  const job = named('relay availability.changed');
  expect(job).toMatchObject({
    ...{ parentSpanId: spanId, kind: 'consumer', failed: false },
    attributes: { 'evently.database': 'shard-1', 'messaging.message.id': event.id },
  });
  for (const part of ['outbox wait', 'claim', 'project noting', 'enqueue mailing', 'tell telling', 'settle'])
    expect({ part, parent: named(part)?.parentSpanId }).toEqual({ part, parent: job.spanId });
  expect(named('enqueue mailing').kind).toBe('producer');
  // Late as it is, its whole time is told.
  expect(named('tell telling').endedAt - named('tell telling').startedAt).toBeGreaterThan(55);
  expect(named('UPDATE noted').parentSpanId).toBe(named('project noting').spanId);

  const effect = named('effect mailing');
  expect(effect).toMatchObject({ parentSpanId: named('enqueue mailing').spanId, failed: false });
  expect(named('queue wait').parentSpanId).toBe(effect.spanId);
  expect(
    spans.filter(({ name, parentSpanId }) => name === 'SELECT' && parentSpanId === effect.spanId),
  ).toHaveLength(1);
  expect(goingOn.get(event.subject)).toBe(`00-${traceId}-${effect.spanId}-01`);
});

it('gives the spans of a batch ids of their own in each of its traces, also within one trace', async () => {
  const [first, second] = [cause(), cause()];
  // One request that wrote twice, and another one: all in one batch.
  await appendOn(observer.shards.get(2), [news(first.trace), news(first.trace), news(second.trace)]);
  const spans = [...(await recorded(first.traceId, 4)), ...(await recorded(second.traceId, 2))];
  const jobs = spans.filter(({ name }) => name === 'relay availability.changed');
  expect(jobs.map(({ parentSpanId }) => parentSpanId).sort()).toEqual(
    [first.spanId, first.spanId, second.spanId].sort(),
  );
  const ids = spans.map(({ spanId }) => spanId);
  expect(new Set(ids).size).toBe(ids.length);
  const known = new Set([...ids, first.spanId, second.spanId]);
  expect(spans.filter(({ parentSpanId }) => !known.has(parentSpanId!))).toEqual([]);
  const enqueued = spans.filter(({ name }) => name === 'enqueue mailing').map(({ spanId }) => spanId);
  const effects = spans.filter(({ name }) => name === 'effect mailing');
  expect(effects.map(({ parentSpanId }) => parentSpanId).sort()).toEqual(enqueued.sort());
});

it('records what fails, whether it is a sample or not', async () => {
  const { traceId, trace } = cause(false);
  const event = news(trace);
  poison.add(event.subject);
  await appendOn(observer.shards.get(1), [event]);
  await eventually(
    () => Promise.resolve(tracesOf(traceId)),
    (jobs) => jobs.some(({ name, failed }) => name === 'relay availability.changed' && failed),
  );
  poison.clear();
});

it('samples the jobs that one request may cause by the thousand', async () => {
  const { traceId, trace } = cause();
  const many = Array.from({ length: 200 }, () => news(trace));
  await appendOn(observer.shards.get(3), many);
  await eventually(
    async () => {
      const undone = 'SELECT FROM outbox WHERE done_at IS NULL';
      return (await observer.shards.get(3).primary.sql.query(undone)).rowCount;
    },
    (undone) => undone === 0,
  );
  const jobs = tracesOf(traceId).filter(({ name }) => name === 'relay availability.changed');
  const seconds = Math.ceil(
    (Math.max(...jobs.map(({ endedAt }) => endedAt)) - jobs[0]!.trace.startedAt) / 1000,
  );
  // The tests before may have had some of the first second's.
  expect(jobs.length).toBeGreaterThan(25);
  expect(jobs.length).toBeLessThanOrEqual(50 * (seconds + 1));
});
