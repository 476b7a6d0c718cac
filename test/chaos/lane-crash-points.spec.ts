import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { InventoryService, Lanes } from '#libs/inventory';
import { newMasterId } from '#libs/kernel';
import { Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { Dice, effort, seedsFor } from '../support/effort.js';
import { type Hall, openHall } from '../support/hall.js';
import { type Inventory, LaneProcess } from '../support/lane.process.js';
import { countSold } from '../support/sale.js';
import { WireProxy, byWayOf } from '../support/wire.proxy.js';

// A batch with every kind of request dies at a message between it and the database: from the first of the connection's start
// to the last of COMMIT's answer, in either direction. Everybody asks again with the same key, elsewhere and at once.

const SPEC = 'test/chaos/lane-crash-points.spec.ts';
/** What a lane may say instead of an answer; `process_gone`: it says nothing any more. */
const NO_ANSWER = ['overloaded', 'shard_unavailable', 'outcome_unknown', 'process_gone'];

let databases: TestDatabases;
let shards: Shards;
let lanes: Lanes;
let others: InventoryService;
let proxy: WireProxy;
let hall: Hall;
let seats = 0;

beforeAll(async () => {
  databases = await createDatabases();
  shards = new Shards(databases.config);
  await shards.onModuleInit();
  lanes = new Lanes(shards, databases.config);
  others = new InventoryService(shards, lanes);
  proxy = await WireProxy.before(databases.config.databases.shards[1].primary);
  const types = [{ capacity: 100_000, maxPerPerson: 5 }, { capacity: 0 }];
  hall = await openHall(shards, { types, sections: [{ name: 'A', type: 1, rows: Array(20).fill(100) }] });
}, 120_000);
afterAll(async () => {
  await lanes?.onApplicationShutdown();
  await shards?.onApplicationShutdown();
  await proxy?.close();
  await databases?.drop();
});

const keyOf = (caller: string, key: string) => ({
  caller,
  key,
  fingerprint: createHash('sha256').update(key).digest(),
});

/** Requests of one person, each with its key; what is done by one can be told from what it answers. */
type Ask = (by: Inventory) => Promise<string>;

/** One of each kind, on holds and bookings that are made for them. */
async function requests(): Promise<Ask[]> {
  const { eventId } = hall;
  const userId = newMasterId();
  const place = [{ ticketTypeId: hall.typeIds[0]!, quantity: 1 }];
  const seat = [{ ticketTypeId: hall.typeIds[1]!, seatIds: [hall.seatIds[seats++ % 2000]!] }];
  const [{ hold }, { booking: toCancel }, { booking: toEnter }] = await Promise.all([
    others.hold(eventId, userId, place, 600_000, null),
    others.book(eventId, userId, place, null),
    others.book(eventId, userId, place, null),
  ]);
  const door = { bookingId: toEnter.id, eventId, number: 1, by: userId };
  const late = { late: false, reason: null };
  return [
    async (by) => (await by.book(eventId, userId, seat, keyOf(userId, 'book'))).booking.id,
    async (by) => (await by.hold(eventId, userId, place, 600_000, keyOf(userId, 'hold'))).hold.id,
    async (by) => (await by.consume(hold, keyOf(userId, 'consume'))).booking.id,
    async (by) => (await by.cancel(toCancel, late, keyOf(userId, 'cancel'))).booking.status,
    async (by) => `${(await by.checkIn(door, keyOf(userId, 'enter'))).checkIn.at}`,
  ];
}

/** What it answered, or null when it did not. */
async function answerOf(ask: Ask, by: Inventory): Promise<string | null> {
  try {
    return await ask(by);
  } catch (error) {
    if (NO_ANSWER.includes((error as { code?: string }).code ?? '')) return null;
    throw error;
  }
}

/** Asks until there is an answer: nothing is wrong with this one. */
async function surelyOf(ask: Ask, by: Inventory): Promise<string> {
  for (;;) {
    const answer = await answerOf(ask, by);
    if (answer !== null) return answer;
    await pause(5);
  }
}

/**
 * Sends a batch that dies at a message; whoever sent it asks elsewhere, while what is left of the first may still be finding
 * out what became of it. Null: there was no such message.
 */
async function dieAt(victim: Inventory, from: 'client' | 'server', index: number, die: () => void) {
  const asks = await requests();
  const died = Promise.withResolvers<true>();
  const connection = { cut: false };
  proxy.fateOf = (message) => {
    if (connection.cut || message.from !== from || message.index !== index) return 'pass';
    connection.cut = true;
    die();
    died.resolve(true);
    return 'cut before';
  };
  const first = Promise.all(asks.map((ask) => answerOf(ask, victim)));
  const dead = await Promise.race([died.promise, first.then(() => false)]);
  const second = await Promise.all(asks.map((ask) => surelyOf(ask, others)));
  const told = await first;
  proxy.fateOf = () => 'pass';
  for (const [n, answer] of told.entries())
    if (answer !== null) expect({ n, answer }).toEqual({ n, answer: second[n] });
  return dead;
}

/** Each batch leaves three live bookings, one that is canceled, one live hold, one that is consumed, one ticket at the door. */
async function expectEachOnce(batches: number): Promise<void> {
  const sold = await countSold(shards, hall.eventId);
  expect(sold).toEqual({ [hall.typeIds[0]!]: 2 * batches, [hall.typeIds[1]!]: batches });
  const { rows } = await shards.get(1).primary.sql.query(
    `SELECT (SELECT json_object_agg(status, n) FROM (SELECT status, count(*) AS n FROM bookings GROUP BY 1) AS b) AS bookings,
       (SELECT json_object_agg(status, n) FROM (SELECT status, count(*) AS n FROM holds GROUP BY 1) AS h) AS holds,
       (SELECT count(*)::integer FROM check_ins) AS entered,
       (SELECT count(*)::integer FROM idempotency) AS keys,
       (SELECT count(*)::integer FROM seat_claims) AS claims,
       (SELECT json_object_agg(type, n)
        FROM (SELECT type, count(*) AS n FROM outbox WHERE type LIKE 'booking.%' GROUP BY 1) AS o) AS news`,
  );
  expect(rows).toEqual([
    {
      bookings: { confirmed: 3 * batches, canceled: batches },
      holds: { active: batches, consumed: batches },
      entered: batches,
      keys: 5 * batches,
      claims: batches,
      news: { 'booking.confirmed': 4 * batches, 'booking.canceled': batches },
    },
  ]);
}

let batches = 0;

/** How many messages a batch on a new connection takes in either direction. */
async function lengthOf(victim: Inventory): Promise<{ client: number; server: number }> {
  const seen = { client: 0, server: 0 };
  const asks = await requests();
  proxy.fateOf = ({ from, index }) => {
    seen[from] = Math.max(seen[from], index + 1);
    return 'pass';
  };
  await Promise.all(asks.map((ask) => surelyOf(ask, victim)));
  batches++;
  return seen;
}

function pointsOf(length: { client: number; server: number }, every: number, dice: Dice) {
  const points = (['client', 'server'] as const).flatMap((from) =>
    Array.from({ length: length[from] }, (_, index) => ({ from, index })),
  );
  const first = dice.roll(0, every - 1);
  return points.filter((_, n) => n % every === first);
}

/** Lets a batch die at one in `every` messages. */
async function dieAtEach(
  every: number,
  length: { client: number; server: number },
  seed: number,
  die: (from: 'client' | 'server', index: number) => Promise<boolean>,
): Promise<void> {
  const points = pointsOf(length, every, new Dice(seed));
  let died = 0;
  for (const { from, index } of points) {
    if (await die(from, index)) died++;
    batches++;
  }
  process.stderr.write(`${SPEC}: died at ${died} of ${length.client} + ${length.server} messages\n`);
  // How requests fall into batches varies, and with it how many messages there are.
  expect(died).toBeGreaterThan(points.length / 2);
  await expectEachOnce(batches);
}

const [seed] = seedsFor(SPEC, 1) as [number];

it('a connection that is lost at any message of a batch makes nothing happen twice, and nothing is lost', async () => {
  const { lane } = databases.config;
  const config = byWayOf({ ...databases.config, lane: { ...lane, lock: 'none' as const } }, proxy);
  const theirs = new Shards(config);
  const frail = new Lanes(theirs, config);
  // It knows the plan of seats, and so reads nothing but by its lane.
  const victim = new InventoryService(shards, frail);
  await victim.plans.with(hall.eventId, async () => {});
  await dieAtEach(effort(12, 1), await lengthOf(victim), seed, async (from, index) => {
    // A server that cut a new connection is left alone for a while.
    await surelyOf(refusedOnSale, victim);
    proxy.cutAll();
    return dieAt(victim, from, index, () => {});
  });
  await frail.onApplicationShutdown();
  await theirs.onApplicationShutdown();
}, 3_600_000);

/** A request of the lane that does nothing. */
async function refusedOnSale(by: Inventory): Promise<string> {
  const done = await by.cancelSome(hall.eventId, 1).catch((error: { code?: string }) => {
    if (error.code !== 'event_not_bookable') throw error;
    return null;
  });
  expect(done).toBeNull();
  return 'refused';
}

it('a process that is killed at any message of a batch makes nothing happen twice, and nothing is lost', async () => {
  const env = { ...databases.env, SHARD_1_URL: proxy.url, LANE_LOCK: 'none' };
  const first = await LaneProcess.start(env);
  // Its pool has the shard's address too: the messages of whichever connection gets as far are counted.
  const length = await lengthOf(first);
  await first.stop();
  await dieAtEach(effort(60, 1), length, seed, async (from, index) => {
    proxy.fateOf = () => 'pass';
    const victim = await LaneProcess.start(env);
    const died = await dieAt(victim, from, index, () => victim.kill('SIGKILL'));
    await victim.stop();
    return died;
  });
}, 3_600_000);
