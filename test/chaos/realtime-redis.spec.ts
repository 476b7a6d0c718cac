import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { LiveClient, gapsIn } from '../support/live.client.js';
import { type Hall, LiveStage } from '../support/live.stage.js';
import { eventually } from '../support/relay.js';
import { ownRedis } from '../support/servers.js';

// Redis forgets, freezes and dies in mid-sale: bookings go on, and everybody who looks knows the truth afterwards.
let redis: Awaited<ReturnType<typeof ownRedis>>;
let stage: LiveStage;
let token: string;

beforeAll(async () => {
  redis = await ownRedis();
  stage = await LiveStage.open({ apis: 2, workers: 2 }, { redisUrl: redis.url() });
  ({ token } = await stage.signUp());
}, 240_000);
afterAll(async () => {
  await stage?.close();
  await redis?.stop();
});

const booked = (client: LiveClient, hall: Hall): number => {
  const state = client.of(hall.topic).flatMap(({ event, data }) => {
    if (event === 'snapshot') return data.availability;
    return event === 'availability.changed' ? data : [];
  });
  return state.at(-1)?.ticketTypes[0].booked ?? 0;
};

/** Follows by both processes while 60 places are booked; `disturb` runs when a third of them is. */
async function sell(hall: Hall, disturb: () => Promise<unknown>) {
  const clients = await Promise.all(stage.urls.map((url) => LiveClient.open(url)));
  const from = await Promise.all(
    clients.map(async (client) => (await client.subscribe([hall.topic]))[hall.topic]!),
  );
  let disturbed: Promise<unknown> | null = null;
  for (let n = 0; n < 60; n++) {
    if (n === 20) disturbed = disturb();
    await stage.book(hall, token, 1, n % 2);
    await sleep(20);
  }
  await disturbed;
  return { clients, from };
}

async function expectTruth(
  { clients, from }: Awaited<ReturnType<typeof sell>>,
  hall: Hall,
  count: number,
): Promise<void> {
  for (const [i, client] of clients.entries()) {
    await client.wait(() => booked(client, hall) === count);
    expect(gapsIn(client.of(hall.topic), from[i]!)).toEqual([]);
    expect(client.of(hall.topic).some(({ event }) => event === 'snapshot')).toBe(true);
    expect(client.closed).toBeNull();
  }
}

const health = async () =>
  (await (await fetch(`${stage.urls[0]}/health/ready`)).json()) as {
    status: string;
    redis: { status: string };
  };

it('goes on after FLUSHALL, with a snapshot where the sequence begins anew', async () => {
  const hall = await stage.publish();
  const sold = await sell(hall, async () => {
    const admin = new Redis(redis.url());
    await admin.flushall();
    admin.disconnect();
  });
  await expectTruth(sold, hall, 60);
  // Whoever comes back with a place of before the flush gets a snapshot.
  const late = await LiveClient.open(stage.urls[1]!);
  await late.subscribe([hall.topic], { [hall.topic]: sold.from[0]! });
  await late.heard('snapshot');
  expect(booked(late, hall)).toBe(60);
  await Promise.all([...sold.clients, late].map((client) => client.close()));
});

it.each([
  ['is killed', () => redis.kill(), () => redis.restart()],
  ['freezes', async () => redis.freeze(), async () => redis.thaw()],
])('pauses while Redis %s, says so, and gives everybody a snapshot on return', async (_, away, back) => {
  const hall = await stage.publish();
  const me = await LiveClient.open(stage.urls[0]!, `?token=${token}`);
  await me.subscribe(['me']);
  const sold = await sell(hall, async () => away());
  await eventually(health, (report) => report.redis.status === 'down' && report.status === 'degraded');
  await back();
  await eventually(health, (report) => report.redis.status === 'up');
  await expectTruth(sold, hall, 60);
  expect((await me.heard('snapshot')).data.bookings).toHaveLength(20);
  await stage.book(hall, token);
  await expectTruth(sold, hall, 61);
  await me.until(({ event, data }) => event === 'booking.confirmed' && data.eventId === hall.id);
  await Promise.all([...sold.clients, me].map((client) => client.close()));
});

it('lets clients follow while Redis is away, and tells them as soon as it is back', async () => {
  const hall = await stage.publish();
  await redis.kill();
  const client = await LiveClient.open(stage.urls[0]!);
  expect(await client.subscribe([hall.topic])).toEqual({ [hall.topic]: 0 });
  await stage.book(hall, token);
  await redis.restart();
  await client.heard('snapshot');
  await client.wait(() => booked(client, hall) === 1);
  await client.close();
});
