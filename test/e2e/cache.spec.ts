import { until } from '../support/until.js';
import { type Asked, CacheClient } from './cache.client.js';

let client: CacheClient;
/** Two API processes. */
let here: string;
let there: string;
let organizer: string;
let attendee: string;

beforeAll(async () => {
  client = await CacheClient.start();
  ({ here, there, organizer, attendee } = client);
}, 180_000);
afterAll(() => client?.stop(), 120_000);

const ask = (path: string, asked?: Asked) => client.ask(path, asked);
const newEvent = (title?: string, published?: boolean) => client.newEvent(title, published);
const loads = () => client.loads('event');

it('reads an event from the database, then from memory, and elsewhere from Redis', async () => {
  const event = await newEvent();
  const first = await ask(event);
  expect(first).toMatchObject({ status: 200, tier: 'l3', type: 'application/json; charset=utf-8' });
  expect(first.etag).toBe((await ask(event, { token: organizer })).etag);
  const same = { ...first, tier: expect.any(String) };
  for (const asked of [{}, { token: attendee }, { at: there }]) expect(await ask(event, asked)).toEqual(same);
  // Memory lives a second or two, which a busy machine may take for one request.
  await until(async () => (await ask(event)).tier === 'l1');
  await until(async () => (await ask(event, { token: attendee })).tier === 'l1');
  await until(async () => {
    const next = await newEvent();
    await ask(next);
    return (await ask(next, { at: there })).tier === 'l2';
  });
});

it('answers 304 from memory to whoever has it already', async () => {
  const event = await newEvent();
  const { etag } = await ask(event);
  const headers = { 'if-none-match': etag! };
  expect(await ask(event, { headers })).toMatchObject({ status: 304, etag, body: undefined });
  await until(async () => (await ask(event, { headers })).tier === 'l1');
  expect((await ask(event, { headers: { 'if-none-match': '"1-other"' } })).status).toBe(200);
});

it('still refuses bad credentials and ids', async () => {
  const event = await newEvent();
  await ask(event);
  expect((await ask(event, { token: 'forged' })).status).toBe(401);
  expect((await ask(event, { headers: { 'x-api-key': 'forged' } })).status).toBe(401);
  expect((await ask('/v1/events/evt_nonsense')).status).toBe(404);
});

it('reads the database once when a thousand ask both processes at once', async () => {
  const event = await newEvent();
  await client.allTold();
  const before = await loads();
  const asked = Array.from({ length: 1000 }, (_, n) => ask(event, { at: n % 2 ? here : there }));
  expect(new Set((await Promise.all(asked)).map(({ status }) => status))).toEqual(new Set([200]));
  expect((await loads()) - before).toBe(1);
}, 60_000);

it('shows an edit at once where it was made, and everywhere as soon as it is heard', async () => {
  const event = await newEvent('Before');
  for (const at of [here, there]) await ask(event, { at });
  const edit = { method: 'PATCH', token: organizer, body: { title: 'After' }, headers: { 'if-match': '*' } };
  expect((await ask(event, edit)).status).toBe(200);
  expect((await ask(event)).body.title).toBe('After');
  await until(async () => (await ask(event, { at: there })).body.title === 'After');
});

it('never shows a draft to strangers, and shows it to all once it is published', async () => {
  const event = await newEvent('Secret', false);
  const strangers = [
    { at: here },
    { at: there },
    { at: here, token: attendee },
    { at: there, token: attendee },
  ];
  // Whatever its organizer sees is kept for nobody.
  for (const at of [here, there]) {
    expect(await ask(event, { at, token: organizer })).toMatchObject({ status: 200, tier: null });
    for (const stranger of strangers) expect((await ask(event, stranger)).status).toBe(404);
  }
  expect((await ask(`${event}/publish`, { method: 'POST', token: organizer })).status).toBe(200);
  expect(await ask(event)).toMatchObject({ status: 200, body: { title: 'Secret', status: 'published' } });
  await until(async () => (await ask(event, { at: there })).status === 200);
});

it('takes lists and searches from the cache, but not one’s own', async () => {
  const query = `/v1/events?city=Berlin&search=unheard`;
  expect(await ask(query)).toMatchObject({ status: 200, tier: 'l3', body: { data: [], nextCursor: null } });
  const again = await ask('/v1/events?search=unheard&city=Berlin');
  expect(again.status).toBe(200);
  expect(again.tier).not.toBeNull();
  await newEvent('Known to its organizer', false);
  await until(async () => {
    const own = await ask('/v1/events?mine=true&search=organizer', { token: organizer });
    expect(own).toMatchObject({ status: 200, tier: null });
    return own.body.data.length === 1;
  });
  expect((await ask('/v1/events?mine=true')).status).toBe(401);
  for (const wrong of ['limit=0', 'colour=red', 'limit=1&limit=2', 'cursor=broken']) {
    for (let n = 0; n < 2; n++) expect((await ask(`/v1/events?${wrong}`)).status).toBe(422);
  }
  await newEvent('Unheard of');
  await until(async () => (await ask(query)).body.data.length === 1);
});

it('goes on from memory and databases without Redis', async () => {
  const event = await newEvent();
  const other = await newEvent();
  await ask(event);
  await client.redis.kill();
  try {
    expect((await ask(event)).status).toBe(200);
    expect(await ask(other)).toMatchObject({ status: 200, tier: 'l3' });
    await until(async () => (await ask(other)).tier === 'l1');
  } finally {
    await client.redis.restart();
  }
  await until(async () => {
    const next = await newEvent();
    await ask(next);
    return (await ask(next, { at: there })).tier === 'l2';
  });
}, 120_000);
