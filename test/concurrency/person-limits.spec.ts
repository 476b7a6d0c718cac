import type { Ask } from '#libs/inventory';
import { newMasterId } from '#libs/kernel';
import { Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { Dice, effort, seedsFor } from '../support/effort.js';
import { type Inventory, LaneProcess } from '../support/lane.process.js';
import { type Sale, countSold, openSale } from '../support/sale.js';

const SPEC = 'test/concurrency/person-limits.spec.ts';
const LIMIT = 5;
const MOST_A_BOOKING = 3;
const PEOPLE = 8;
const REQUESTS = 25;
/** `overloaded`: a slow machine had no turn for it, and nothing was done. */
const REFUSALS = ['person_limit_reached', 'quantity_out_of_range', 'overloaded'];

let databases: TestDatabases;
let shards: Shards;

beforeAll(async () => {
  databases = await createDatabases();
  shards = new Shards(databases.config);
  await shards.onModuleInit();
});
afterAll(async () => {
  await shards?.onApplicationShutdown();
  await databases?.drop();
});

const codeOf = (error: unknown): string => {
  const { code } = error as { code?: string };
  if (code === undefined) throw error;
  return code;
};

/** A request for some places of either type: a booking, or a hold that may become one. Gives the refusal, or null. */
async function ask(sale: Sale, userId: string, dice: Dice, by: () => Inventory): Promise<string | null> {
  const asks: Ask[] = Array.from({ length: dice.roll(1, 2) }, () => ({
    ticketTypeId: dice.pick(sale.typeIds),
    quantity: dice.roll(1, MOST_A_BOOKING),
  }));
  const [kind, first, second] = [dice.roll(1, 3), by(), by()];
  try {
    if (kind === 1) await first.book(sale.eventId, userId, asks, null);
    else {
      const { hold } = await first.hold(sale.eventId, userId, asks, 600_000, null);
      if (kind === 2) await second.consume(hold, null);
    }
    return null;
  } catch (error) {
    return codeOf(error);
  }
}

/** Takes one place after the other until the limit says no. */
async function takeTheRest(sale: Sale, userId: string, by: () => Inventory): Promise<void> {
  for (const ticketTypeId of sale.typeIds) {
    for (let refused = ''; refused !== 'person_limit_reached';) {
      refused = await by()
        .book(sale.eventId, userId, [{ ticketTypeId, quantity: 1 }], null)
        .then(() => '', codeOf);
      expect(['', ...REFUSALS]).toContain(refused);
    }
  }
}

// In: an event. Out: what each person has of each type, by the bookings and holds themselves, and the most in one of these.
const HAVE = `
  SELECT sum(quantity)::integer AS have, max(quantity)::integer AS most FROM (
    SELECT a.user_id, i.item ->> 'ticketTypeId' AS type_id, sum((i.item ->> 'quantity')::integer) AS quantity
    FROM (SELECT id, user_id, items FROM bookings WHERE event_id = $1 AND status = 'confirmed'
      UNION ALL SELECT id, user_id, items FROM holds WHERE event_id = $1 AND status = 'active') AS a
    CROSS JOIN LATERAL jsonb_array_elements(a.items) AS i (item)
    GROUP BY a.id, a.user_id, type_id
  ) AS one GROUP BY user_id, type_id`;

describe.each([2, 4])('%i processes', (count) => {
  const processes: LaneProcess[] = [];
  beforeAll(async () => {
    const started = Array.from({ length: count }, () => LaneProcess.start(databases.env));
    processes.push(...(await Promise.all(started)));
  });
  afterAll(() => Promise.all(processes.map((one) => one.stop())));

  it('let nobody have more than the limit, nor a booking more than its own, whoever asks at once', async () => {
    for (const [n, seed] of seedsFor(SPEC, effort(2, 20)).entries()) {
      const type = { capacity: 1000, maxPerPerson: LIMIT, maxPerBooking: MOST_A_BOOKING };
      // Shards 1 and 2 are on PostgreSQL 18, 3 and 4 on 15.
      const sale = await openSale(shards, { slot: [0, 360, 200, 520][n % 4]!, types: [type, type] });
      const refusals = new Set<string | null>();
      const person = async (number: number) => {
        const dice = new Dice(seed, number);
        const userId = newMasterId();
        const by = () => dice.pick(processes);
        const requests = Array.from({ length: REQUESTS }, () => ask(sale, userId, dice, by));
        for (const refusal of await Promise.all(requests)) refusals.add(refusal);
        await takeTheRest(sale, userId, by);
      };
      await Promise.all(Array.from({ length: PEOPLE }, (_, number) => person(number)));

      const { rows } = await shards
        .ofId(sale.eventId)
        .primary.sql.query<{ have: number; most: number }>(HAVE, [sale.eventId]);
      expect(rows.map(({ have }) => have)).toEqual(Array(PEOPLE * 2).fill(LIMIT));
      expect(Math.max(...rows.map(({ most }) => most))).toBe(MOST_A_BOOKING);
      for (const code of REFUSALS.slice(0, 2)) expect(refusals).toContain(code);
      for (const code of refusals) expect([null, ...REFUSALS]).toContain(code);
      await countSold(shards, sale.eventId);
    }
  }, 3_600_000);
});
