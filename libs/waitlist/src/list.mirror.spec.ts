import fc from 'fast-check';
import { Redis } from 'ioredis';
import { CachingModule } from '#libs/caching';
import { type EntryRecord, InventoryService, Lanes } from '#libs/inventory';
import { newId, newMasterId } from '#libs/kernel';
import type { Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../../../test/support/databases.js';
import { type OpenDatabases } from '../../../test/support/open.js';
import { eventually, startRelay } from '../../../test/support/relay.js';
import { type Sale, openSale } from '../../../test/support/sale.js';
import { ownRedis } from '../../../test/support/servers.js';
import { ListMirror, MirrorModule, listMirror } from './index.js';
import { PositionsService } from './positions.service.js';
import { COMPLETE, PUT } from './persistence/list.scripts.js';

let redis: Awaited<ReturnType<typeof ownRedis>>;
let databases: TestDatabases;
/** Two workers. */
let workers: OpenDatabases[];
let mirrors: ListMirror[];
let shards: Shards;
let lanes: Lanes;
let inventory: InventoryService;
let client: Redis;

beforeAll(async () => {
  redis = await ownRedis();
  client = new Redis(redis.url(), { retryStrategy: () => 100 });
  client.on('error', () => {});
  databases = await createDatabases({ redisUrl: redis.url() });
  const options = { imports: [CachingModule, MirrorModule], broadcasts: [listMirror] };
  workers = [await startRelay(databases.config, options), await startRelay(databases.config, options)];
  mirrors = workers.map(({ module }) => module.get(ListMirror, { strict: false }));
  shards = workers[0]!.shards;
  lanes = new Lanes(shards, databases.config);
  inventory = new InventoryService(shards, lanes);
}, 240_000);
afterAll(async () => {
  await lanes?.onApplicationShutdown();
  for (const worker of workers ?? []) await worker.close();
  client?.disconnect();
  await databases?.drop();
  await redis?.stop();
});

const one = (sale: Sale) => ({ ticketTypeId: sale.typeIds[0]!, quantity: 1 });
const book = async (sale: Sale) =>
  (await inventory.book(sale.eventId, newMasterId(), [one(sale)], null)).booking;
const join = async (sale: Sale) => (await inventory.join(sale.eventId, newMasterId(), one(sale), null)).entry;
const cancel = (booking: { id: string; eventId: string }) =>
  inventory.cancel(booking, { late: false, reason: null }, null);
/** Who waits, first come first, as PostgreSQL has it. */
const waiting = async (typeId: string) =>
  (
    await shards
      .ofId(typeId)
      .primary.sql.query<{ id: string }>(
        `SELECT id FROM waitlist_entries WHERE ticket_type_id = $1 AND status = 'waiting' ORDER BY rank`,
        [typeId],
      )
  ).rows.map(({ id }) => id);
/** The same as Redis tells it; null while it cannot. */
const told = async (typeId: string, ids: readonly string[], mirror = mirrors[1]!) => {
  const found = await mirror.positions(typeId, ids);
  if (!found) return null;
  const places = ids.map((id, i) => ({ id, position: found.positions[i] ?? null }));
  const inOrder = places.filter(({ position }) => position !== null);
  inOrder.sort((a, b) => a.position! - b.position!);
  // Positions count from 1 without a gap, and nobody else is in the list.
  expect(inOrder.map(({ position }) => position).every((position, i) => position! >= i + 1)).toBe(true);
  return { waiting: found.waiting, order: inOrder.map(({ id }) => id) };
};
/** Waits until Redis and PostgreSQL agree, of all entries that ever were. */
const agree = async (typeId: string, ids: readonly string[]) => {
  for (const mirror of mirrors) {
    await eventually(
      async () => JSON.stringify([await told(typeId, ids, mirror), await waiting(typeId)]),
      (text) => {
        const [found, truth] = JSON.parse(text) as [{ waiting: number; order: string[] } | null, string[]];
        return (
          found !== null &&
          found.waiting === truth.length &&
          JSON.stringify(found.order) === JSON.stringify(truth)
        );
      },
    );
  }
};
const soldOut = async (capacity: number) => {
  const sale = await openSale(shards, { types: [{ capacity }] });
  return {
    sale,
    typeId: sale.typeIds[0]!,
    bookings: await Promise.all(Array.from({ length: capacity }, () => book(sale))),
  };
};

const HIGHEST_JOINED = 2 ** 40 - 1;
const joined = fc.oneof(
  fc.integer({ min: 1, max: 20 }),
  fc.integer({ min: HIGHEST_JOINED - 20, max: HIGHEST_JOINED }),
);
const lists = fc.uniqueArray(fc.record({ priority: fc.constantFrom(0, 1, 50, 99, 100), joined }), {
  selector: (entry) => entry.joined,
  minLength: 1,
  maxLength: 40,
});

// Slot 0 is on PostgreSQL 18, slot 360 on 15.
it.each([0, 360])('orders as PostgreSQL does, to the last bit (slot %i)', async (slot) => {
  await fc.assert(
    fc.asyncProperty(lists, async (entries) => {
      const typeId = newId(slot);
      const rows = entries.map((entry) => ({ id: newId(slot), ...entry }));
      await shards.ofId(typeId).primary.sql.query(
        `INSERT INTO waitlist_entries (id, event_id, ticket_type_id, user_id, quantity, priority, joined, hold_id, joined_at)
         SELECT id, $1, $1, gen_random_uuid(), 1, priority, joined, $1, now() FROM unnest($2::uuid[], $3::smallint[], $4::bigint[]) AS d (id, priority, joined)`,
        [typeId, ...(['id', 'priority', 'joined'] as const).map((column) => rows.map((row) => row[column]))],
      );
      await mirrors[0]!.build(typeId);
      const inOrder = rows
        .toSorted((a, b) => b.priority - a.priority || a.joined - b.joined)
        .map(({ id }) => id);
      expect(await waiting(typeId)).toEqual(inOrder);
      expect(
        await told(
          typeId,
          rows.map(({ id }) => id),
        ),
      ).toEqual({ waiting: rows.length, order: inOrder });
    }),
    { numRuns: 25 },
  );
});

it('tells the order in which the lane serves, while entries are moved and leave', async () => {
  const { sale, typeId, bookings } = await soldOut(12);
  const first = await join(sale);
  // The first question finds no mirror, and has it built.
  await agree(typeId, [first.id]);
  const entries = [first, ...(await Promise.all(Array.from({ length: 14 }, () => join(sale))))];
  await inventory.prioritize(entries[9]!, 100);
  await inventory.prioritize(entries[4]!, 3);
  await inventory.prioritize(entries[9]!, 1);
  await inventory.leave(entries[2]!);
  const ids = entries.map(({ id }) => id);
  await agree(typeId, ids);
  const order = (await told(typeId, ids))!.order;
  for (const booking of bookings) await cancel(booking);
  const { rows } = await shards
    .ofId(typeId)
    .primary.sql.query<{ id: string }>(
      `SELECT w.id FROM waitlist_entries AS w JOIN holds AS h ON h.id = w.hold_id WHERE w.ticket_type_id = $1 ORDER BY w.offered_at, w.rank`,
      [typeId],
    );
  expect(rows.map(({ id }) => id)).toEqual(order.slice(0, 12));
  await agree(typeId, ids);
});

it('comes back by itself after FLUSHALL, while people join, leave and are served', async () => {
  const { sale, typeId, bookings } = await soldOut(20);
  const entries = [await join(sale)];
  const ids = () => entries.map(({ id }) => id);
  await agree(typeId, ids());
  for (let i = 0; i < 60; i++) {
    await Promise.all([
      join(sale).then((entry) => entries.push(entry)),
      i % 3 === 1 && inventory.leave(entries[Math.floor(i / 2)]!),
      i % 4 === 2 && cancel(bookings[i >> 2]!),
      i % 5 === 4 && inventory.prioritize(entries.at(-1)!, i).catch(() => {}),
      i % 7 === 3 && client.flushall(),
      told(typeId, ids()),
    ]);
  }
  await agree(typeId, ids());
});

it('refuses what was read under an older generation, and what is older than what it knows', async () => {
  const { sale, typeId } = await soldOut(1);
  const entry = await join(sale);
  await agree(typeId, [entry.id]);
  const [generation] = (await mirrors[0]!.changes([typeId]))[0]!.split(' ');
  const [state] = (await client.keys(`evently:waitlist:*:${typeId}:state`)) as [string];
  const keys = [state, state.replace(/state$/, 'order')];
  await inventory.leave(entry);
  await agree(typeId, [entry.id]);
  const late = [entry.id, 1, '7'];
  expect(await client.eval(PUT, 2, ...keys, generation!, ...late)).toBe(1);
  expect(await told(typeId, [entry.id])).toEqual({ waiting: 0, order: [] });
  await mirrors[0]!.build(typeId);
  expect(await client.eval(PUT, 2, ...keys, generation!, ...late)).toBe(0);
  expect(await client.eval(COMPLETE, 2, ...keys, generation!)).toBe(0);
  expect(await told(typeId, [entry.id])).toEqual({ waiting: 0, order: [] });
});

it.each([
  ['is killed, and comes back with an old copy', () => redis.kill(), () => redis.restart()],
  ['freezes for a while', async () => redis.freeze(), async () => redis.thaw()],
])('tells nothing while Redis %s, and follows afterwards', async (_, away, back) => {
  const { sale, typeId } = await soldOut(1);
  const entries = [await join(sale), await join(sale)];
  await agree(
    typeId,
    entries.map(({ id }) => id),
  );
  await client.save();
  // Of this the copy knows nothing.
  await inventory.leave(entries[0]!);
  await agree(
    typeId,
    entries.map(({ id }) => id),
  );
  await away();
  entries.push(await join(sale));
  expect(await mirrors[0]!.positions(typeId, [entries[1]!.id])).toBeNull();
  await back();
  await agree(
    typeId,
    entries.map(({ id }) => id),
  );
});

it('tells who stands behind the first thousand the same with Redis as without', async () => {
  const { sale, typeId } = await soldOut(1);
  await shards.ofId(typeId).primary.sql.query(
    `INSERT INTO waitlist_entries (id, event_id, ticket_type_id, user_id, quantity, joined, hold_id, joined_at)
     SELECT id, $1, $2, id, 1, n, $1, now() FROM unnest($3::uuid[]) WITH ORDINALITY AS d (id, n)`,
    [sale.eventId, typeId, Array.from({ length: 2500 }, () => newId(0))],
  );
  const ids = await waiting(typeId);
  const entries = [1, 1000, 1001, 1002, 2500].map(
    (joined) =>
      ({ id: ids[joined - 1]!, ticketTypeId: typeId, priority: 0, joined, status: 'waiting' }) as EntryRecord,
  );
  const positions = new PositionsService(shards, mirrors[0]!);
  const expected = [1, 1000, 1001, 1002, 2500];
  const told = async () => {
    const found = await positions.positionsOf(entries);
    return entries.map(({ id }) => found.get(id));
  };
  expect(await told()).toEqual(expected);
  await mirrors[0]!.build(typeId);
  expect((await mirrors[0]!.positions(typeId, [ids[2499]!]))!.positions).toEqual([2500]);
  expect(await told()).toEqual(expected);
  // Of the last, far behind the one before it, the mirror tells; of the rest the shard.
  const [order] = (await client.keys(`evently:waitlist:*:${typeId}:order`)) as [string];
  await client.zrem(order, ids[0]!);
  expect(await told()).toEqual([1, 1000, 1001, 1002, 2499]);
});
