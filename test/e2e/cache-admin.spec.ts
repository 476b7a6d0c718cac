import { Redis } from 'ioredis';
import { newId, parseId } from '#libs/kernel';
import { requireSlot } from '#libs/sharding';
import { until } from '../support/until.js';
import { type Asked, CacheClient } from './cache.client.js';

let client: CacheClient;
let redis: Redis;
/** Two API processes. */
let here: string;
let there: string;

beforeAll(async () => {
  client = await CacheClient.start();
  ({ here, there } = client);
  redis = new Redis(client.redis.url());
}, 180_000);
afterAll(async () => {
  redis?.disconnect();
  await client?.stop();
}, 120_000);

const ask = (path: string, asked?: Asked) => client.ask(path, asked);
const admin = (path: string, body?: object) =>
  ask(`/v1/admin/cache${path}`, { token: client.admin, ...(body && { method: 'POST', body }) });
const idOf = (event: string) => event.split('/').at(-1)!;
const generation = (event: string) => redis.get(`evently:cache:tag:event:${parseId('event', idOf(event))}`);
const retitle = (event: string, title: string) =>
  client.behindTheirBacks(event, ['UPDATE events SET title = $2 WHERE id = $1', title]);

it('shows how the cache stands', async () => {
  const event = await client.newEvent();
  const tiersOf = async () => {
    const { status, body } = await admin('');
    expect(status).toBe(200);
    expect(body).toMatchObject({ redis: true, process: { name: expect.any(String) } });
    return { ...body, hits: Object.fromEntries(body.tiers.map((tier: any) => [tier.tier, tier.hits])) };
  };
  const before = await tiersOf();
  expect(Object.keys(before.hits)).toEqual(['l1', 'l2', 'l3']);
  await ask(event);
  await until(async () => (await ask(event)).tier === 'l1');
  const after = await tiersOf();
  for (const tier of ['l1', 'l3']) expect(after.hits[tier]).toBeGreaterThan(before.hits[tier]);
  expect(after.loads).toBeGreaterThan(before.loads);
  expect(after.entries).toBeGreaterThan(0);
  expect(after.bytes).toBeGreaterThan(0);
});

it('warms an event, a list, a single answer, by the names that clients know', async () => {
  // A life of seconds is sometimes over on a busy machine.
  await until(async () => {
    const event = await client.newEvent();
    const id = idOf(event);
    const keys = ['event.1', 'availability.1', 'seats.1'].map((form) => `${form}:${id}`);
    const { status, body } = await admin('/warm', { events: [id] });
    expect(status).toBe(200);
    expect(body).toEqual({ data: keys.map((key) => ({ key, found: true })) });
    const first = [await ask(event), await ask(`${event}/availability`), await ask(`${event}/seats`)];
    const elsewhere = await ask(event, { at: there });
    return first.every(({ tier }) => tier === 'l1') && elsewhere.tier === 'l2';
  });
  const keys = ['directory.1:city=Berlin&limit=5', 'strange.1:x'];
  expect((await admin('/warm', { keys, tags: ['directory'] })).body).toEqual({
    data: [
      { key: 'directory.1:', found: true },
      { key: 'directory.1:city=Berlin&limit=5', found: true },
    ],
  });
  const draft = idOf(await client.newEvent('Secret', false));
  expect((await admin('/warm', { keys: [`event.1:${draft}`] })).body).toEqual({
    data: [{ key: `event.1:${draft}`, found: false }],
  });
});

it('makes answers invalid in both processes', async () => {
  for (const name of ['events', 'tags', 'keys']) {
    const event = await client.newEvent('Before');
    for (const at of [here, there]) await ask(event, { at });
    await retitle(event, 'After');
    const id = idOf(event);
    const names = { events: [id], tags: [`event:${id}`], keys: [`event.1:${id}`] }[name];
    expect(await admin('/invalidate', { [name]: names })).toMatchObject({
      status: 200,
      body: { everywhere: true },
    });
    expect((await ask(event)).body.title).toBe('After');
    await until(async () => (await ask(event, { at: there })).body.title === 'After');
  }
});

it('refuses names that are none', async () => {
  for (const path of ['/warm', '/invalidate']) {
    for (const body of [
      {},
      { tags: [] },
      { events: ['evt_nonsense'] },
      { keys: [7] },
      { colours: ['red'] },
    ]) {
      expect((await admin(path, body)).status).toBe(422);
    }
  }
});

it('is told by the worker of an edit whose process died before it could tell anybody', async () => {
  const event = await client.newEvent('Before');
  const id = parseId('event', idOf(event))!;
  // What the edit of the event itself told is over.
  let before = await generation(event);
  await until(async () => {
    const now = await generation(event);
    const settled =
      now === before &&
      (await ask('/v1/events?search=Before')).body.data.some((e: any) => e.id === idOf(event));
    before = now;
    return settled;
  });
  await client.behindTheirBacks(
    event,
    [`UPDATE events SET title = 'After', version = version + 1 WHERE id = $1`],
    [
      `INSERT INTO outbox (id, type, subject, subject_version, payload)
       SELECT $2, type, subject, subject_version + 1, jsonb_set(payload::jsonb, '{title}', '"After"')
       FROM outbox WHERE subject = $1 AND type = 'event.changed' ORDER BY subject_version DESC LIMIT 1`,
      newId(requireSlot(id)),
    ],
  );
  await until(async () => (await generation(event)) !== before);
  for (const at of [here, there]) await until(async () => (await ask(event, { at })).body.title === 'After');
  for (const at of [here, there])
    await until(async () =>
      (await ask('/v1/events?search=After', { at })).body.data.some((e: any) => e.id === idOf(event)),
    );
});

it('says when other processes could not be told', async () => {
  await client.redis.kill();
  try {
    expect((await admin('/invalidate', { tags: ['directory'] })).body).toEqual({ everywhere: false });
    await until(async () => !(await admin('')).body.redis);
  } finally {
    await client.redis.restart();
  }
  await until(async () => (await admin('')).body.redis);
}, 120_000);
