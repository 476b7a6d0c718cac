import { setTimeout as pause } from 'node:timers/promises';
import { InventoryService, Lanes } from '#libs/inventory';
import { newMasterId } from '#libs/kernel';
import { Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { type Sale, countSold, openSale } from '../support/sale.js';
import { type Fate, WireProxy, byWayOf, statementOf } from '../support/wire.proxy.js';

let databases: TestDatabases;
let shards: Shards;
let proxy: WireProxy;
let lanes: Lanes;
let inventory: InventoryService;
let other: Sale;

beforeAll(async () => {
  databases = await createDatabases();
  proxy = await WireProxy.before(databases.config.databases.shards[1].primary);
  const { lane } = databases.config;
  const config = byWayOf({ ...databases.config, lane: { ...lane, lock: 'none' as const } }, proxy);
  shards = new Shards(databases.config);
  await shards.onModuleInit();
  lanes = new Lanes(new Shards(config), config);
  inventory = new InventoryService(shards, lanes);
  other = await openSale(shards, { types: [{ capacity: 1000, maxPerPerson: 1 }] });
});
afterAll(async () => {
  await lanes?.onApplicationShutdown();
  await shards?.onApplicationShutdown();
  await proxy?.close();
  await databases?.drop();
});

const book = async (sale: Sale, userId: string) => {
  const asks = [{ ticketTypeId: sale.typeIds[0]!, quantity: 1 }];
  return (await inventory.book(sale.eventId, userId, asks, null)).booking;
};

/**
 * Somebody holds the last place, and asks for it in a batch that stops before a statement until the hold has lapsed. Tells
 * when it ended, what the batch's clock was (by what else it booked), and what was answered.
 */
async function lapseBefore(statement: string, ttlMs: number) {
  const sale = await openSale(shards, { types: [{ capacity: 1, maxPerPerson: 1 }] });
  const userId = newMasterId();
  const asks = [{ ticketTypeId: sale.typeIds[0]!, quantity: 1 }];
  const { hold } = await inventory.hold(sale.eventId, userId, asks, ttlMs, null);
  let reached = 0;
  proxy.fateOf = async (message): Promise<Fate> => {
    if (reached || message.type !== 'B' || statementOf(message) !== statement) return 'pass';
    reached = Date.now();
    await pause(Math.max(0, hold.expiresAt + 5 - reached));
    return 'pass';
  };
  const [wanted, stamp] = await Promise.all([
    book(sale, userId).catch((error: { code?: string }) => error),
    book(other, newMasterId()),
  ]);
  proxy.fateOf = () => 'pass';
  await countSold(shards, sale.eventId);
  return {
    inTime: reached > 0 && reached < hold.expiresAt,
    lapsed: stamp.createdAt >= hold.expiresAt,
    wanted,
  };
}

it.each(
  ['slots', 'events', 'clock', 'sections', 'lapsed', 'terms', 'types', 'persons'].map(
    (name) => `lane_${name}`,
  ),
)(
  'a hold that lapses just before %s has lapsed for all of the batch or for nothing of it',
  async (statement) => {
    // A slow machine may need longer to get as far as the statement.
    let seen = await lapseBefore(statement, 50);
    for (let ttlMs = 100; !seen.inTime; ttlMs *= 2) seen = await lapseBefore(statement, ttlMs);
    expect(seen.wanted).toMatchObject(
      seen.lapsed ? { status: 'confirmed' } : { code: 'person_limit_reached', members: { have: 1 } },
    );
  },
);
