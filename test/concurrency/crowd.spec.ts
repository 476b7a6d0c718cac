import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Ask, BookingRecord } from '#libs/inventory';
import { newMasterId } from '#libs/kernel';
import { Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { Dice, effort, seedsFor } from '../support/effort.js';
import { type Hall, openHall } from '../support/hall.js';
import { type Inventory, LaneProcess } from '../support/lane.process.js';
import { countSold } from '../support/sale.js';

const SPEC = 'test/concurrency/crowd.spec.ts';
const BUYERS = 2000;
const PLACES = 100;

let databases: TestDatabases;
let shards: Shards;
let processes: LaneProcess[];

beforeAll(async () => {
  databases = await createDatabases();
  shards = new Shards(databases.config);
  await shards.onModuleInit();
  processes = await Promise.all(Array.from({ length: 4 }, () => LaneProcess.start(databases.env)));
}, 120_000);
afterAll(async () => {
  await Promise.all((processes ?? []).map((one) => one.stop()));
  await shards?.onApplicationShutdown();
  await databases?.drop();
});

const codeOf = (error: unknown) => (error as { code?: string }).code;

/** Asks until there is a turn for it: where so many come at once, a slow machine may have none, and nothing was done. */
async function decided<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (codeOf(error) !== 'overloaded') throw error;
      await pause(100);
    }
  }
}

/** An event with as many places as seats. Shards 1 and 2 are on PostgreSQL 18, 3 and 4 on 15. */
const open = (n: number) =>
  openHall(shards, {
    slot: [0, 360, 200, 520][n % 4]!,
    types: [{ capacity: PLACES }, { capacity: 0 }],
    sections: [{ name: 'A', type: 1, rows: Array<number>(10).fill(PLACES / 10) }],
  });

const kinds: Record<string, (hall: Hall, dice: Dice) => Ask[]> = {
  places: ({ typeIds: [ticketTypeId = ''] }) => [{ ticketTypeId, quantity: 1 }],
  // One that they like; if somebody has it, any.
  seats: ({ typeIds: [, ticketTypeId = ''], seatIds }, dice) => [
    { ticketTypeId, seatIds: [dice.pick(seatIds)] },
    { ticketTypeId, quantity: 1, bestAvailable: true },
  ],
};

/** Books at once, or holds first and lets another process make that a booking. */
async function take(hall: Hall, ask: Ask, dice: Dice): Promise<BookingRecord> {
  const [atOnce, first, second] = [dice.chance(0.5), dice.pick(processes), dice.pick(processes)];
  const userId = newMasterId();
  if (atOnce) return (await decided(() => first.book(hall.eventId, userId, [ask], null))).booking;
  const { hold } = await decided(() => first.hold(hall.eventId, userId, [ask], 600_000, null));
  return (await decided(() => second.consume(hold, null))).booking;
}

/** What a buyer has in the end: one of the things that they would take, or nothing, since all is sold. */
async function buy(hall: Hall, asks: readonly Ask[], dice: Dice): Promise<BookingRecord | null> {
  for (const ask of asks) {
    try {
      return await take(hall, ask, dice);
    } catch (error) {
      if (codeOf(error) !== 'seat_taken' && codeOf(error) !== 'sold_out') throw error;
    }
  }
  return null;
}

async function bookingsOf({ eventId }: Hall): Promise<string[]> {
  const { rows } = await shards
    .ofId(eventId)
    .primary.sql.query<{ id: string }>(
      `SELECT id FROM bookings WHERE event_id = $1 AND status = 'confirmed'`,
      [eventId],
    );
  return rows.map(({ id }) => id).sort();
}

const seeds = seedsFor(SPEC, effort(1, 20));

it.each(Object.keys(kinds))(
  'sells exactly as many of 100 %s as are wanted and there are, to 2,000 buyers at once and to few',
  async (kind) => {
    for (const [n, seed] of seeds.entries()) {
      for (const buyers of [BUYERS, new Dice(seed).roll(1, PLACES)]) {
        const hall = await open(n);
        const buying = Array.from({ length: buyers }, (_, number) => {
          const dice = new Dice(seed, number);
          return buy(hall, kinds[kind]!(hall, dice), dice);
        });
        const bought = (await Promise.all(buying)).filter((booking) => booking !== null);
        expect(bought).toHaveLength(Math.min(buyers, PLACES));
        expect(bought.map(({ id }) => id).sort()).toEqual(await bookingsOf(hall));
        const sold = Object.values(await countSold(shards, hall.eventId)).sort();
        expect(sold).toEqual([0, bought.length]);
      }
    }
  },
  3_600_000,
);

it('books once for a key that comes 50 times at once, whatever other keys come, and answers all the same', async () => {
  for (const [n, seed] of seeds.entries()) {
    const hall = await open(n);
    const dice = new Dice(seed);
    const asked = Array.from({ length: effort(8, 40) }, (_, number) => {
      const caller = newMasterId();
      const fingerprint = createHash('sha256').update(`${number}`).digest();
      const asks = kinds[dice.pick(['places', 'seats'])]!(hall, dice).slice(-1);
      const book = (by: Inventory) =>
        by.book(hall.eventId, caller, asks, { caller, key: 'same', fingerprint });
      return Promise.all(Array.from({ length: 50 }, () => decided(() => book(dice.pick(processes)))));
    });
    const answers = await Promise.all(asked);
    for (const same of answers) {
      expect(same.filter(({ replayed }) => !replayed)).toHaveLength(1);
      expect(same.map(({ booking }) => booking)).toEqual(Array(50).fill(same[0]!.booking));
    }
    expect(answers.map(([one]) => one!.booking.id).sort()).toEqual(await bookingsOf(hall));
    await countSold(shards, hall.eventId);
  }
}, 3_600_000);
