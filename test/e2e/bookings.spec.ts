import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApi } from '../../apps/api/src/create-api.js';
import { readConfig } from '#libs/config';
import { formatId, newId } from '#libs/kernel';
import { Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { type Sale, countSold, openSale } from '../support/sale.js';

let databases: TestDatabases;
let app: NestFastifyApplication;
let shards: Shards;
let token: string;

beforeAll(async () => {
  databases = await createDatabases();
  app = await createApi(readConfig('api', { ...databases.env, THROTTLE_PROFILE: 'relaxed' }));
  shards = app.get(Shards);
  token = await register('ada@example.com');
});
afterAll(async () => {
  await app?.close();
  await databases?.drop();
});

async function register(email: string): Promise<string> {
  const payload = { email, password: 'a long password', name: 'Ada' };
  const response = await app.inject({ method: 'POST', url: '/v1/auth/register', payload });
  return response.json<{ accessToken: string }>().accessToken;
}

async function call(
  method: 'GET' | 'POST',
  url: string,
  payload?: object,
  headers: Record<string, string> = {},
) {
  const response = await app.inject({
    method,
    url,
    payload,
    headers: { authorization: `Bearer ${token}`, ...headers },
  });
  return { status: response.statusCode, headers: response.headers, body: response.json() };
}
const book = (sale: Sale, quantity: unknown, headers: Record<string, string> = {}) =>
  call(
    'POST',
    '/v1/bookings',
    {
      eventId: formatId('event', sale.eventId),
      items: [{ ticketTypeId: formatId('ticketType', sale.typeIds[0]!), quantity }],
    },
    headers,
  );

it('books, shows, and cancels over HTTP, in the form of the contract', async () => {
  const sale = await openSale(shards, { types: [{ capacity: 5, price: 4500 }] });
  const made = await book(sale, 2);
  expect(made.status).toBe(201);
  expect(made.body).toEqual({
    id: expect.stringMatching(/^bkg_/),
    reference: expect.stringMatching(/^\w{5}-\w{5}$/),
    eventId: formatId('event', sale.eventId),
    userId: expect.stringMatching(/^usr_/),
    status: 'confirmed',
    version: 1,
    total: { amount: 9000, currency: 'EUR' },
    items: [
      {
        ticketTypeId: formatId('ticketType', sale.typeIds[0]!),
        quantity: 2,
        unitPrice: { amount: 4500, currency: 'EUR' },
        priceVersion: 1,
      },
    ],
    admissions: [1, 2].map(() => ({
      id: expect.stringMatching(/^adm_/),
      code: expect.stringMatching(/^[\w-]{175}$/),
      ticketTypeId: formatId('ticketType', sale.typeIds[0]!),
    })),
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  });
  const shown = await call('GET', `/v1/bookings/${made.body.id}`);
  expect(shown.body).toEqual(made.body);
  expect(shown.headers.etag).toMatch(/^"1-/);

  for (const body of [{ reason: 5 }, { reason: 'x'.repeat(501) }, { status: 'confirmed' }]) {
    expect((await call('POST', `/v1/bookings/${made.body.id}/cancel`, body)).status).toBe(422);
  }
  const canceled = await call('POST', `/v1/bookings/${made.body.id}/cancel`);
  expect([canceled.status, canceled.body]).toEqual([200, { ...made.body, status: 'canceled', version: 2 }]);
  const again = await call('POST', `/v1/bookings/${made.body.id}/cancel`, { reason: 'twice' });
  expect([again.status, again.body]).toEqual([200, canceled.body]);
});

it('replays the first answer to a key, also after the booking was canceled', async () => {
  const sale = await openSale(shards);
  const key = { 'idempotency-key': 'a key' };
  const first = await book(sale, 1, key);
  await call('POST', `/v1/bookings/${first.body.id}/cancel`, undefined, { 'idempotency-key': 'b' });
  const second = await book(sale, 1, key);
  expect([second.status, second.body]).toEqual([201, first.body]);
  expect(second.headers['idempotency-replayed']).toBe('true');
  expect(first.headers['idempotency-replayed']).toBeUndefined();
  expect((await book(sale, 2, key)).body.code).toBe('idempotency_key_reused');
});

it.each([
  [0, 'quantity_out_of_range'],
  [-1, 'quantity_out_of_range'],
  [1.5, 'quantity_out_of_range'],
  [1e15, 'quantity_out_of_range'],
  [11, 'quantity_out_of_range'],
  ['2', 'validation_failed'],
  [null, 'validation_failed'],
  [[2], 'validation_failed'],
  [undefined, 'validation_failed'],
])('refuses %p places with 422', async (quantity, code) => {
  const sale = await openSale(shards);
  const { status, body } = await book(sale, quantity);
  expect([status, body.code]).toEqual([422, code]);
  expect(await countSold(shards, sale.eventId)).toEqual({ [sale.typeIds[0]!]: 0 });
});

it('refuses bodies that name nothing, too much, or things of somebody else', async () => {
  const [sale, other] = [await openSale(shards), await openSale(shards)];
  const eventId = formatId('event', sale.eventId);
  const item = { ticketTypeId: formatId('ticketType', sale.typeIds[0]!), quantity: 1 };
  const foreign = { ticketTypeId: formatId('ticketType', other.typeIds[0]!), quantity: 1 };
  const bodies = [
    {},
    { eventId },
    { eventId, items: [] },
    { eventId, items: item },
    { eventId, items: Array(51).fill(item) },
    { eventId, items: [item], price: 1 },
    { eventId, items: [{ ...item, unitPrice: 1 }] },
    { eventId, items: [foreign] },
    { eventId: formatId('event', newId(5)), items: [item] },
    { eventId: 'evt_x', items: [item] },
  ];
  for (const body of bodies) {
    const answer = await call('POST', '/v1/bookings', body);
    expect([body, answer.status, answer.body.code]).toEqual([body, 422, 'validation_failed']);
    expect(answer.body.errors.length).toBeGreaterThan(0);
  }
});

it('shows a booking to nobody else', async () => {
  const sale = await openSale(shards);
  const { body } = await book(sale, 1);
  const stranger = { authorization: `Bearer ${await register('eve@example.com')}` };
  expect((await call('GET', `/v1/bookings/${body.id}`, undefined, stranger)).status).toBe(404);
  expect((await call('POST', `/v1/bookings/${body.id}/cancel`, undefined, stranger)).status).toBe(404);
  expect(
    (await call('GET', '/v1/bookings?eventId=' + formatId('event', sale.eventId), undefined, stranger)).body,
  ).toEqual({
    data: [],
    nextCursor: null,
  });
});
