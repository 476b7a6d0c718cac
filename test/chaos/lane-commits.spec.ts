import { createHash } from 'node:crypto';
import { type BookingAnswer, InventoryService, Lanes } from '#libs/inventory';
import { Refusal, newMasterId } from '#libs/kernel';
import { Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { countSold, openSale } from '../support/sale.js';
import { ownPostgres } from '../support/servers.js';
import { WireProxy, byWayOf, sqlOf } from '../support/wire.proxy.js';

// fsync is on, and commits take 0 to 50 ms longer, one in ten 400 ms: a look-up of the marker that does not wait for the
// lane's row would run before the commit it asks for, though it has to connect first.
const SLOW_COMMITS = `
  CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(CASE WHEN random() < 0.1 THEN 0.4 ELSE random() * 0.05 END); RETURN NULL; END $$;
  CREATE CONSTRAINT TRIGGER slow_commit AFTER INSERT OR UPDATE ON lane_markers
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION be_slow()`;

let server: Awaited<ReturnType<typeof ownPostgres>>;
let databases: TestDatabases;
let direct: Shards;
let proxy: WireProxy;
let shards: Shards;
let lanes: Lanes[];

beforeAll(async () => {
  server = await ownPostgres();
  databases = await createDatabases({ on: { shard_1: server } });
  direct = new Shards(databases.config);
  await direct.onModuleInit();
  await direct.get(1).transaction((tx) => tx.query(SLOW_COMMITS));
  proxy = await WireProxy.before(databases.config.databases.shards[1].primary);
  const proxied = byWayOf(databases.config, proxy);
  shards = new Shards(proxied);
  await shards.onModuleInit();
  lanes = [new Lanes(shards, proxied), new Lanes(shards, proxied)];
}, 120_000);
afterAll(async () => {
  await Promise.all((lanes ?? []).map((each) => each.onApplicationShutdown()));
  await shards?.onApplicationShutdown();
  await proxy?.close();
  await direct?.onApplicationShutdown();
  await databases?.drop();
  await server?.stop();
}, 120_000);

/** Asks until it is answered; null where the outcome is unknown and, without a key, nobody may ask again. */
async function answered(ask: () => Promise<BookingAnswer>, keyed: boolean): Promise<BookingAnswer | null> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const code = error instanceof Refusal ? error.code : null;
      if (code !== 'overloaded' && code !== 'shard_unavailable' && code !== 'outcome_unknown') throw error;
      if (code === 'outcome_unknown' && !keyed) return null;
    }
  }
}

it('books each request once and answers it rightly, though a third of the commits lose their connection', async () => {
  const sale = await openSale(direct, { types: [{ capacity: 100_000 }] });
  const services = lanes.map((each) => new InventoryService(shards, each));
  // Before or after the COMMIT has been passed on: whoever sent it cannot know what became of it.
  proxy.fateOf = (message) => {
    const lot = sqlOf(message) === 'COMMIT' ? Math.random() : 1;
    return lot < 0.1 ? 'cut before' : lot < 0.3 ? 'cut after' : 'pass';
  };
  const told = new Map<string, number>();
  const keyed: { id: string; again: () => Promise<BookingAnswer> }[] = [];
  const failures: unknown[] = [];
  let unknown = 0;
  const buyer = async (number: number) => {
    const [service, other] = [services[number % 2]!, services[(number + 1) % 2]!];
    for (let n = 0; n < 40; n++) {
      const userId = newMasterId();
      const quantity = 1 + (n % 3);
      const key = n % 2 ? { caller: userId, key: 'k', fingerprint: createHash('sha256').digest() } : null;
      const ask = (by: InventoryService) =>
        by.book(sale.eventId, userId, [{ ticketTypeId: sale.typeIds[0]!, quantity }], key);
      const answer = await answered(() => ask(service), key !== null).catch((error: unknown) => {
        failures.push(error);
      });
      if (answer === null) unknown++;
      if (!answer) continue;
      const { id } = answer.booking;
      if (told.has(id)) throw new Error('two requests were answered with the same booking');
      told.set(id, quantity);
      if (key) keyed.push({ id, again: () => ask(other) });
    }
  };
  await Promise.all(Array.from({ length: 40 }, (_, number) => buyer(number)));
  proxy.fateOf = () => 'pass';
  // Whoever asks once more hears what was done.
  const again = await Promise.all(keyed.map(async ({ again: ask }) => (await answered(ask, true))!));
  expect(again.map(({ booking, replayed }) => [booking.id, replayed])).toEqual(
    keyed.map(({ id }) => [id, true]),
  );

  const { rows } = await direct
    .get(1)
    .primary.sql.query<{ id: string; quantity: number }>(
      `SELECT id, (items -> 0 ->> 'quantity')::int AS quantity FROM bookings WHERE event_id = $1`,
      [sale.eventId],
    );
  const stored = new Map(rows.map((row) => [row.id, row.quantity]));
  expect(proxy.cuts).toBeGreaterThan(10);
  for (const [id, quantity] of told) expect(stored.get(id)).toBe(quantity);
  // What nobody was told of can only be a request whose outcome its client was told to be unknown.
  expect(stored.size - told.size).toBeLessThanOrEqual(unknown);
  expect(failures).toEqual([]);
  expect(told.size + unknown).toBe(1600);
  const sold = await countSold(direct, sale.eventId);
  expect(sold[sale.typeIds[0]!]).toBe(rows.reduce((sum, row) => sum + row.quantity, 0));
  const news = await direct
    .get(1)
    .primary.sql.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM outbox WHERE type = 'booking.confirmed' AND subject = ANY($1::uuid[])`,
      [[...stored.keys()]],
    );
  expect(news.rows[0]!.n).toBe(stored.size);
}, 300_000);
