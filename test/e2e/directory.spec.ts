import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApi } from '../../apps/api/src/create-api.js';
import { createWorker } from '../../apps/worker/src/create-worker.js';
import { readConfig } from '#libs/config';
import { Users } from '#libs/identity';
import { parseId } from '#libs/kernel';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { eventually } from '../support/relay.js';

let databases: TestDatabases;
let api: NestFastifyApplication;
let worker: NestFastifyApplication;
let organizer: string;
let stranger: string;
let attendee: string;

beforeAll(async () => {
  databases = await createDatabases();
  api = await createApi(readConfig('api', { ...databases.env, THROTTLE_PROFILE: 'relaxed' }));
  worker = await createWorker(readConfig('worker', databases.env));
  organizer = await signUp('own@example.com', 'organizer');
  stranger = await signUp('foreign@example.com', 'organizer');
  attendee = await signUp('ada@example.com', 'attendee');
});
afterAll(async () => {
  await worker?.close();
  await api?.close();
  await databases?.drop();
});

async function signUp(email: string, role: 'organizer' | 'attendee'): Promise<string> {
  const { body } = await call(
    'POST',
    '/v1/auth/register',
    { email, password: 'a long password', name: 'A' },
    null,
  );
  if (role === 'organizer') await api.get(Users).changeRole(parseId('user', body.user.id)!, 'organizer');
  return body.accessToken;
}

async function call(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  url: string,
  payload?: object,
  token: string | null = organizer,
  headers: Record<string, string> = {},
) {
  const auth = token ? { authorization: `Bearer ${token}` } : {};
  const response = await api.inject({ method, url, payload, headers: { ...auth, ...headers } });
  return { status: response.statusCode, body: response.body ? JSON.parse(response.body) : undefined };
}

type Listed = {
  id: string;
  title: string;
  version: number;
  ticketTypes: { available: number; capacity: number }[];
};
const list = async (query = '', token: string | null = null): Promise<Listed[]> =>
  (await call('GET', `/v1/events${query}`, undefined, token)).body.data;
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
const create = async (changes: object = {}) => {
  const { body } = await call('POST', '/v1/events', {
    title: 'Mahler 5',
    category: 'concert',
    venue: { name: 'Philharmonie', city: 'Berlin', country: 'DE', timezone: 'Europe/Berlin' },
    startsAt: inDays(30),
    endsAt: inDays(31),
    ticketTypes: [
      { name: 'Standing', kind: 'general', capacity: 500, price: { amount: 4500, currency: 'EUR' } },
    ],
    ...changes,
  });
  return body;
};
const publish = async (changes: object = {}) => {
  const { id } = await create(changes);
  return (await call('POST', `/v1/events/${id}/publish`)).body;
};
const listed = (query: string, holds: (events: Listed[]) => boolean, token: string | null = null) =>
  eventually(() => list(query, token), holds);

it('shows events of all shards to everybody once they are published, with what is left of them', async () => {
  const titles = ['Aida zzlist', 'Hamlet zzlist', 'Orfeo zzlist', 'Tosca zzlist', '1984 zzlist'];
  const events = await Promise.all(titles.map((title) => publish({ title })));
  const draft = await create({ title: 'Carmen zzlist' });
  const found = await listed(
    '?search=zzlist',
    (all) => all.length === 5 && all.every((e) => e.ticketTypes[0]!.capacity > 0),
  );
  expect(found.map((event) => event.title).sort()).toEqual([...titles].sort());
  expect(found.find((event) => event.title === 'Aida zzlist')).toEqual({
    id: events[0].id,
    version: 2,
    status: 'published',
    shard: 'shard-1',
    organizationId: events[0].organizationId,
    title: 'Aida zzlist',
    description: '',
    category: 'concert',
    venue: events[0].venue,
    startsAt: events[0].startsAt,
    endsAt: events[0].endsAt,
    salesStartAt: null,
    salesEndAt: null,
    createdAt: events[0].createdAt,
    updatedAt: events[0].updatedAt,
    ticketTypes: [
      {
        id: events[0].ticketTypes[0].id,
        name: 'Standing',
        kind: 'general',
        price: { amount: 4500, currency: 'EUR' },
        capacity: 500,
        available: 500,
      },
    ],
  });
  expect(found.map((event) => event.id)).not.toContain(draft.id);
});

it('follows edits, sales, cancellations and deletions', async () => {
  const event = await publish({ title: 'Before zzfollow' });
  await call('PATCH', `/v1/events/${event.id}`, { title: 'After zzfollow' }, organizer, { 'if-match': '*' });
  await listed('?search=zzfollow', (all) => all[0]?.title === 'After zzfollow');
  const items = [{ ticketTypeId: event.ticketTypes[0].id, quantity: 3 }];
  await call('POST', '/v1/bookings', { eventId: event.id, items }, attendee);
  await listed('?search=zzfollow', (all) => all[0]?.ticketTypes[0]!.available === 497);
  await call('POST', `/v1/events/${event.id}/cancel`);
  await listed('?search=zzfollow', (all) => all.length === 0);

  const draft = await create({ title: 'Gone zzfollow' });
  const mine = '?mine=true&search=zzfollow';
  await listed(mine, (all) => all.some((one) => one.id === draft.id), organizer);
  await call('DELETE', `/v1/events/${draft.id}`, undefined, organizer, { 'if-match': '*' });
  await listed(mine, (all) => all.length === 1 && all[0]!.id === event.id, organizer);
});

it('lists one’s own events in every state, and nobody else’s', async () => {
  await create({ title: 'Draft zzmine' });
  await publish({ title: 'Public zzmine' });
  await listed('?mine=true&search=zzmine', (all) => all.length === 2, organizer);
  const titles = async (query: string, token: string) =>
    (await list(`?search=zzmine&mine=true${query}`, token)).map((e) => e.title);
  expect(await titles('&status=draft', organizer)).toEqual(['Draft zzmine']);
  expect(await titles('&status=published', organizer)).toEqual(['Public zzmine']);
  expect(await titles('&status=ended', organizer)).toEqual([]);
  expect(await titles('', stranger)).toEqual([]);
  expect((await call('GET', '/v1/events?mine=true', undefined, null)).body.code).toBe('unauthenticated');
  expect((await call('GET', '/v1/events?mine=true', undefined, attendee)).body.code).toBe('forbidden');
});

it('takes whole days and times as bounds, with their ends', async () => {
  await publish({ title: 'zzbound', startsAt: '2098-05-05T23:59:59.999Z', endsAt: null });
  await listed('?search=zzbound', (all) => all.length === 1);
  const found = async (query: string) => (await list(`?search=zzbound&${query}`)).length;
  expect(await found('from=2098-05-05&to=2098-05-05')).toBe(1);
  expect(await found('from=2098-05-06')).toBe(0);
  expect(await found('to=2098-05-04')).toBe(0);
  expect(await found('from=2098-05-05T23:59:59.999Z&to=2098-05-06T01:59:59.999%2B02:00')).toBe(1);
});

it('finds nothing by signs that are no words', async () => {
  await publish({ title: '!!! zzsigns' });
  await listed('?search=zzsigns', (all) => all.length === 1);
  expect(await list('?search=%26%7C%21%28')).toEqual([]);
});

it.each([
  ['limit=0', 'limit'],
  ['limit=101', 'limit'],
  ['limit=x', 'limit'],
  ['search=', 'search'],
  ['country=XX', 'country'],
  ['from=yesterday', 'from'],
  ['from=2098-02-30', 'from'],
  ['from=2098-01-02&to=2098-01-01', 'to'],
  ['minPrice=-1', 'minPrice'],
  ['maxPrice=1.5', 'maxPrice'],
  ['minPrice=2&maxPrice=1', 'maxPrice'],
  ['availableOnly=1', 'availableOnly'],
  ['sort=price', 'sort'],
  ['status=draft', 'status'],
  ['mine=true&status=sold', 'status'],
  ['city=a&city=b', 'city'],
  ['color=red', 'color'],
])('refuses the query %s', async (query, path) => {
  const { status, body } = await call('GET', `/v1/events?${query}`);
  expect({ status, code: body.code, paths: body.errors?.map((e: { path: string }) => e.path) }).toEqual({
    status: 422,
    code: 'validation_failed',
    paths: [path],
  });
});

it('refuses a cursor that it did not give', async () => {
  const { status, body } = await call('GET', '/v1/events?cursor=abc');
  expect({ status, code: body.code }).toEqual({ status: 422, code: 'invalid_cursor' });
});

it('cancels the bookings of a canceled event, all of them', async () => {
  const event = await publish({ title: 'zzcancel' });
  const items = [{ ticketTypeId: event.ticketTypes[0].id, quantity: 1 }];
  const booking = () => call('POST', '/v1/bookings', { eventId: event.id, items }, attendee);
  const booked = await Promise.all(Array.from({ length: 250 }, booking));
  expect(new Set(booked.map((answer) => answer.status))).toEqual(new Set([201]));
  const canceled = await call('POST', `/v1/events/${event.id}/cancel`);
  expect(canceled.body.canceling).toEqual({ done: 0, total: 250 });
  const read = () => call('GET', `/v1/events/${event.id}`, undefined, null);
  const done = await eventually(
    async () => (await read()).body,
    (body) => body.canceling === null,
  );
  expect(done.status).toBe('canceled');
  const { body } = await call('GET', `/v1/events/${event.id}/availability`, undefined, attendee);
  expect(body.ticketTypes[0]).toMatchObject({ capacity: 500, available: 500, held: 0, booked: 0 });
  const states = await Promise.all(
    booked
      .slice(0, 5)
      .map(
        async (one) => (await call('GET', `/v1/bookings/${one.body.id}`, undefined, attendee)).body.status,
      ),
  );
  expect(states).toEqual(Array(5).fill('canceled'));
});
