import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApi } from '../../apps/api/src/create-api.js';
import { readConfig } from '#libs/config';
import { Users } from '#libs/identity';
import { formatId, newId, parseId } from '#libs/kernel';
import { Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { type Sale, countSold, openSale } from '../support/sale.js';

let databases: TestDatabases;
let app: NestFastifyApplication;
let shards: Shards;
let ada: string;
let bob: string;
let organizer: string;
let organizationId: string;

beforeAll(async () => {
  databases = await createDatabases();
  app = await createApi(readConfig('api', { ...databases.env, THROTTLE_PROFILE: 'relaxed' }));
  shards = app.get(Shards);
  ada = (await register('ada')).accessToken;
  bob = (await register('bob')).accessToken;
  const { user } = await register('org');
  await app.get(Users).changeRole(parseId('user', user.id)!, 'organizer');
  organizer = await login('org');
  const me = await call('GET', '/v1/me', undefined, organizer);
  organizationId = parseId('organization', me.body.organizationId)!;
});
afterAll(async () => {
  await app?.close();
  await databases?.drop();
});

const password = 'a long password';
async function register(name: string) {
  const payload = { email: `${name}@example.com`, password, name };
  const response = await app.inject({ method: 'POST', url: '/v1/auth/register', payload });
  return response.json<{ accessToken: string; user: { id: string } }>();
}
async function login(name: string): Promise<string> {
  const payload = { email: `${name}@example.com`, password };
  const response = await app.inject({ method: 'POST', url: '/v1/auth/login', payload });
  return response.json<{ accessToken: string }>().accessToken;
}

async function call(
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  payload?: object,
  token = ada,
  headers: Record<string, string> = {},
) {
  const response = await app.inject({
    method,
    url,
    payload,
    headers: { authorization: `Bearer ${token}`, ...headers },
  });
  const text = response.body;
  return {
    status: response.statusCode,
    headers: response.headers,
    body: text ? JSON.parse(text) : undefined,
  };
}

const itemsOf = (sale: Sale, ...quantities: unknown[]) =>
  quantities.map((quantity, i) => ({ ticketTypeId: formatId('ticketType', sale.typeIds[i]!), quantity }));
const hold = (sale: Sale, quantity: unknown, options: object = {}, token = ada, headers = {}) => {
  const url = `/v1/events/${formatId('event', sale.eventId)}/holds`;
  return call('POST', url, { items: itemsOf(sale, quantity), ...options }, token, headers);
};
const consume = (holdId: string, token = ada, headers: Record<string, string> = {}) =>
  call('POST', '/v1/bookings', { holdId }, token, headers);
const countersOf = async (sale: Sale) => {
  const url = `/v1/events/${formatId('event', sale.eventId)}/availability`;
  const { body } = await call('GET', url);
  return body.ticketTypes.map((t: Record<string, number>) => [t.available, t.held, t.booked]);
};
/** Lets a hold lapse, as its time would. */
const lapse = (holdId: string) => {
  const id = parseId('hold', holdId)!;
  return shards
    .ofId(id)
    .primary.sql.query(
      `UPDATE holds SET created_at = created_at - interval '1 h', expires_at = clock_timestamp() - interval '1 ms' WHERE id = $1`,
      [id],
    );
};

describe('a hold', () => {
  it('keeps places at the price of the moment, and becomes a booking at that price', async () => {
    const sale = await openSale(shards, {
      types: [
        { capacity: 5, price: 4500 },
        { capacity: 9, price: 100 },
      ],
    });
    const url = `/v1/events/${formatId('event', sale.eventId)}/holds`;
    const made = await call('POST', url, { items: itemsOf(sale, 2, 3) });
    expect(made.status).toBe(201);
    const unit = (amount: number) => ({ amount, currency: 'EUR' });
    expect(made.body).toEqual({
      id: expect.stringMatching(/^hld_/),
      eventId: formatId('event', sale.eventId),
      status: 'active',
      items: [
        { ...itemsOf(sale, 2)[0], unitPrice: unit(4500), priceVersion: 1 },
        { ...itemsOf(sale, 2, 3)[1], unitPrice: unit(100), priceVersion: 1 },
      ],
      total: unit(9300),
      expiresAt: expect.any(String),
      createdAt: expect.any(String),
      bookingId: null,
    });
    expect(Date.parse(made.body.expiresAt) - Date.parse(made.body.createdAt)).toBe(600_000);
    expect(await countersOf(sale)).toEqual([
      [3, 2, 0],
      [6, 3, 0],
    ]);
    await shards
      .ofId(sale.eventId)
      .primary.sql.query(
        'UPDATE ticket_types SET price_amount = 9999, price_version = 2 WHERE event_id = $1',
        [sale.eventId],
      );
    const booked = await consume(made.body.id);
    expect(booked.status).toBe(201);
    expect(booked.body).toMatchObject({ total: unit(9300), items: made.body.items, status: 'confirmed' });
    expect(booked.body.admissions).toHaveLength(5);
    expect(await countersOf(sale)).toEqual([
      [3, 0, 2],
      [6, 0, 3],
    ]);
    const after = await call('GET', `/v1/holds/${made.body.id}`);
    expect(after.body).toEqual({ ...made.body, status: 'consumed', bookingId: booked.body.id });
    const again = await consume(made.body.id);
    expect([again.status, again.body.code]).toEqual([409, 'hold_consumed']);
    const release = await call('DELETE', `/v1/holds/${made.body.id}`);
    expect([release.status, release.body.code]).toEqual([409, 'hold_consumed']);
  });

  it('is given back at once, and a second time', async () => {
    const sale = await openSale(shards, { types: [{ capacity: 4 }] });
    const { body } = await hold(sale, 4);
    expect((await hold(sale, 1)).body.code).toBe('sold_out');
    expect((await call('DELETE', `/v1/holds/${body.id}`)).status).toBe(204);
    expect(await countersOf(sale)).toEqual([[4, 0, 0]]);
    expect((await call('DELETE', `/v1/holds/${body.id}`)).status).toBe(204);
    expect((await call('GET', `/v1/holds/${body.id}`)).body.status).toBe('released');
    const late = await consume(body.id);
    expect([late.status, late.body.code]).toEqual([409, 'hold_expired']);
    expect(await countSold(shards, sale.eventId)).toEqual({ [sale.typeIds[0]!]: 0 });
  });

  it('that has lapsed is expired for everybody, cannot be consumed, and frees its places for the next who asks', async () => {
    const sale = await openSale(shards, { types: [{ capacity: 4 }] });
    const { body } = await hold(sale, 4);
    await lapse(body.id);
    // No timer runs here: the counters still have it, its readers do not.
    expect(await countersOf(sale)).toEqual([[0, 4, 0]]);
    expect((await call('GET', `/v1/holds/${body.id}`)).body.status).toBe('expired');
    const late = await consume(body.id);
    expect([late.status, late.body.code]).toEqual([409, 'hold_expired']);
    expect(await countersOf(sale)).toEqual([[4, 0, 0]]);
    const second = await hold(sale, 4);
    await lapse(second.body.id);
    const other = await hold(sale, 4, {}, bob);
    expect(other.status).toBe(201);
    expect((await call('DELETE', `/v1/holds/${second.body.id}`)).status).toBe(204);
    expect(await countersOf(sale)).toEqual([[0, 4, 0]]);
    const { rows } = await shards
      .ofId(sale.eventId)
      .primary.sql.query<{ subject: string }>(
        `SELECT subject FROM outbox WHERE type = 'hold.expired' AND payload ->> 'eventId' = $1 ORDER BY id`,
        [sale.eventId],
      );
    expect(rows.map((row) => formatId('hold', row.subject))).toEqual([body.id, second.body.id]);
  });

  it('never passes the end of sales', async () => {
    const sale = await openSale(shards, { salesEndIn: 0.1 });
    const { body } = await hold(sale, 1, { ttlSeconds: 1800 });
    const life = Date.parse(body.expiresAt) - Date.parse(body.createdAt);
    expect(life).toBeGreaterThan(0);
    expect(life).toBeLessThanOrEqual(360_000);
  });

  it('counts against the limit a person, together with bookings, until it is over', async () => {
    const sale = await openSale(shards, { types: [{ capacity: 50, maxPerPerson: 5 }] });
    const first = await hold(sale, 3);
    const refused = await hold(sale, 3);
    expect(refused.body).toMatchObject({ code: 'person_limit_reached', limit: 5, have: 3 });
    expect((await hold(sale, 3, {}, bob)).status).toBe(201);
    await consume(first.body.id);
    expect((await hold(sale, 3)).body).toMatchObject({ code: 'person_limit_reached', have: 3 });
    const second = await hold(sale, 2);
    expect(second.status).toBe(201);
    await lapse(second.body.id);
    expect((await hold(sale, 2)).status).toBe(201);
    const parallel = await Promise.all(Array.from({ length: 20 }, () => hold(sale, 1, {}, organizer)));
    expect(parallel.filter((answer) => answer.status === 201)).toHaveLength(5);
    expect(parallel.filter((answer) => answer.body.code === 'person_limit_reached')).toHaveLength(15);
    await countSold(shards, sale.eventId);
  });

  it('is consumed once, however many try at once; the same key answers all alike', async () => {
    const sale = await openSale(shards, { types: [{ capacity: 5 }] });
    const one = await hold(sale, 2);
    const tries = await Promise.all(Array.from({ length: 50 }, () => consume(one.body.id)));
    expect(tries.filter((answer) => answer.status === 201)).toHaveLength(1);
    expect(tries.filter((answer) => answer.body.code === 'hold_consumed')).toHaveLength(49);
    const two = await hold(sale, 3);
    const key = { 'idempotency-key': 'consume once' };
    const same = await Promise.all(Array.from({ length: 50 }, () => consume(two.body.id, ada, key)));
    expect(new Set(same.map((answer) => JSON.stringify([answer.status, answer.body]))).size).toBe(1);
    expect(same[0]!.status).toBe(201);
    expect(await countSold(shards, sale.eventId)).toEqual({ [sale.typeIds[0]!]: 5 });
  });

  it('is replayed for the same key, and is nobody else’s', async () => {
    const sale = await openSale(shards);
    const key = { 'idempotency-key': 'hold once' };
    const first = await hold(sale, 1, {}, ada, key);
    const second = await hold(sale, 1, {}, ada, key);
    expect([second.status, second.body]).toEqual([201, first.body]);
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect((await hold(sale, 2, {}, ada, key)).body.code).toBe('idempotency_key_reused');
    expect((await call('GET', `/v1/holds/${first.body.id}`, undefined, bob)).status).toBe(404);
    expect((await call('DELETE', `/v1/holds/${first.body.id}`, undefined, bob)).status).toBe(404);
    const foreign = await consume(first.body.id, bob);
    expect([foreign.status, foreign.body.errors[0].path]).toEqual([422, 'holdId']);
    expect(await countersOf(sale)).toEqual([[99, 1, 0]]);
  });

  it('of a canceled event cannot be booked', async () => {
    const sale = await openSale(shards);
    const { body } = await hold(sale, 1);
    await shards
      .ofId(sale.eventId)
      .primary.sql.query(`UPDATE events SET status = 'canceled', canceled_at = now() WHERE id = $1`, [
        sale.eventId,
      ]);
    expect((await consume(body.id)).body.code).toBe('event_not_bookable');
  });

  it.each([
    [{ items: [] }],
    [{ items: undefined }],
    [{ ttlSeconds: 29 }],
    [{ ttlSeconds: 1801 }],
    [{ ttlSeconds: 60.5 }],
    [{ ttlSeconds: null }],
    [{ ttlSeconds: '60' }],
    [{ price: 1 }],
    [{ eventId: 'evt_1' }],
  ])('is not made by %j', async (options) => {
    const sale = await openSale(shards);
    const { status, body } = await hold(sale, 1, options);
    expect([status, body.code]).toEqual([422, 'validation_failed']);
  });

  it.each([0, -1, 1.5, 11, 1e15])('of %p places is refused with 422', async (quantity) => {
    const sale = await openSale(shards);
    const { status, body } = await hold(sale, quantity);
    expect([status, body.code]).toEqual([422, 'quantity_out_of_range']);
  });

  it('of what is not, not on sale, or not there is refused', async () => {
    const closed = await openSale(shards, { salesStartIn: 1 });
    expect((await hold(closed, 1)).body.code).toBe('sales_closed');
    const draft = await openSale(shards, { status: 'draft' });
    expect((await hold(draft, 1)).body.code).toBe('event_not_bookable');
    const unknown = await hold({ ...draft, eventId: newId(0) }, 1);
    expect([unknown.status, unknown.body.code]).toEqual([404, 'not_found']);
    for (const id of [formatId('hold', newId(0)), 'hld_x']) {
      expect((await call('GET', `/v1/holds/${id}`)).status).toBe(404);
      expect((await consume(id)).status).toBe(422);
    }
    const both = await call('POST', '/v1/bookings', {
      holdId: formatId('hold', newId(0)),
      eventId: formatId('event', closed.eventId),
      items: itemsOf(closed, 1),
    });
    expect([both.status, both.body.code]).toEqual([422, 'validation_failed']);
  });
});

describe('at the door', () => {
  const saleOf = async () => {
    const sale = await openSale(shards, { organizationId });
    const { body } = await call('POST', '/v1/bookings', {
      eventId: formatId('event', sale.eventId),
      items: itemsOf(sale, 2),
    });
    return { sale, booking: body };
  };
  const checkIn = (code: string, token = organizer) =>
    call('POST', `/v1/admissions/${code}/check-in`, undefined, token);

  it('each ticket comes in once', async () => {
    const { booking } = await saleOf();
    const [first, second] = booking.admissions;
    const came = await checkIn(first.code);
    expect(came.status).toBe(200);
    expect(came.body).toEqual({
      ...first,
      bookingId: booking.id,
      eventId: booking.eventId,
      checkedInAt: expect.any(String),
    });
    const again = await checkIn(first.code);
    expect([again.status, again.body.code]).toEqual([409, 'already_checked_in']);
    expect(again.body.checkedInAt).toBe(came.body.checkedInAt);
    expect((await checkIn(second.code)).body.id).toBe(second.id);
    const cancel = await call('POST', `/v1/bookings/${booking.id}/cancel`);
    expect([cancel.status, cancel.body.code]).toEqual([409, 'already_checked_in']);
  });

  it('of many who scan the same ticket one lets it in, and it is not canceled meanwhile', async () => {
    const { booking } = await saleOf();
    const { code } = booking.admissions[0];
    const [cancel, ...scans] = await Promise.all([
      call('POST', `/v1/bookings/${booking.id}/cancel`),
      ...Array.from({ length: 20 }, () => checkIn(code)),
    ]);
    const came = scans.filter((scan) => scan.status === 200).length;
    expect(came + (cancel.status === 200 ? 1 : 0)).toBe(1);
  });

  it('a canceled ticket stays out', async () => {
    const { booking } = await saleOf();
    await call('POST', `/v1/bookings/${booking.id}/cancel`);
    const { status, body } = await checkIn(booking.admissions[0].code);
    expect([status, body.code]).toEqual([409, 'admission_canceled']);
  });

  it('codes of others, forged and foreign ones are unknown, and visitors let nobody in', async () => {
    const { booking } = await saleOf();
    const { code } = booking.admissions[0];
    const foreign = await openSale(shards);
    const { body } = await call('POST', '/v1/bookings', {
      eventId: formatId('event', foreign.eventId),
      items: itemsOf(foreign, 1),
    });
    const other = code.at(60) === 'A' ? 'B' : 'A';
    for (const bad of [body.admissions[0].code, code.slice(0, 60) + other + code.slice(61), 'x', '%00']) {
      expect([bad, (await checkIn(bad)).status]).toEqual([bad, 404]);
    }
    expect((await checkIn(code, ada)).status).toBe(403);
  });
});
