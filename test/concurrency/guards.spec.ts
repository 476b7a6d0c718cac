import { setTimeout as pause } from 'node:timers/promises';
import { type Ask, InventoryService, Lanes } from '#libs/inventory';
import { newMasterId } from '#libs/kernel';
import { Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { Dice, effort, seedsFor } from '../support/effort.js';
import { openHall } from '../support/hall.js';
import { openSale } from '../support/sale.js';
import { type Fate, WireProxy, byWayOf, sqlOf, statementOf, withSql } from '../support/wire.proxy.js';

// What keeps two batches apart is guarded several times over. Here each guard stands alone: a proxy rewrites the statements of
// the others on their way to the database, whose checks are dropped too. And with none left, the counting must find it out.

const SPEC = 'test/concurrency/guards.spec.ts';

/** How statements read that do not guard: by their name. */
type Rewriting = Record<string, (sql: string) => string>;

const unlocked = (sql: string) => sql.replace(' FOR UPDATE', '');
const unasserted = (sql: string) => sql.replace(/assert_rows\(.*\)$/s, '1');
const unguarded = (sql: string) => sql.replaceAll(/\s+AND s\.(\w+) \+ d\.\1 >= 0/g, '');
/** Writes what was read and the difference, as who reads, computes and writes does. */
const absolute = (sql: string) =>
  unguarded(sql)
    .replaceAll(/(\w+) = s\.\1 \+ d\.\1/g, '$1 = r.$1 + d.$1')
    .replace('FROM unnest(', 'FROM readings AS r, unnest(')
    .replace('WHERE', 'WHERE r.pid = pg_backend_pid() AND r.id = s.ticket_type_id AND');
const noted = (sql: string) => `
  WITH read AS (${sql}), noted AS (
    INSERT INTO readings SELECT pg_backend_pid(), id, available, held, booked, offered, reserved FROM read
    ON CONFLICT (pid, id) DO UPDATE SET available = excluded.available, held = excluded.held, booked = excluded.booked
  ) SELECT * FROM read`;
const READINGS = `
  CREATE UNLOGGED TABLE readings (pid integer, id uuid, available integer, held integer, booked integer, offered integer,
    reserved integer, PRIMARY KEY (pid, id))`;

const NO_LANE_ROW: Rewriting = { lane_lock: unlocked };
const NO_INVENTORY_ROW: Rewriting = { lane_events: unlocked };
const NO_LOCKS: Rewriting = { ...NO_LANE_ROW, ...NO_INVENTORY_ROW };
const NO_GUARDED_DELTAS: Rewriting = { lane_stock: (sql) => unasserted(unguarded(sql)) };
const NO_SECTION_VERSIONS: Rewriting = {
  lane_move_sections: (sql) => unasserted(sql.replace(' AND s.version = d.version', '')),
};

const DROP_CHECKS = `
  DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT conname FROM pg_constraint WHERE conrelid = 'stock'::regclass AND contype = 'c' LOOP
      EXECUTE format('ALTER TABLE stock DROP CONSTRAINT %I', name);
    END LOOP;
  END $$`;
const DROP_CLAIMS = 'ALTER TABLE seat_claims DROP CONSTRAINT seat_claims_pkey';

let databases: TestDatabases;
let shards: Shards;
let proxy: WireProxy;
let proxied: Shards;
let lanes: Lanes[];
let services: InventoryService[];

beforeEach(async () => {
  databases = await createDatabases();
  shards = new Shards(databases.config);
  await shards.onModuleInit();
  proxy = await WireProxy.before(databases.config.databases.shards[1].primary);
  const { lane } = databases.config;
  const config = byWayOf({ ...databases.config, lane: { ...lane, lock: 'none' as const } }, proxy);
  proxied = new Shards(config);
  // Two holders, as two processes have.
  lanes = [new Lanes(proxied, config), new Lanes(proxied, config)];
  services = lanes.map((each) => new InventoryService(shards, each));
});
afterEach(async () => {
  await Promise.all((lanes ?? []).map((each) => each.onApplicationShutdown()));
  await proxied?.onApplicationShutdown();
  await shards?.onApplicationShutdown();
  await proxy?.close();
  await databases?.drop();
});

/** Rewrites statements, and lets each batch take its time between what it reads and what it writes. */
function weaken(rewriting: Rewriting, dice: Dice): void {
  proxy.fateOf = async (message): Promise<Fate> => {
    const statement = statementOf(message);
    if (message.type === 'B' && statement === 'lane_stock') await pause(dice.roll(0, 10));
    const rewrite = statement !== null && message.type === 'P' && rewriting[statement];
    if (!rewrite) return 'pass';
    const sql = sqlOf(message)!;
    const weaker = rewrite(sql);
    if (weaker === sql) throw new Error(`${statement} has changed: its guard is not switched off any more`);
    return withSql(message, weaker);
  };
}

const alter = (...statements: string[]) =>
  shards.get(1).transaction(async (tx) => {
    for (const statement of statements) await tx.query(statement);
  });

/** Buyers on both holders ask until they are refused; what no answer can be had for is asked again. */
async function crowd(
  buyers: number,
  eventId: string,
  asksOf: (buyer: number) => Ask[] | null,
): Promise<void> {
  const buyer = async (number: number) => {
    for (let asks = asksOf(number); asks;) {
      try {
        await services[number % 2]!.book(eventId, newMasterId(), asks, null);
      } catch (error) {
        const code = (error as { code?: string }).code ?? '';
        if (code === 'sold_out') return;
        // A batch that met others too often is told so: EV001 and 23505 when it stands alone, or too much to do.
        if (!['overloaded', 'seat_taken', 'EV001', '23505'].includes(code)) throw error;
      }
      asks = asksOf(number);
    }
  };
  await Promise.all(Array.from({ length: buyers }, (_, number) => buyer(number)));
}

/** Sells 200 places. Returns how many were sold, counted from the bookings. */
async function sellPlaces(dice: Dice): Promise<number> {
  const { eventId, typeIds } = await openSale(shards, { types: [{ capacity: 200 }] });
  await crowd(24, eventId, () => [{ ticketTypeId: typeIds[0]!, quantity: dice.roll(1, 3) }]);
  const { rows } = await shards
    .get(1)
    .primary.sql.query<{ sold: number }>(
      `SELECT sum((items -> 0 ->> 'quantity')::integer)::integer AS sold FROM bookings WHERE event_id = $1`,
      [eventId],
    );
  return rows[0]!.sold;
}

/** Sells 60 seats, to people who want the same. Returns how many were sold more than once, counted from the bookings. */
async function sellSeats(dice: Dice): Promise<number> {
  const { eventId, typeIds, seatIds } = await openHall(shards, {
    sections: [{ name: 'A', rows: [20, 20, 20] }],
  });
  await services[0]!.plans.with(eventId, async () => {});
  const wishes = Array.from({ length: 20 }, () => Array.from({ length: 12 }, () => dice.pick(seatIds)));
  await crowd(wishes.length, eventId, (buyer) => {
    const seat = wishes[buyer]!.pop();
    return seat ? [{ ticketTypeId: typeIds[0]!, seatIds: [seat] }] : null;
  });
  const { rows } = await shards.get(1).primary.sql.query<{ twice: number }>(
    `SELECT count(*)::integer AS twice FROM (
       SELECT seat FROM bookings, jsonb_array_elements_text(items -> 0 -> 'seatIds') AS seat
       WHERE event_id = $1 GROUP BY seat HAVING count(*) > 1) AS seats`,
    [eventId],
  );
  return rows[0]!.twice;
}

const seeds = seedsFor(SPEC, effort(2, 20));

describe('selling places', () => {
  it.each([
    ['the lane’s row', { ...NO_INVENTORY_ROW, ...NO_GUARDED_DELTAS }],
    ['the inventory’s row', { ...NO_LANE_ROW, ...NO_GUARDED_DELTAS }],
    ['guarded deltas with asserted counts', NO_LOCKS],
  ])('%s alone, without the others and without checks, sells each place once', async (_, rewriting) => {
    await alter(DROP_CHECKS);
    for (const seed of seeds) {
      const dice = new Dice(seed);
      weaken(rewriting, dice);
      expect(await sellPlaces(dice)).toBe(200);
    }
  });

  it.each([
    ['guarded deltas whose counts nobody asserts', { ...NO_LOCKS, lane_stock: unasserted }],
    ['the table’s checks', { ...NO_LOCKS, lane_stock: absolute, lane_types: noted }],
  ])('%s alone sell places that are not there', async (_, rewriting) => {
    await alter(READINGS);
    await expectOversold(rewriting, async (dice) => (await sellPlaces(dice)) > 200);
  });
});

describe('selling seats', () => {
  it.each([
    ['the lane’s row', { ...NO_INVENTORY_ROW, ...NO_GUARDED_DELTAS, ...NO_SECTION_VERSIONS }, true],
    ['the inventory’s row', { ...NO_LANE_ROW, ...NO_GUARDED_DELTAS, ...NO_SECTION_VERSIONS }, true],
    ['the sections’ versions', { ...NO_LOCKS, ...NO_GUARDED_DELTAS }, true],
    ['one claim a seat', { ...NO_LOCKS, ...NO_GUARDED_DELTAS, ...NO_SECTION_VERSIONS }, false],
  ])(
    '%s alone, without the others and without checks, sells each seat once',
    async (_, rewriting, dropClaims) => {
      await alter(DROP_CHECKS, ...(dropClaims ? [DROP_CLAIMS] : []));
      for (const seed of seeds) {
        const dice = new Dice(seed);
        weaken(rewriting, dice);
        expect(await sellSeats(dice)).toBe(0);
      }
    },
  );

  it('without any of them sells a seat twice', async () => {
    await alter(DROP_CHECKS, DROP_CLAIMS);
    const none = { ...NO_LOCKS, ...NO_GUARDED_DELTAS, ...NO_SECTION_VERSIONS };
    await expectOversold(none, async (dice) => (await sellSeats(dice)) > 0);
  });
});

/** Within so many sales, for it takes two that meet. */
async function expectOversold(
  rewriting: Rewriting,
  oversells: (dice: Dice) => Promise<boolean>,
): Promise<void> {
  for (let sale = 1; sale <= 50; sale++) {
    const dice = new Dice(seeds[0]!, sale);
    weaken(rewriting, dice);
    if (await oversells(dice)) return;
  }
  throw new Error('nothing was sold twice in 50 sales: this shows nothing of what the guards do');
}
