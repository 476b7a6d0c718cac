import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { parseId } from '#libs/kernel';
import { until } from '../support/until.js';
import { type Asked, CacheClient } from './cache.client.js';
import { section, stalls, standing } from './events.client.js';

let client: CacheClient;
let redis: Redis;
/** Two API processes. */
let here: string;
let there: string;
let ada: string;

/** So long ago that what anybody wrote since is known. */
const remember = () => redis.set('evently:cache:since', Date.now() - 60_000);

beforeAll(async () => {
  client = await CacheClient.start();
  ({ here, there, attendee: ada } = client);
  redis = new Redis(client.redis.url());
  redis.on('error', () => {});
  await remember();
}, 180_000);
afterAll(async () => {
  redis?.disconnect();
  await client?.stop();
}, 120_000);

const ask = (path: string, asked?: Asked) => client.ask(path, asked);

interface Sale {
  path: string;
  standing: string;
  stalls: string;
}

async function open(): Promise<Sale> {
  const sold = { ticketTypes: [standing, stalls], seatMap: { sections: [section('A'), section('B')] } };
  const path = await client.newEvent('Mahler 5', true, sold);
  const { ticketTypes } = (await ask(path)).body;
  return { path, standing: ticketTypes[0].id, stalls: ticketTypes[1].id };
}

async function book(sale: Sale, items: object[], at = here): Promise<void> {
  const eventId = sale.path.split('/').at(-1);
  const { status } = await ask('/v1/bookings', { at, method: 'POST', token: ada, body: { eventId, items } });
  expect(status).toBe(201);
}
const place = (sale: Sale) => [{ ticketTypeId: sale.standing, quantity: 1 }];
const booked = async (sale: Sale, asked: Asked): Promise<number> => {
  const { status, body } = await ask(`${sale.path}/availability`, asked);
  expect(status).toBe(200);
  for (const { capacity, available, held, booked } of body.ticketTypes)
    expect(available + held + booked).toBe(capacity);
  return body.ticketTypes[0].booked;
};
const taken = async (sale: Sale, asked: Asked): Promise<string[]> => {
  const { status, body } = await ask(`${sale.path}/seats?section=A`, asked);
  expect(status).toBe(200);
  return body.data.filter((seat: { status: string }) => seat.status === 'booked').map(({ id }: any) => id);
};

it('comes from the database, then from memory, and elsewhere from Redis', async () => {
  for (const what of ['availability', 'seats']) {
    // A life of less than half a second is sometimes over on a busy machine.
    await until(async () => {
      const path = `${(await open()).path}/${what}`;
      const first = await ask(path);
      expect(first).toMatchObject({ status: 200, tier: 'l3', type: 'application/json; charset=utf-8' });
      const [second, third] = [await ask(path), await ask(path, { at: there })];
      return second.tier === 'l1' && third.tier === 'l2' && third.etag === first.etag;
    });
  }
});

it('is the same for its organizer, who is not served from the cache', async () => {
  const { path } = await open();
  for (const what of ['availability', 'seats', 'seats?section=B']) {
    const mine = await ask(`${path}/${what}`, { token: client.organizer });
    const { body, etag } = await ask(`${path}/${what}`);
    expect(mine).toMatchObject({ status: 200, tier: null, etag });
    expect({ ...mine.body, asOf: null }).toEqual({ ...body, asOf: null });
  }
});

it('answers 304 as long as nothing moved, and 200 after', async () => {
  const sale = await open();
  for (const what of ['availability', 'seats']) {
    const { etag } = await ask(`${sale.path}/${what}`);
    const headers = { 'if-none-match': etag! };
    expect(await ask(`${sale.path}/${what}`, { headers })).toMatchObject({ status: 304, body: undefined });
    // Also after it was read anew: only the moment is another.
    await redis.flushall();
    await remember();
    expect((await ask(`${sale.path}/${what}`, { headers, at: there })).status).toBe(304);
    await book(sale, place(sale));
    await until(async () => (await ask(`${sale.path}/${what}`, { headers })).status === 200);
  }
});

it('shows people at once what they did themselves, in any process', async () => {
  const sale = await open();
  const { body } = await ask(`${sale.path}/seats`);
  const seats = body.data.filter((seat: { section: string }) => seat.section === 'A');
  for (let n = 1; n <= 10; n++) {
    const [at, other] = n % 2 ? [here, there] : [there, here];
    // What all others are shown is in the memory of both.
    for (const each of [here, there])
      await Promise.all([booked(sale, { at: each }), taken(sale, { at: each })]);
    await book(sale, [...place(sale), { ticketTypeId: sale.stalls, seatIds: [seats[n].id] }], at);
    expect(await booked(sale, { at: other, token: ada })).toBe(n);
    expect(await taken(sale, { at: other, token: ada })).toHaveLength(n);
  }
});

it('shows everybody what was done soon after, and without another reading of the database if it is asked often', async () => {
  const sale = await open();
  // Where Redis keeps the counters longer, only what the lane tells it can show the booking. A reading that was under way before
  // would end that again.
  const key = `evently:cache:live:availability.1:${parseId('event', sale.path.split('/').at(-1)!)}`;
  let before = 0;
  await until(async () => {
    await booked(sale, { at: there });
    await redis.persist(key);
    before = await client.loads('availability');
    await pause(500);
    return (await redis.ttl(key)) === -1 && (await client.loads('availability')) === before;
  });
  await book(sale, place(sale));
  await until(async () => (await booked(sale, { at: there })) === 1);
  await until(async () => (await booked(sale, { at: here })) === 1);
  expect(await client.loads('availability')).toBe(before);
});

it('heals by itself when nobody was told of a change', async () => {
  const sale = await open();
  for (const at of [here, there]) await booked(sale, { at });
  await client.behindTheirBacks(sale.path, [
    'UPDATE stock SET available = available - 7, booked = booked + 7 WHERE event_id = $1 AND ticket_type_id = $2',
    parseId('ticketType', sale.standing),
  ]);
  for (const at of [here, there]) await until(async () => (await booked(sale, { at })) === 7);
});

it('shows no draft to anybody but its organizer, and everybody the event once it is published', async () => {
  const path = await client.newEvent('Secret', false);
  for (const what of ['availability', 'seats']) {
    for (const at of [here, there]) {
      expect((await ask(`${path}/${what}`, { at, token: client.organizer })).status).toBe(200);
      for (const token of [null, ada]) expect((await ask(`${path}/${what}`, { at, token })).status).toBe(404);
    }
  }
  await ask(`${path}/publish`, { method: 'POST', token: client.organizer });
  for (const what of ['availability', 'seats']) {
    expect((await ask(`${path}/${what}`)).status).toBe(200);
    await until(async () => (await ask(`${path}/${what}`, { at: there })).status === 200);
  }
});

it('refuses what is no section, however often it is asked', async () => {
  const { path } = await open();
  for (const wrong of ['section=', 'section=A&section=B', 'rows=1', `section=${'x'.repeat(101)}`]) {
    for (let n = 0; n < 2; n++) expect((await ask(`${path}/seats?${wrong}`)).status).toBe(422);
  }
  expect((await ask(`${path}/seats?section=nowhere`)).body.data).toEqual([]);
});

it('reads the database once when a thousand ask both processes at once', async () => {
  const { path } = await open();
  const before = await client.loads('seats');
  const asked = Array.from({ length: 1000 }, (_, n) => ask(`${path}/seats`, { at: n % 2 ? here : there }));
  expect(new Set((await Promise.all(asked)).map(({ status }) => status))).toEqual(new Set([200]));
  // Once for each life of .8 s that a busy machine took for all of them.
  const read = (await client.loads('seats')) - before;
  expect(read).toBeGreaterThanOrEqual(1);
  expect(read).toBeLessThan(20);
}, 60_000);

it.each([
  ['has just forgotten everything', async () => void (await redis.flushall()), async () => {}],
  ['is frozen', async () => client.redis.freeze(), async () => client.redis.thaw()],
  ['is gone', async () => client.redis.kill(), async () => client.redis.restart()],
])(
  'shows people what they did themselves also while Redis %s',
  async (_, away, back) => {
    const sale = await open();
    for (const at of [here, there]) await booked(sale, { at });
    await away();
    try {
      for (let n = 1; n <= 4; n++) {
        const [at, other] = n % 2 ? [here, there] : [there, here];
        await book(sale, place(sale), at);
        expect(await booked(sale, { at: other, token: ada })).toBe(n);
        await until(async () => (await booked(sale, { at: other })) === n);
      }
    } finally {
      await back();
    }
    await until(async () => (await redis.ping().catch(() => null)) === 'PONG');
    await remember();
  },
  120_000,
);
