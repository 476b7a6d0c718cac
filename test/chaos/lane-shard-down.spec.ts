import { InventoryService, Lanes } from '#libs/inventory';
import { newMasterId } from '#libs/kernel';
import { Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { type Sale, countSold, openSale } from '../support/sale.js';
import { ownPostgres } from '../support/servers.js';

let server: Awaited<ReturnType<typeof ownPostgres>>;
let databases: TestDatabases;
let shards: Shards;
let lanes: Lanes;
let inventory: InventoryService;

beforeAll(async () => {
  server = await ownPostgres();
  databases = await createDatabases({ on: { shard_2: server } });
  shards = new Shards(databases.config);
  await shards.onModuleInit();
  lanes = new Lanes(shards, databases.config);
  inventory = new InventoryService(shards, lanes);
}, 120_000);
afterAll(async () => {
  await lanes?.onApplicationShutdown();
  await shards?.onApplicationShutdown();
  await databases?.drop();
  await server?.stop();
}, 120_000);

const book = (sale: Sale) =>
  inventory.book(sale.eventId, newMasterId(), [{ ticketTypeId: sale.typeIds[0]!, quantity: 1 }], null);

it('answers 503 for the events of a shard whose server is away, sells those of the others, and sells on when it is back', async () => {
  const [here, there] = [await openSale(shards, { slot: 0 }), await openSale(shards, { slot: 200 })];
  await book(there);
  await server.kill();

  const away = await Promise.allSettled(Array.from({ length: 50 }, () => book(there)));
  const others = await Promise.allSettled(Array.from({ length: 50 }, () => book(here)));
  for (const result of away) {
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'shard_unavailable' } });
  }
  expect(others.every((result) => result.status === 'fulfilled')).toBe(true);

  await server.restart();
  const until = Date.now() + 30_000;
  for (;;) {
    const again = await book(there).then(
      () => true,
      () => false,
    );
    if (again) break;
    if (Date.now() > until) throw new Error('the shard is back, but its lane is not');
  }
  expect(await countSold(shards, here.eventId)).toEqual({ [here.typeIds[0]!]: 50 });
  expect(await countSold(shards, there.eventId)).toEqual({ [there.typeIds[0]!]: 2 });
}, 120_000);
