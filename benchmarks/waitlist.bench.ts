import { setTimeout as sleep } from 'node:timers/promises';
import { LiveClient } from '../test/support/live.client.js';
import { countSold } from '../test/support/sale.js';
import { TestProcess } from '../test/support/stack.js';
import { RedisConnection, RedisLink } from '#libs/caching';
import { type EntryRecord, InventoryService, Lanes } from '#libs/inventory';
import { Tokens, type User } from '#libs/identity';
import { formatId, newMasterId } from '#libs/kernel';
import type { Shards } from '#libs/sharding';
import { ListMirror } from '#libs/waitlist';
import { startApi } from './harness/api.js';
import { type Benchmark, type Context, type Findings, type Row, bar } from './harness/benchmark.js';
import { openSales } from './harness/sales.js';
import type { Servers } from './harness/servers.js';
import { percentile } from './harness/statistics.js';
import { openShards } from './harness/strategies.run.js';

/** Places freed at once, and offered. */
const PLACES = 500;
const CLIENTS = 128;
const PATIENCE_MS = 300_000;

export default {
  asks: 'A list of 100,000: how fast is it joined, how fast is a position read, how soon do 500 freed places reach whom they are for?',
  run,
} satisfies Benchmark;

async function run(context: Context): Promise<Findings> {
  const { quick, say, defer } = context;
  const size = quick
    ? { entries: 10_000, rounds: 1, watchers: 50 }
    : { entries: 100_000, rounds: 3, watchers: 200 };
  const servers = await context.servers();
  const shards = await openShards(servers.config, defer);
  const lanes = new Lanes(shards, servers.config);
  defer(() => lanes.onApplicationShutdown());
  const inventory = new InventoryService(shards, lanes);
  const connections = [new RedisConnection(servers.config), new RedisLink(servers.config)] as const;
  defer(() => Promise.resolve(connections.forEach((connection) => connection.onApplicationShutdown())));
  const mirror = new ListMirror(...connections, shards);
  const worker = await TestProcess.start('worker', servers.env);
  defer(() => worker.stop());
  const { url } = await startApi(servers, 'lane', { poolSize: 1, connections: 1 }, defer);

  const [sale] = await openSales(shards, [0], PLACES);
  const [eventId, typeId] = [sale!.eventId, sale!.typeIds[0]!];
  const ask = { ticketTypeId: typeId, quantity: 1 };
  let bookings: { id: string; eventId: string }[] = [];
  await each(PLACES, async () => {
    bookings.push((await inventory.book(eventId, newMasterId(), [ask], null)).booking);
  });

  const entries: EntryRecord[] = [];
  const joining = await timed(size.entries, CLIENTS, async () => {
    entries.push((await inventory.join(eventId, newMasterId(), ask, null)).entry);
  });
  entries.sort((a, b) => a.joined - b.joined);
  say(`${entries.length} joined in ${(joining.ms / 1000).toFixed(1)} s`);
  await mirror.build(typeId);
  const reads = quick ? 500 : 2000;
  const anybody = () => entries[Math.floor(Math.random() * entries.length)]!.id;
  const byRedis = await timed(reads, 1, async () => {
    if (!(await mirror.positions(typeId, [anybody()]))?.positions[0]) throw new Error('no position');
  });
  const bySql = await timed(Math.min(reads, 500), 1, () => positionBySql(shards, anybody()));
  await drained(shards);
  say('the news of the joins are told');

  const faults: string[] = [];
  const offers: number[] = [];
  const moves: number[] = [];
  const whole: number[] = [];
  let cpuMicros = 0;
  for (let round = 0; round < size.rounds; round++) {
    const [next, rest] = [entries.splice(0, PLACES), entries];
    // Places that a hundredth or more of the position are: these hear of them at once.
    const near = rest.slice(0, Math.min(rest.length, 90 * PLACES));
    const watched = Array.from({ length: size.watchers }, (_, i) => {
      return near[Math.floor((i * near.length) / size.watchers)]!;
    });
    const follow = async (entry: EntryRecord) => {
      const client = await LiveClient.open(url, `?token=${await signToken(servers, entry.userId)}`);
      const topic = `waitlist:${formatId('waitlistEntry', entry.id)}`;
      await client.subscribe([topic]);
      return { entry, client };
    };
    const owners = await inTurns(next, follow);
    const watchers = await inTurns(watched, follow);
    await heardPositions(watchers);
    const before = process.cpuUsage();
    const begun = Date.now();
    const told = Promise.all([
      ...owners.map(({ client }) => whenTold(client, (frame) => frame.event === 'waitlist.offered')),
    ]);
    const moved = Promise.all(
      watchers.map(({ client, entry }) => {
        const position = rest.indexOf(entry) + 1;
        return whenTold(
          client,
          ({ event, data }) => event === 'waitlist.position' && data.position === position,
        );
      }),
    );
    await each(PLACES, (i) => inventory.cancel(bookings[i]!, { late: false, reason: null }, null));
    const committed = Date.now();
    const times = await told;
    const { user, system } = process.cpuUsage(before);
    cpuMicros += (user + system) / PLACES / size.rounds;
    const at = await offeredAt(shards, next);
    offers.push(...next.map(({ id }, i) => times[i]! - (at.get(id) ?? NaN)));
    whole.push(Math.max(...times) - committed);
    moves.push(...(await moved).map((time) => time - begun));
    say(`round ${round + 1}: all told ${Math.max(...times) - committed} ms after the last commit`);
    if (at.size !== PLACES) faults.push(`${at.size} of the first ${PLACES} entries have offers`);
    faults.push(...(await faultsOf(shards, mirror, typeId, eventId)));
    for (const { client } of [...owners, ...watchers]) await client.close();
    bookings = [];
    await each(PLACES, async (i) => {
      bookings.push((await inventory.accept(next[i]!, null)).booking);
    });
  }
  const rows = [
    rowOf('join', joining),
    rowOf('position, Redis', byRedis),
    rowOf('position, SQL', bySql),
    { ...rowOf('offer told', { ms: whole.reduce((sum, ms) => sum + ms, 0), latencies: offers }), cpuMicros },
    { ...rowOf('position told', { ms: Math.max(...moves), latencies: moves }), cpuMicros },
  ];
  return {
    rows,
    ratios: { positionSqlToRedis: rows[2]!.cpuMicros && rows[2]!.p50Ms / rows[1]!.p50Ms },
    bars: [bar('ms from an offer until it is told, p99', '<=', 1000, rows[3]!.p99Ms)],
    faults,
    checked: { offers: offers.length, positions: moves.length, entries: size.entries },
    setting: {
      ...size,
      places: PLACES,
      join: `${CLIENTS} clients, in process`,
      position: 'one reader; entries anywhere in the list; SQL counts who is before them',
      offerTold: `${PLACES} bookings canceled at once; from the time of the lane's batch until the owner's socket has it`,
      positionTold:
        'from the first cancellation until a follower whose position moved by a hundredth or more has the new one',
      cpu: 'of this process, which has the lane and all clients',
    },
  };
}

interface Timed {
  ms: number;
  latencies: number[];
  cpuMicros?: number;
}

/** So many calls by so many at once. */
async function timed(count: number, clients: number, call: () => Promise<unknown>): Promise<Timed> {
  const latencies: number[] = [];
  const cpu = process.cpuUsage();
  const begun = performance.now();
  let left = count;
  const client = async () => {
    while (left-- > 0) {
      const since = performance.now();
      await call();
      latencies.push(performance.now() - since);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const { user, system } = process.cpuUsage(cpu);
  return { ms: performance.now() - begun, latencies, cpuMicros: (user + system) / count };
}

function rowOf(strategy: string, { ms, latencies, cpuMicros = 0 }: Timed): Row {
  const sorted = Float64Array.from(latencies).sort();
  return {
    strategy,
    perSecond: (1000 * latencies.length) / ms,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    cpuMicros,
  };
}

const each = (count: number, call: (i: number) => Promise<unknown>) =>
  Promise.all(Array.from({ length: count }, (_, i) => call(i)));

async function inTurns<T, R>(all: readonly T[], make: (one: T) => Promise<R>): Promise<R[]> {
  const made: R[] = [];
  for (let i = 0; i < all.length; i += 50) made.push(...(await Promise.all(all.slice(i, i + 50).map(make))));
  return made;
}

/** The access token of somebody who attends. */
function signToken({ config }: Servers, id: string): Promise<string> {
  const [createdAt, updatedAt] = [new Date(), new Date()];
  const profile = { email: '', name: '', phone: null, locale: 'en', channels: {} as User['channels'] };
  const user: User = {
    id,
    role: 'attendee',
    organizationId: null,
    version: 1,
    createdAt,
    updatedAt,
    ...profile,
  };
  return new Tokens(config).signAccess(user, newMasterId());
}

type Frame = LiveClient['frames'][number];

async function whenTold(client: LiveClient, holds: (frame: Frame) => boolean): Promise<number> {
  await client.until(holds);
  return Date.now();
}

async function heardPositions(followers: readonly { client: LiveClient }[]): Promise<void> {
  await Promise.all(followers.map(({ client }) => client.heard('waitlist.position')));
}

// In: an entry. Out: how many of its list stand up to and with it.
const POSITION = `
  SELECT count(*)::integer AS position FROM waitlist_entries AS e JOIN waitlist_entries AS b
    ON b.ticket_type_id = e.ticket_type_id AND b.status = 'waiting' AND b.rank <= e.rank WHERE e.id = $1`;

async function positionBySql(shards: Shards, entryId: string): Promise<number> {
  const { rows } = await shards
    .ofId(entryId)
    .primary.sql.query<{ position: number }>({ name: 'position', text: POSITION, values: [entryId] });
  return rows[0]!.position;
}

async function drained(shards: Shards): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(250)) {
    const { rows } = await shards
      .ofSlot(0)
      .primary.sql.query<{ pending: number }>(
        'SELECT count(*)::integer AS pending FROM outbox WHERE done_at IS NULL',
      );
    if (rows[0]!.pending === 0) return;
  }
  throw new Error('the relay does not come to the end of the news');
}

/** When the lane offered them places, milliseconds since 1970; without those that have no offer. */
async function offeredAt(shards: Shards, entries: readonly EntryRecord[]): Promise<Map<string, number>> {
  const { rows } = await shards
    .ofSlot(0)
    .primary.sql.query<{ id: string; offered_at: Date }>(
      `SELECT id, offered_at FROM waitlist_entries WHERE id = ANY($1::uuid[]) AND status = 'offered'`,
      [entries.map(({ id }) => id)],
    );
  return new Map(rows.map((row) => [row.id, row.offered_at.getTime()]));
}

/** Counters against rows; then what Redis says of the order against PostgreSQL. */
async function faultsOf(
  shards: Shards,
  mirror: ListMirror,
  typeId: string,
  eventId: string,
): Promise<string[]> {
  await countSold(shards, eventId);
  await drained(shards);
  const { rows } = await shards
    .ofSlot(0)
    .primary.sql.query<{ id: string }>(
      `SELECT id FROM waitlist_entries WHERE ticket_type_id = $1 AND status = 'waiting' ORDER BY rank`,
      [typeId],
    );
  const faults: string[] = [];
  for (let i = 0; i < rows.length; i += 1000) {
    const found = await mirror.positions(
      typeId,
      rows.slice(i, i + 1000).map(({ id }) => id),
    );
    const wrong = found?.positions.findIndex((position, n) => position !== i + n + 1) ?? 0;
    if (wrong >= 0) faults.push(`the mirror says ${found?.positions[wrong]} of position ${i + wrong + 1}`);
  }
  return faults;
}
