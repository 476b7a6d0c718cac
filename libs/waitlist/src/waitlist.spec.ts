import type { DomainEvent } from '#libs/contracts';
import { RedisConnection, RedisLink } from '#libs/caching';
import { type EntryRecord, InventoryService, Lanes } from '#libs/inventory';
import { newId, newMasterId } from '#libs/kernel';
import { Master, Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../../../test/support/databases.js';
import { type Sale, openSale } from '../../../test/support/sale.js';
import type { Person } from './person.types.js';
import { EstimatesService } from './estimates.service.js';
import { ListMirror } from './persistence/list.mirror.js';
import { PositionsService } from './positions.service.js';
import { WaitlistService } from './waitlist.service.js';
import { UserEntriesWriter } from './worker/user-entries.projection.js';

type WaitlistNews = Parameters<UserEntriesWriter['apply']>[1][number];

let databases: TestDatabases;
let shards: Shards;
let master: Master;
let lanes: Lanes;
let inventory: InventoryService;
let redis: [RedisConnection, RedisLink];
let positions: PositionsService;
let waitlist: WaitlistService;

beforeAll(async () => {
  databases = await createDatabases();
  [shards, master] = [new Shards(databases.config), new Master(databases.config)];
  await Promise.all([shards.onModuleInit(), master.onModuleInit()]);
  lanes = new Lanes(shards, databases.config);
  inventory = new InventoryService(shards, lanes);
  redis = [new RedisConnection(databases.config), new RedisLink(databases.config)];
  positions = new PositionsService(shards, new ListMirror(...redis, shards));
  waitlist = new WaitlistService(inventory, shards, master, positions, new EstimatesService(shards));
});
afterAll(async () => {
  for (const connection of redis ?? []) connection.onApplicationShutdown();
  await lanes?.onApplicationShutdown();
  await Promise.all([shards?.onApplicationShutdown(), master?.onApplicationShutdown()]);
  await databases?.drop();
});

function somebody(organizationId: string | null = null): Person {
  const userId = newMasterId();
  return { userId, callerId: userId, manages: (id) => id === organizationId };
}

/** A sale of one place that is taken. Slots up to 350 are on PostgreSQL 18, those above on 15. */
async function soldOut(slot: number, types = 1): Promise<Sale> {
  const sale = await openSale(shards, {
    slot,
    types: Array.from({ length: types }, () => ({ capacity: 1 })),
  });
  const asks = sale.typeIds.map((ticketTypeId) => ({ ticketTypeId, quantity: 1 }));
  await inventory.book(sale.eventId, newMasterId(), asks, null);
  return sale;
}
const join = (sale: Sale, person = somebody(), type = 0) =>
  waitlist.join(person, sale.eventId, { ticketTypeId: sale.typeIds[type]!, quantity: 1 }, null);

/** Brings the news of all shards to the projection, as the worker does. */
async function project(): Promise<void> {
  for (const shard of shards.all()) {
    const { rows } = await shard.primary.sql.query<DomainEvent & WaitlistNews>(
      `SELECT id, type, subject, subject_version AS "subjectVersion", payload, trace FROM outbox WHERE type LIKE 'waitlist.%'
       ORDER BY subject, subject_version`,
    );
    const newest = [...new Map(rows.map((row) => [row.subject, row])).values()];
    if (newest.length) await master.transaction((tx) => new UserEntriesWriter().apply(tx, newest));
  }
}

it('shows a person the own entries of all shards, newest first, page by page', async () => {
  const person = somebody();
  const sales = await Promise.all([0, 200, 400, 600].map((slot) => soldOut(slot)));
  const made: string[] = [];
  for (const sale of sales) {
    await join(sale);
    made.unshift((await join(sale, person)).entry.id);
  }
  await waitlist.leave(person, made[3]!);
  await project();
  const first = await waitlist.list(person, { limit: 3 });
  expect(first.data.map(({ entry, position }) => [entry.id, position])).toEqual(
    made.slice(0, 3).map((id) => [id, 2]),
  );
  const rest = await waitlist.list(person, { limit: 3, cursor: first.nextCursor! });
  expect(rest).toMatchObject({ data: [{ entry: { id: made[3], status: 'left' } }], nextCursor: null });
  const ofEvent = await waitlist.list(person, { limit: 3, eventId: sales[1]!.eventId });
  expect(ofEvent.data.map(({ entry }) => entry.id)).toEqual([made[2]]);
  await expect(waitlist.list(person, { limit: 3, cursor: 'x' })).rejects.toMatchObject({
    code: 'invalid_cursor',
  });
  const { rows } = await master.primary.sql.query<{ status: string; over: boolean }>(
    `SELECT status, ended_at IS NOT NULL AS over FROM user_waitlist_entries WHERE user_id = $1 ORDER BY joined_at`,
    [person.userId],
  );
  expect(rows.map((row) => [row.status, row.over])).toEqual([
    ['left', true],
    ...Array.from({ length: 3 }, () => ['waiting', false]),
  ]);
});

it('shows an organizer all lists of an event in the order of serving, and to nobody else', async () => {
  for (const slot of [0, 600]) {
    const sale = await soldOut(slot, 2);
    const organizer = somebody(sale.organizationId);
    const made: string[] = [];
    for (let i = 0; i < 6; i++) made.push((await join(sale, somebody(), i % 2)).entry.id);
    const filter = { status: 'waiting', limit: 4 } as const;
    const first = await waitlist.listOfEvent(organizer, sale.eventId, filter);
    // Whoever leaves between two pages changes nothing of the next.
    await inventory.leave(first.data[3]!.entry);
    const second = await waitlist.listOfEvent(organizer, sale.eventId, {
      ...filter,
      cursor: first.nextCursor!,
    });
    expect([...first.data, ...second.data].map(({ entry }) => entry.id)).toEqual(made);
    expect(first.data.map(({ position }) => position)).toEqual([1, 1, 2, 2]);
    expect(second.data.map(({ position }) => position)).toEqual([3, 2]);
    const ofType = await waitlist.listOfEvent(organizer, sale.eventId, {
      ...filter,
      ticketTypeId: sale.typeIds[1],
    });
    expect(ofType.data.map(({ entry }) => entry.id)).toEqual([made[1], made[5]]);
    await expect(waitlist.listOfEvent(somebody(), sale.eventId, filter)).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(waitlist.prioritize(somebody(), made[0]!, 1)).rejects.toMatchObject({ code: 'not_found' });
  }
  await expect(waitlist.get(somebody(), newId(0))).rejects.toMatchObject({ code: 'not_found' });
});

it('counts many positions at once as it counts each', async () => {
  const sale = await soldOut(400);
  const entries = [];
  for (let i = 0; i < 20; i++) entries.push((await join(sale)).entry);
  for (const i of [3, 9, 15]) await inventory.leave(entries[i]!);
  const { entry: first } = await inventory.prioritize(entries[12]!, 3);
  entries[12] = first;
  const waiting = entries.filter((_, i) => ![3, 9, 15].includes(i));
  const order = [first, ...waiting.filter((entry) => entry !== first)].map((entry) => entry.id);
  const many = await positions.positionsOf(waiting.toReversed());
  expect([...many].sort((a, b) => a[1] - b[1])).toEqual(order.map((id, i) => [id, i + 1]));
  for (const entry of waiting) expect(await positions.positionOf(entry)).toBe(many.get(entry.id));
  expect(await positions.positionOf({ ...first, status: 'offered' })).toBeNull();
});

it('estimates by the history of the event, for those who wait', async () => {
  const sale = await openSale(shards, { slot: 400, startsIn: 24 * 20, types: [{ capacity: 60 }] });
  const ask = { ticketTypeId: sale.typeIds[0]!, quantity: 1 };
  const bookings = [];
  for (let i = 0; i < 60; i++) {
    bookings.push((await inventory.book(sale.eventId, newMasterId(), [ask], null)).booking);
  }
  const people = Array.from({ length: 12 }, () => somebody());
  const entries: EntryRecord[] = [];
  for (const person of people) entries.push((await join(sale, person)).entry);
  const estimateOf = async (i: number) => (await waitlist.get(people[i]!, entries[i]!.id)).estimate!;
  const [first, last] = [await estimateOf(0), await estimateOf(11)];
  expect(first.chance).toBeGreaterThan(last.chance);
  expect(first.waitSeconds!.p50).toBeLessThan(20 * 86_400);
  const { sql } = shards.ofId(sale.eventId).primary;
  const anew = async () => {
    const { id } = entries[11]!;
    return (await new EstimatesService(shards).estimatesOf([entries[11]!], new Map([[id, 12]]))).get(id)!;
  };
  // Who has had a place for a month seldom gives it back.
  const monthOld = `UPDATE bookings SET created_at = created_at - interval '30 days' WHERE event_id = $1`;
  await sql.query(monthOld, [sale.eventId]);
  const calm = await anew();
  expect(calm.chance).toBeLessThan(last.chance);
  // The same event, had one been canceled every day.
  await sql.query(
    `UPDATE bookings SET canceled_at = now() - n * interval '1 day', status = 'canceled'
     FROM unnest($1::uuid[]) WITH ORDINALITY AS c (booking, n) WHERE id = booking`,
    [bookings.slice(0, 20).map(({ id }) => id)],
  );
  const eager = await anew();
  expect(eager.chance).toBeGreaterThan(calm.chance + 0.2);
  // It ends 19 days and a half before the event, which is in 20.
  const cutOff = 'UPDATE inventory SET waitlist_cut_off_minutes = 28080 WHERE event_id = $1';
  await sql.query(cutOff, [sale.eventId]);
  expect((await anew()).chance).toBeLessThan(eager.chance / 2);
  await inventory.leave(entries[0]!);
  expect((await waitlist.get(people[0]!, entries[0]!.id)).estimate).toBeNull();
});
