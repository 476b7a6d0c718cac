import { Redis } from 'ioredis';
import { InventoryService, Lanes } from '#libs/inventory';
import { Refusal, newMasterId } from '#libs/kernel';
import { Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { type Sale, countSold, openSale } from '../support/sale.js';
import { ownRedis } from '../support/servers.js';

let redis: Awaited<ReturnType<typeof ownRedis>>;
let databases: TestDatabases;
let shards: Shards;
let lanes: Lanes[];

beforeAll(async () => {
  redis = await ownRedis();
  databases = await createDatabases({ redisUrl: redis.url() });
  shards = new Shards(databases.config);
  await shards.onModuleInit();
  // Two holders, as two processes have.
  lanes = [new Lanes(shards, databases.config), new Lanes(shards, databases.config)];
}, 120_000);
afterAll(async () => {
  await Promise.all((lanes ?? []).map((each) => each.onApplicationShutdown()));
  await shards?.onApplicationShutdown();
  await databases?.drop();
  await redis?.stop();
}, 120_000);

/** 60 buyers on two holders until nothing is left; `disturb` runs when a third is sold. Gives how many were sold. */
async function sellOut(sale: Sale, places: number, disturb: () => Promise<unknown>): Promise<number> {
  const services = lanes.map((each) => new InventoryService(shards, each));
  let sold = 0;
  let disturbed: Promise<unknown> | null = null;
  const buyer = async (number: number) => {
    for (;;) {
      try {
        await services[number % 2]!.book(
          sale.eventId,
          newMasterId(),
          [{ ticketTypeId: sale.typeIds[0]!, quantity: 1 }],
          null,
        );
        if (++sold > places / 3) disturbed ??= disturb();
      } catch (error) {
        if (error instanceof Refusal && error.code === 'sold_out') return;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: 60 }, (_, number) => buyer(number)));
  await disturbed;
  return sold;
}

async function holdersOf(shard: 1): Promise<number> {
  const { rows } = await shards
    .get(shard)
    .primary.sql.query<{ fence: number }>('SELECT fence FROM lanes WHERE id = 1');
  return rows[0]!.fence;
}

it('paces two processes by turns while Redis answers', async () => {
  const watching = new Redis(redis.url());
  const before = await commandsSeen(watching);
  const sale = await openSale(shards, { types: [{ capacity: 1500 }] });
  expect(await sellOut(sale, 1500, async () => {})).toBe(1500);
  expect(await holdersOf(1)).toBeGreaterThan(4);
  expect((await commandsSeen(watching)) - before).toBeGreaterThan(4);
  watching.disconnect();
  expect(await countSold(shards, sale.eventId)).toEqual({ [sale.typeIds[0]!]: 1500 });
});

async function commandsSeen(client: Redis): Promise<number> {
  const text = await client.info('commandstats');
  return Number(/cmdstat_eval:calls=(\d+)/.exec(text)?.[1] ?? 0);
}

it.each([
  ['is flushed', () => withRedis((client) => client.flushall()), async () => {}],
  ['is frozen', () => signal('SIGSTOP'), () => signal('SIGCONT')],
  ['is killed', () => redis.kill(), () => redis.restart()],
])('sells on to the last place when Redis %s in mid-sale', async (_, disturb, mend) => {
  const sale = await openSale(shards, { types: [{ capacity: 1500 }] });
  try {
    expect(await sellOut(sale, 1500, disturb)).toBe(1500);
  } finally {
    await mend();
  }
  expect(await countSold(shards, sale.eventId)).toEqual({ [sale.typeIds[0]!]: 1500 });
});

async function signal(name: NodeJS.Signals): Promise<void> {
  process.kill(redis.pid, name);
}

async function withRedis(work: (client: Redis) => Promise<unknown>): Promise<void> {
  const client = new Redis(redis.url());
  await work(client);
  client.disconnect();
}
