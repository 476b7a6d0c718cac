import { createHash } from 'node:crypto';
import { InventoryService, Lanes } from '#libs/inventory';
import { Refusal, newMasterId } from '#libs/kernel';
import { Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { countSold, openSale } from '../support/sale.js';
import { ownPostgres } from '../support/servers.js';
import { WireProxy, byWayOf, sqlOf } from '../support/wire.proxy.js';

// fsync is on, and commits take 0 to 50 ms longer: a look-up of the marker that does not wait for the lane's row would
// run before the commit it asks for.
const SLOW_COMMITS = `
  CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(random() * 0.05); RETURN NULL; END $$;
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

it('books each request once and answers it rightly, though a third of the commits lose their connection', async () => {
  const sale = await openSale(direct, { types: [{ capacity: 100_000 }] });
  const services = lanes.map((each) => new InventoryService(shards, each));
  // After the COMMIT has been passed on, so that whoever sent it cannot know what became of it.
  proxy.fateOf = (message) => (sqlOf(message) === 'COMMIT' && Math.random() < 0.3 ? 'cut after' : 'pass');
  const told = new Map<string, number>();
  let unknown = 0;
  const buyer = async (number: number) => {
    for (let n = 0; n < 40; n++) {
      const userId = newMasterId();
      const quantity = 1 + (n % 3);
      const key = n % 2 ? { caller: userId, key: 'k', fingerprint: createHash('sha256').digest() } : null;
      for (;;) {
        try {
          const answer = await services[number % 2]!.book(
            sale.eventId,
            userId,
            [{ ticketTypeId: sale.typeIds[0]!, quantity }],
            key,
          );
          if (told.has(answer.booking.id))
            throw new Error('two requests were answered with the same booking');
          told.set(answer.booking.id, quantity);
          break;
        } catch (error) {
          const code = error instanceof Refusal ? error.code : null;
          if (code !== 'overloaded' && code !== 'shard_unavailable' && code !== 'outcome_unknown')
            throw error;
          // Without a key a client that does not know stops here.
          if (code === 'outcome_unknown' && !key) {
            unknown++;
            break;
          }
        }
      }
    }
  };
  await Promise.all(Array.from({ length: 40 }, (_, number) => buyer(number)));
  proxy.fateOf = () => 'pass';

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
