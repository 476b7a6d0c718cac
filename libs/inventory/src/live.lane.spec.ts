import { Redis } from 'ioredis';
import { LiveCounters } from '#libs/caching';
import { newMasterId } from '#libs/kernel';
import { Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../../../test/support/databases.js';
import { type OpenDatabases, openDatabases } from '../../../test/support/open.js';
import { type Sale, type SaleOptions, openSale } from '../../../test/support/sale.js';
import { ownRedis } from '../../../test/support/servers.js';
import { InventoryModule, InventoryService, SHOWN, availabilityKey, counterOf } from './index.js';

let redis: Awaited<ReturnType<typeof ownRedis>>;
let databases: TestDatabases;
let home: OpenDatabases;
let shards: Shards;
let inventory: InventoryService;
let counters: LiveCounters;
let client: Redis;

beforeAll(async () => {
  redis = await ownRedis();
  databases = await createDatabases({ redisUrl: redis.url() });
  // On a machine with much else to do, a Redis that is well may take longer than anybody should wait for it.
  const config = { ...databases.config, cache: { patienceMs: 5000 } };
  home = await openDatabases(config, [{ module: InventoryModule }]);
  shards = home.shards;
  inventory = home.module.get(InventoryService);
  counters = home.module.get(LiveCounters);
  client = new Redis(redis.url());
}, 120_000);
afterAll(async () => {
  client?.disconnect();
  await home?.close();
  await databases?.drop();
  await redis?.stop();
}, 120_000);

const ada = newMasterId();

/** What the database says of the counters, as they are shown. */
async function truth({ eventId }: Sale) {
  const { rows } = await shards.ofId(eventId).primary.sql.query<{
    version: number;
    id: string;
    [shown: string]: string | number;
  }>(
    `SELECT i.version, s.ticket_type_id AS id, s.available, s.held, s.booked, s.waiting
     FROM inventory AS i JOIN stock AS s USING (event_id) WHERE event_id = $1`,
    [eventId],
  );
  return {
    version: rows[0]!.version,
    counters: Object.fromEntries(
      rows.flatMap((row) => SHOWN.map((shown) => [counterOf(row.id, shown), row[shown]!])),
    ) as Record<string, number>,
  };
}

/** An event whose counters are in Redis, and stay there. */
async function shownSale(options: SaleOptions = {}): Promise<Sale> {
  const sale = await openSale(shards, options);
  await counters.fill(availabilityKey(sale.eventId), { ...(await truth(sale)), frame: '', asOf: 1 });
  await client.persist(`evently:cache:live:${availabilityKey(sale.eventId)}`);
  return sale;
}

const shown = async ({ eventId }: Sale) => {
  const found = await counters.look(availabilityKey(eventId));
  if (typeof found === 'symbol') throw new Error('Redis is away');
  return found && { version: found.version, counters: found.counters };
};
const wrote = ({ eventId }: Sale, userId: string) =>
  client.get(`evently:cache:wrote:${userId}:${availabilityKey(eventId)}`).then(Number);
const book = (sale: Sale, quantity: number, userId = ada) =>
  inventory.book(sale.eventId, userId, [{ ticketTypeId: sale.typeIds[0]!, quantity }], null);

it('moves what is shown with each thing that is done, and notes who did it', async () => {
  const sale = await shownSale({ types: [{ capacity: 4 }, { capacity: 3 }] });
  const place = (type: number, quantity: number) => [{ ticketTypeId: sale.typeIds[type]!, quantity }];
  const follows = async (userId = ada) => {
    const now = await truth(sale);
    expect(await shown(sale)).toEqual(now);
    expect(await wrote(sale, userId)).toBe(now.version);
  };
  const { hold } = await inventory.hold(sale.eventId, ada, place(0, 3), 600_000, null);
  await follows();
  await inventory.consume(hold, null);
  await follows();
  const { hold: other } = await inventory.hold(sale.eventId, ada, place(1, 2), 600_000, null);
  await inventory.release(other);
  await follows();
  const bob = newMasterId();
  const { booking } = await book(sale, 1, bob);
  await follows(bob);
  const { entry } = await inventory.join(
    sale.eventId,
    ada,
    { ticketTypeId: sale.typeIds[0]!, quantity: 1 },
    null,
  );
  await follows();
  await inventory.cancel(booking, { late: false, reason: null }, null);
  await follows(bob);
  await inventory.accept(entry, null);
  await follows();
  expect((await shown(sale))!.counters).toMatchObject({
    [counterOf(sale.typeIds[0]!, 'booked')]: 4,
    [counterOf(sale.typeIds[0]!, 'waiting')]: 0,
  });
});

it('moves it right when many buy at once', async () => {
  const sale = await shownSale({ types: [{ capacity: 150, maxPerBooking: 10 }] });
  const buyers = Array.from({ length: 100 }, () => newMasterId());
  const ends = await Promise.allSettled(buyers.map((userId, i) => book(sale, 1 + (i % 3), userId)));
  expect(ends.some(({ status }) => status === 'rejected')).toBe(true);
  const now = await truth(sale);
  expect(await shown(sale)).toEqual(now);
  for (const [i, userId] of buyers.entries()) {
    const version = await wrote(sale, userId);
    if (ends[i]!.status === 'fulfilled') expect(version).toBeGreaterThan(0);
    else expect(version).toBe(0);
    expect(version).toBeLessThanOrEqual(now.version);
  }
});

it('notes it too for whoever only hears again what was done before', async () => {
  const sale = await shownSale();
  const key = { caller: ada, key: 'once', fingerprint: Buffer.alloc(32, 1) };
  const asks = [{ ticketTypeId: sale.typeIds[0]!, quantity: 1 }];
  await inventory.book(sale.eventId, ada, asks, key);
  const version = await wrote(sale, ada);
  await client.del(`evently:cache:wrote:${ada}:${availabilityKey(sale.eventId)}`);
  expect((await inventory.book(sale.eventId, ada, asks, key)).replayed).toBe(true);
  expect(await wrote(sale, ada)).toBe(version);
});

it('shows nothing rather than something wrong after a message was lost', async () => {
  const sale = await shownSale();
  const key = `evently:cache:live:${availabilityKey(sale.eventId)}`;
  const before = await client.dumpBuffer(key);
  await book(sale, 1);
  expect(await shown(sale)).toEqual(await truth(sale));
  // As if what was told of that booking had never arrived.
  await client.restore(key, 0, before, 'REPLACE');
  await book(sale, 1);
  expect(await shown(sale)).toBeNull();
});

it.each([
  ['frozen', async () => redis.freeze(), async () => redis.thaw()],
  ['gone', async () => redis.kill(), async () => redis.restart()],
])(
  'sells on while Redis is %s',
  async (_, away, back) => {
    const sale = await openSale(shards, { types: [{ capacity: 300 }] });
    await away();
    try {
      for (let n = 0; n < 10; n++) await Promise.all(Array.from({ length: 20 }, () => book(sale, 1)));
    } finally {
      await back();
    }
    const { counters: sold } = await truth(sale);
    expect(sold[counterOf(sale.typeIds[0]!, 'booked')]).toBe(200);
  },
  60_000,
);
