import { Redis } from 'ioredis';
import { InventoryService, Lanes } from '#libs/inventory';
import { formatId, newMasterId, parseId } from '#libs/kernel';
import { LiveClient, gapsIn, positionsIn } from '../support/live.client.js';
import { LiveStage } from '../support/live.stage.js';
import { type OpenDatabases, openDatabases } from '../support/open.js';
import { eventually } from '../support/relay.js';
import { openSale } from '../support/sale.js';
import { ownRedis } from '../support/servers.js';

// Two API processes and two workers: whoever keeps the mirror, whoever tells.
let redis: Awaited<ReturnType<typeof ownRedis>>;
let stage: LiveStage;
let databases: OpenDatabases;
let lanes: Lanes;
let inventory: InventoryService;

beforeAll(async () => {
  redis = await ownRedis();
  stage = await LiveStage.open({ apis: 2, workers: 2 }, { redisUrl: redis.url() });
  databases = await openDatabases(stage.databases.config);
  lanes = new Lanes(databases.shards, stage.databases.config);
  inventory = new InventoryService(databases.shards, lanes);
}, 600_000);
afterAll(async () => {
  await lanes?.onApplicationShutdown();
  await databases?.close();
  await stage?.close();
  await redis?.stop();
});

/** A sold-out event, and who waits for a place of it. */
async function queue(places: number) {
  const sale = await openSale(databases.shards, { types: [{ capacity: places }] });
  const ask = { ticketTypeId: sale.typeIds[0]!, quantity: 1 };
  const bookings: { id: string; eventId: string }[] = [];
  for (let i = 0; i < places; i++) {
    bookings.push((await inventory.book(sale.eventId, newMasterId(), [ask], null)).booking);
  }
  const join = async (userId = newMasterId()) =>
    (await inventory.join(sale.eventId, userId, ask, null)).entry;
  const cancel = (n: number) => inventory.cancel(bookings[n]!, { late: false, reason: null }, null);
  return { join, cancel };
}

/** A person with an account, who joins and follows the entry by one of the processes. */
async function follower(
  join: (userId: string) => ReturnType<Awaited<ReturnType<typeof queue>>['join']>,
  api: number,
) {
  const person = await stage.signUp();
  const entry = await join(parseId('user', person.id)!);
  const client = await LiveClient.open(stage.urls[api]!, `?token=${person.token}`);
  const topic = `waitlist:${formatId('waitlistEntry', entry.id)}`;
  const seq = (await client.subscribe([topic]))[topic]!;
  const told = () => positionsIn(client.of(topic)) as number[];
  const stands = (position: number) => client.wait(() => told().at(-1) === position);
  return { entry, client, topic, seq, told, stands };
}

it('tells followers of any process where they stand, as others leave, are moved and are served', async () => {
  const { join, cancel } = await queue(2);
  const others = [await join(), await join()];
  const ada = await follower(join, 0);
  others.push(await join(), await join());
  const bob = await follower(join, 1);
  await Promise.all([ada.stands(3), bob.stands(6)]);
  await inventory.leave(others[0]!);
  await Promise.all([ada.stands(2), bob.stands(5)]);
  await inventory.prioritize(bob.entry, 50);
  await Promise.all([ada.stands(3), bob.stands(1)]);
  await cancel(0);
  expect((await bob.client.heard('waitlist.offered')).data).toMatchObject({ status: 'offered' });
  await ada.stands(2);
  await inventory.decline(bob.entry, null);
  await ada.stands(1);
  expect(ada.client.of(ada.topic).at(-1)!.data).toMatchObject({
    id: formatId('waitlistEntry', ada.entry.id),
    position: 1,
    waiting: 3,
  });
  // Who waits no more is told no position.
  expect(bob.told().at(-1)).toBe(1);
  for (const { client, topic, seq } of [ada, bob]) {
    expect(gapsIn(client.of(topic), seq)).toEqual([]);
    // Each at least once: another worker that takes over says it again.
    const milestones = client.of(topic).flatMap(({ data }) => (data.milestone as string | null) ?? []);
    expect([...new Set(milestones)]).toEqual(['top_10', 'next']);
    await client.close();
  }
});

it('tells an entry at most once a second, however fast its list moves, and the end of it', async () => {
  const { join } = await queue(1);
  const before = await Promise.all(Array.from({ length: 60 }, () => join()));
  const { entry, client, topic, told, stands } = await follower(join, 0);
  await stands(61);
  for (const other of before) {
    await inventory.leave(other);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await stands(1);
  const times = client
    .of(topic)
    .filter(({ event }) => event === 'waitlist.position')
    .map(({ data }) => Date.parse(data.asOf as string));
  // Between reading where an entry stands and telling it passes some time, which may be shorter the second time.
  const gaps = times.slice(1).map((at, i) => at - times[i]!);
  expect(gaps.filter((ms) => ms < 500)).toEqual([]);
  expect(told().every((position, i, all) => i === 0 || position <= all[i - 1]!)).toBe(true);
  expect(told().length).toBeLessThan(60);
  await inventory.leave(entry);
  await client.close();
});

it('goes on after Redis forgot everything', async () => {
  const { join } = await queue(1);
  const first = await join();
  const ada = await follower(join, 1);
  await ada.stands(2);
  const admin = new Redis(redis.url());
  await admin.flushall();
  admin.disconnect();
  await inventory.leave(first);
  await ada.stands(1);
  await ada.client.close();
});

it('announces who comes to the front, also of those whom nobody follows', async () => {
  const { join } = await queue(1);
  const [first, second, third] = [await join(), await join(), await join()];
  await inventory.leave(first);
  const shard = databases.shards.ofId(first.eventId);
  const reached = async () => {
    const sql = 'SELECT milestone FROM waitlist_milestones WHERE entry_id = ANY($1) ORDER BY milestone';
    const { rows } = await shard.primary.sql.query<{ milestone: string }>(sql, [[second.id, third.id]]);
    return rows.map(({ milestone }) => milestone);
  };
  expect(await eventually(reached, ({ length }) => length === 2)).toEqual(['next', 'top_10']);
});
