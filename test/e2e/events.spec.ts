import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApi } from '../../apps/api/src/create-api.js';
import { readConfig } from '#libs/config';
import { Users } from '#libs/identity';
import { parseId } from '#libs/kernel';
import { type TestDatabases, createDatabases } from '../support/databases.js';

let databases: TestDatabases;
let app: NestFastifyApplication;
let organizer: string;
let stranger: string;
let attendee: string;

beforeAll(async () => {
  databases = await createDatabases();
  app = await createApi(readConfig('api', { ...databases.env, THROTTLE_PROFILE: 'relaxed' }));
  organizer = await signUp('own@example.com', 'organizer');
  stranger = await signUp('foreign@example.com', 'organizer');
  attendee = await signUp('ada@example.com', 'attendee');
});
afterAll(async () => {
  await app?.close();
  await databases?.drop();
});

async function signUp(email: string, role: 'organizer' | 'attendee'): Promise<string> {
  const payload = { email, password: 'a long password', name: 'Ada' };
  const { body } = await call('POST', '/v1/auth/register', payload, null);
  if (role === 'organizer') await app.get(Users).changeRole(parseId('user', body.user.id)!, 'organizer');
  return body.accessToken;
}

async function call(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  url: string,
  payload?: object | string,
  token: string | null = organizer,
  headers: Record<string, string> = {},
) {
  const auth = token ? { authorization: `Bearer ${token}` } : {};
  const json = typeof payload === 'string' ? { 'content-type': 'application/json' } : {};
  const response = await app.inject({ method, url, payload, headers: { ...auth, ...json, ...headers } });
  const text = response.body;
  return {
    status: response.statusCode,
    headers: response.headers,
    body: text ? JSON.parse(text) : undefined,
  };
}

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
const price = (amount: unknown, currency = 'EUR') => ({ amount, currency });
const standing = { name: 'Standing', kind: 'general', capacity: 500, price: price(4500) };
const stalls = { name: 'Stalls', kind: 'seated', price: price(9000) };
const section = (name: string, seats: unknown = 24) => ({
  name,
  ticketType: 'Stalls',
  rows: [{ name: '1', seats }],
});
const mahler = {
  title: 'Mahler 5',
  description: 'The fifth symphony.',
  category: 'concert',
  venue: { name: 'Philharmonie', city: 'Berlin', country: 'DE', timezone: 'Europe/Berlin' },
  startsAt: inDays(30),
  endsAt: inDays(31),
  salesStartAt: null,
  salesEndAt: null,
  ticketTypes: [{ ...standing, maxPerBooking: 6, maxPerPerson: 8 }, stalls],
  seatMap: { sections: [section('A')] },
};
const create = async (changes: object = {}) =>
  (await call('POST', '/v1/events', { ...mahler, ...changes })).body;
const publish = async (changes: object = {}) => {
  const { id } = await create(changes);
  return (await call('POST', `/v1/events/${id}/publish`)).body;
};
const pathsOf = (body: { errors?: { path: string }[] }) => (body.errors ?? []).map((error) => error.path);

describe('creating an event', () => {
  it('answers with the event in the form of the contract', async () => {
    const { status, headers, body } = await call('POST', '/v1/events', mahler);
    expect(status).toBe(201);
    expect(headers.etag).toMatch(/^"1-[\w-]+"$/);
    expect(body).toEqual({
      id: expect.stringMatching(/^evt_/),
      version: 1,
      status: 'draft',
      shard: 'shard-2',
      organizationId: expect.stringMatching(/^org_/),
      title: 'Mahler 5',
      description: 'The fifth symphony.',
      category: 'concert',
      venue: mahler.venue,
      startsAt: mahler.startsAt,
      endsAt: mahler.endsAt,
      salesStartAt: null,
      salesEndAt: null,
      ticketTypes: [
        {
          id: expect.stringMatching(/^tkt_/),
          ...standing,
          priceVersion: 1,
          maxPerBooking: 6,
          maxPerPerson: 8,
        },
        {
          id: expect.stringMatching(/^tkt_/),
          ...stalls,
          capacity: 24,
          priceVersion: 1,
          maxPerBooking: 10,
          maxPerPerson: null,
        },
      ],
      seatMap: {
        sections: [
          {
            name: 'A',
            ticketType: 'Stalls',
            ticketTypeId: body.ticketTypes[1].id,
            rows: [{ name: '1', seats: 24 }],
          },
        ],
      },
      canceling: null,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updatedAt: expect.stringMatching(/Z$/),
    });
    const read = await call('GET', `/v1/events/${body.id}`);
    expect(read.body).toEqual(body);
    expect(read.headers.etag).toBe(headers.etag);
  });

  it('takes the least that an event needs', async () => {
    const { title, category, venue, startsAt } = mahler;
    const { status, body } = await call('POST', '/v1/events', {
      title,
      category,
      venue,
      startsAt,
      ticketTypes: [standing],
    });
    expect({ status, body }).toMatchObject({
      status: 201,
      body: { description: '', endsAt: null, seatMap: null },
    });
  });

  it.each([
    ['no title', { title: undefined }, ['title']],
    ['a blank title', { title: ' \t' }, ['title']],
    ['a title of 201 characters', { title: 'x'.repeat(201) }, ['title']],
    ['a title of two lines', { title: 'Mahler\n5' }, ['title']],
    ['a title that is a number', { title: 5 }, ['title']],
    ['no category', { category: '' }, ['category']],
    ['a description that is too long', { description: 'x'.repeat(20_001) }, ['description']],
    ['no venue', { venue: undefined }, ['venue']],
    ['a venue in a list', { venue: [mahler.venue] }, ['venue']],
    ['an unknown country', { venue: { ...mahler.venue, country: 'XX' } }, ['venue.country']],
    ['an unknown time zone', { venue: { ...mahler.venue, timezone: 'Europe/Atlantis' } }, ['venue.timezone']],
    ['an offset as time zone', { venue: { ...mahler.venue, timezone: '+01:00' } }, ['venue.timezone']],
    ['a day that does not exist', { startsAt: '2027-02-30T10:00:00Z' }, ['startsAt']],
    ['a time without offset', { startsAt: '2027-02-20T10:00:00' }, ['startsAt']],
    ['an end before the start', { endsAt: inDays(29) }, ['endsAt']],
    ['an end at the start', { endsAt: mahler.startsAt }, ['endsAt']],
    ['sales that start when they end', { salesStartAt: inDays(2), salesEndAt: inDays(1) }, ['salesStartAt']],
    ['sales that start after the start', { salesStartAt: inDays(30.5) }, ['salesStartAt']],
    ['sales that end after the end', { salesEndAt: inDays(32) }, ['salesEndAt']],
    ['no ticket type', { ticketTypes: [] }, ['ticketTypes']],
    ['ticket types of a list', { ticketTypes: [[standing]] }, ['ticketTypes']],
    ['two ticket types of one name', { ticketTypes: [standing, stalls, standing] }, ['ticketTypes.2.name']],
    ['an unknown kind', { ticketTypes: [{ ...standing, kind: 'vip' }, stalls] }, ['ticketTypes.0.kind']],
    [
      'two currencies',
      { ticketTypes: [{ ...standing, price: price(1, 'USD') }, stalls] },
      ['ticketTypes.1.price.currency'],
    ],
    [
      'an unknown currency',
      { ticketTypes: [{ ...standing, price: price(1, 'XYZ') }, stalls] },
      ['ticketTypes.0.price.currency'],
    ],
    [
      'a negative price',
      { ticketTypes: [{ ...standing, price: price(-1) }, stalls] },
      ['ticketTypes.0.price.amount'],
    ],
    [
      'a price in fractions',
      { ticketTypes: [{ ...standing, price: price(0.5) }, stalls] },
      ['ticketTypes.0.price.amount'],
    ],
    [
      'a price past 10^11',
      { ticketTypes: [{ ...standing, price: price(1e11 + 1) }, stalls] },
      ['ticketTypes.0.price.amount'],
    ],
    [
      'a general type without capacity',
      { ticketTypes: [{ ...standing, capacity: undefined }, stalls] },
      ['ticketTypes.0.capacity'],
    ],
    [
      'a negative capacity',
      { ticketTypes: [{ ...standing, capacity: -1 }, stalls] },
      ['ticketTypes.0.capacity'],
    ],
    [
      'a seated type with capacity',
      { ticketTypes: [{ ...stalls, capacity: 24 }] },
      ['ticketTypes.0.capacity'],
    ],
    [
      'no ticket in a booking',
      { ticketTypes: [{ ...standing, maxPerBooking: 0 }, stalls] },
      ['ticketTypes.0.maxPerBooking'],
    ],
    [
      'no ticket a person',
      { ticketTypes: [{ ...standing, maxPerPerson: 0 }, stalls] },
      ['ticketTypes.0.maxPerPerson'],
    ],
    ['a seated type without seats', { seatMap: { sections: [] } }, ['ticketTypes.1']],
    ['a seated type without a seat map', { seatMap: null }, ['ticketTypes.1']],
    [
      'a section of an unknown type',
      { seatMap: { sections: [section('A'), { ...section('B'), ticketType: 'Box' }] } },
      ['seatMap.sections.1.ticketType'],
    ],
    [
      'a section of a general type',
      { seatMap: { sections: [section('A'), { ...section('B'), ticketType: 'Standing' }] } },
      ['seatMap.sections.1.ticketType'],
    ],
    [
      'two sections of one name',
      { seatMap: { sections: [section('A'), section('A')] } },
      ['seatMap.sections.1.name'],
    ],
    [
      'two rows of one name',
      {
        seatMap: {
          sections: [
            {
              ...section('A'),
              rows: [
                { name: '1', seats: 1 },
                { name: '1', seats: 1 },
              ],
            },
          ],
        },
      },
      ['seatMap.sections.0.rows.1.name'],
    ],
    [
      'a row without seats',
      { seatMap: { sections: [section('A', 0)] } },
      ['seatMap.sections.0.rows.0.seats'],
    ],
    [
      'a section without rows',
      { seatMap: { sections: [{ ...section('A'), rows: [] }] } },
      ['seatMap.sections.0.rows'],
    ],
    [
      'too many seats',
      { seatMap: { sections: [section('A', 60_000), section('B', 60_000)] } },
      ['seatMap.sections'],
    ],
    ['an unknown field', { color: 'red' }, ['color']],
    [
      'an unknown field below',
      { ticketTypes: [{ ...standing, color: 'red' }, stalls] },
      ['ticketTypes.0.color'],
    ],
  ])('refuses %s', async (_, changes, paths) => {
    const { status, body } = await call('POST', '/v1/events', { ...mahler, ...changes });
    expect({ status, code: body.code, paths: pathsOf(body) }).toEqual({
      status: 422,
      code: 'validation_failed',
      paths,
    });
  });

  it('takes 200 ticket types, and not one more', async () => {
    const types = Array.from({ length: 201 }, (_, i) => ({ ...standing, name: `Type ${i}` }));
    const send = (ticketTypes: object[]) =>
      call('POST', '/v1/events', { ...mahler, ticketTypes, seatMap: null });
    expect((await send(types.slice(0, 200))).status).toBe(201);
    expect(pathsOf((await send(types)).body)).toEqual(['ticketTypes']);
  });

  it('takes 100,000 seats, in rows of one seat as well', async () => {
    const rows = Array.from({ length: 100_000 }, (_, i) => ({ name: `${i}`, seats: 1 }));
    const { status, body } = await call('POST', '/v1/events', {
      ...mahler,
      seatMap: { sections: [{ ...section('A'), rows }] },
    });
    expect({ status, capacity: body.ticketTypes?.[1]?.capacity }).toEqual({ status: 201, capacity: 100_000 });
    const seats = await call('GET', `/v1/events/${body.id}/seats`);
    expect(seats.body.data).toHaveLength(100_000);
  });

  it('takes a body of up to 8 MiB', async () => {
    const padded = (size: number) => JSON.stringify(mahler).padEnd(size, ' ');
    expect((await call('POST', '/v1/events', padded(8 * 1024 * 1024))).status).toBe(201);
    const { status, body } = await call('POST', '/v1/events', padded(8 * 1024 * 1024 + 1));
    expect({ status, code: body.code }).toEqual({ status: 413, code: 'payload_too_large' });
  });

  it('replays the first answer for the same key, and refuses the key for another body', async () => {
    const key = { 'idempotency-key': 'create-mahler' };
    const first = await call('POST', '/v1/events', mahler, organizer, key);
    const second = await call('POST', '/v1/events', mahler, organizer, key);
    expect(second.status).toBe(201);
    expect(second.body).toEqual(first.body);
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(second.headers.etag).toBe(first.headers.etag);
    const other = await call('POST', '/v1/events', { ...mahler, title: 'Mahler 6' }, organizer, key);
    expect({ status: other.status, code: other.body.code }).toEqual({
      status: 422,
      code: 'idempotency_key_reused',
    });
    const third = await call('POST', '/v1/events', mahler, stranger, key);
    expect(third.body.id).not.toBe(first.body.id);
  });
});

describe('reading an event', () => {
  it('answers 304 to whoever has it already', async () => {
    const { id } = await publish();
    const { headers } = await call('GET', `/v1/events/${id}`, undefined, null);
    const again = await call('GET', `/v1/events/${id}`, undefined, null, {
      'if-none-match': String(headers.etag),
    });
    expect({ status: again.status, body: again.body }).toEqual({ status: 304, body: undefined });
  });

  it('keeps drafts from strangers, and shows everything else to all', async () => {
    const draft = await create();
    for (const path of ['', '/availability', '/seats']) {
      for (const token of [null, attendee, stranger]) {
        const { status, body } = await call('GET', `/v1/events/${draft.id}${path}`, undefined, token);
        expect({ path, status, code: body.code }).toEqual({ path, status: 404, code: 'not_found' });
      }
    }
    await call('POST', `/v1/events/${draft.id}/publish`);
    for (const path of ['', '/availability', '/seats']) {
      expect((await call('GET', `/v1/events/${draft.id}${path}`, undefined, null)).status).toBe(200);
    }
    await call('POST', `/v1/events/${draft.id}/cancel`);
    const { body } = await call('GET', `/v1/events/${draft.id}`, undefined, null);
    expect(body.status).toBe('canceled');
  });

  it.each(['evt_nonsense', 'org_01kb2m5v00ezzr0r0h3a4d6n8q', 'evt_01kb2m5v00ezzr0r0h3a4d6n8q'])(
    'knows nothing of %s',
    async (id) => {
      const { status, body } = await call('GET', `/v1/events/${id}`);
      expect({ status, code: body.code }).toEqual({ status: 404, code: 'not_found' });
    },
  );

  it('shows availability that adds up', async () => {
    const event = await publish();
    const { body } = await call('GET', `/v1/events/${event.id}/availability`, undefined, null);
    expect(body).toEqual({
      eventId: event.id,
      asOf: expect.stringMatching(/Z$/),
      version: expect.any(Number),
      ticketTypes: [
        {
          id: event.ticketTypes[0].id,
          name: 'Standing',
          capacity: 500,
          available: 500,
          held: 0,
          booked: 0,
          price: price(4500),
          priceVersion: 1,
          waiting: 0,
        },
        expect.objectContaining({ name: 'Stalls', capacity: 24, available: 24 }),
      ],
    });
  });

  it('shows what was booked to the booker at once', async () => {
    const event = await publish();
    const items = [{ ticketTypeId: event.ticketTypes[0].id, quantity: 3 }];
    expect((await call('POST', '/v1/bookings', { eventId: event.id, items }, attendee)).status).toBe(201);
    const { body } = await call('GET', `/v1/events/${event.id}/availability`, undefined, attendee);
    expect(body.ticketTypes[0]).toMatchObject({ capacity: 500, available: 497, held: 0, booked: 3 });
  });
});

describe('editing an event', () => {
  const patch = (id: string, body: object, etag: string, token = organizer) =>
    call('PATCH', `/v1/events/${id}`, body, token, { 'if-match': etag });

  it('needs the version that was read', async () => {
    const { id } = await create();
    const without = await call('PATCH', `/v1/events/${id}`, { title: 'X' });
    expect({ status: without.status, code: without.body.code }).toEqual({
      status: 428,
      code: 'precondition_required',
    });
    const { headers } = await call('GET', `/v1/events/${id}`);
    const done = await patch(id, { title: 'Aida' }, String(headers.etag));
    expect({ status: done.status, body: done.body }).toMatchObject({
      status: 200,
      body: { title: 'Aida', version: 2, shard: 'shard-2' },
    });
    expect(done.headers.etag).toMatch(/^"2-/);
    const late = await patch(id, { title: 'Y' }, String(headers.etag));
    expect({ status: late.status, code: late.body.code }).toEqual({ status: 412, code: 'version_conflict' });
    expect((await patch(id, { title: 'Y' }, `W/${String(done.headers.etag)}`)).status).toBe(412);
  });

  it('is not hindered by sales, which do not raise the version', async () => {
    const event = await publish();
    const { headers } = await call('GET', `/v1/events/${event.id}`);
    const items = [{ ticketTypeId: event.ticketTypes[0].id, quantity: 1 }];
    await call('POST', '/v1/bookings', { eventId: event.id, items }, attendee);
    expect((await patch(event.id, { title: 'Sold' }, String(headers.etag))).status).toBe(200);
  });

  it('shrinks a capacity to what is taken, and no further', async () => {
    const event = await publish();
    const [{ id: ticketTypeId }] = event.ticketTypes;
    await call(
      'POST',
      '/v1/bookings',
      { eventId: event.id, items: [{ ticketTypeId, quantity: 5 }] },
      attendee,
    );
    const to = (capacity: number) => patch(event.id, { ticketTypes: [{ id: ticketTypeId, capacity }] }, '*');
    const below = await to(4);
    expect({ status: below.status, body: below.body }).toMatchObject({
      status: 409,
      body: { code: 'capacity_below_taken', ticketTypeId, taken: 5 },
    });
    expect((await to(5)).body.ticketTypes[0].capacity).toBe(5);
  });

  it.each([
    ['an end before the start', { endsAt: inDays(1) }, ['endsAt']],
    ['no start', { startsAt: null }, ['startsAt']],
    [
      'a ticket type without kind and price',
      { ticketTypes: [{ name: 'Box' }] },
      ['ticketTypes.0.kind', 'ticketTypes.0.price'],
    ],
    ['an id that is none', { ticketTypes: [{ id: 'tkt_x', name: 'Box' }] }, ['ticketTypes.0.id']],
    ['a status', { status: 'published' }, ['status']],
  ])('refuses %s', async (_, body, paths) => {
    const { id } = await create();
    const refusal = await patch(id, body, '*');
    expect({ status: refusal.status, paths: pathsOf(refusal.body) }).toEqual({ status: 422, paths });
  });

  it('does not change a canceled event', async () => {
    const { id } = await publish();
    await call('POST', `/v1/events/${id}/cancel`);
    const { status, body } = await patch(id, { title: 'Back' }, '*');
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'invalid_state' });
  });

  it('is for organizers, and of their own events', async () => {
    const { id } = await publish();
    expect((await patch(id, { title: 'X' }, '*', attendee)).status).toBe(403);
    expect((await patch(id, { title: 'X' }, '*', stranger)).status).toBe(404);
  });
});

describe('publishing, canceling and deleting', () => {
  const codeOf = async (method: 'POST' | 'DELETE', path: string, headers: Record<string, string> = {}) => {
    const { status, body } = await call(method, path, undefined, organizer, headers);
    return `${status} ${body?.code ?? ''}`.trim();
  };

  it('refuses what the state does not allow', async () => {
    const { id } = await create();
    const at = `/v1/events/${id}`;
    expect(await codeOf('POST', `${at}/cancel`)).toBe('409 invalid_state');
    expect(await codeOf('POST', `${at}/publish`)).toBe('200');
    expect(await codeOf('POST', `${at}/publish`)).toBe('409 invalid_state');
    expect(await codeOf('DELETE', at, { 'if-match': '*' })).toBe('409 invalid_state');
    expect(await codeOf('POST', `${at}/cancel`)).toBe('200');
    expect(await codeOf('POST', `${at}/cancel`)).toBe('409 invalid_state');
    expect(await codeOf('POST', `${at}/publish`)).toBe('409 invalid_state');
  });

  it('does not publish what begins in the past', async () => {
    const { id } = await create({ startsAt: inDays(-1), endsAt: inDays(1) });
    expect(await codeOf('POST', `/v1/events/${id}/publish`)).toBe('409 invalid_state');
  });

  it('deletes a draft of the version that was read', async () => {
    const { id } = await create();
    const at = `/v1/events/${id}`;
    expect(await codeOf('DELETE', at)).toBe('428 precondition_required');
    expect(await codeOf('DELETE', at, { 'if-match': '"7-x"' })).toBe('412 version_conflict');
    expect(await codeOf('DELETE', at, { 'if-match': '"1-x"' })).toBe('204');
    expect(await codeOf('DELETE', at, { 'if-match': '"1-x"' })).toBe('404 not_found');
  });

  it('books nothing once canceled, and counts what is to be canceled', async () => {
    const event = await publish();
    const book = () => {
      const items = [{ ticketTypeId: event.ticketTypes[0].id, quantity: 1 }];
      return call('POST', '/v1/bookings', { eventId: event.id, items }, attendee);
    };
    await book();
    const key = { 'idempotency-key': 'cancel' };
    const canceled = await call('POST', `/v1/events/${event.id}/cancel`, undefined, organizer, key);
    expect(canceled.body).toMatchObject({ status: 'canceled', canceling: { done: 0, total: 1 } });
    const replayed = await call('POST', `/v1/events/${event.id}/cancel`, undefined, organizer, key);
    expect(replayed.headers['idempotency-replayed']).toBe('true');
    const late = await book();
    expect({ status: late.status, code: late.body.code }).toEqual({
      status: 409,
      code: 'event_not_bookable',
    });
  });
});

describe('seats', () => {
  const seatsOf = async (id: string, query = '') =>
    (await call('GET', `/v1/events/${id}/seats${query}`)).body;
  const change = (id: string, body: object, token = organizer) =>
    call('PATCH', `/v1/events/${id}/seats`, body, token);

  it('are listed in their physical order, by section', async () => {
    const sections = [
      section('B', 2),
      {
        ...section('A', 1),
        rows: [
          { name: 'X', seats: 1 },
          { name: 'W', seats: 2 },
        ],
      },
    ];
    const event = await publish({ seatMap: { sections } });
    const all = await seatsOf(event.id);
    expect(
      all.data.map((s: { section: string; row: string; number: string }) => s.section + s.row + s.number),
    ).toEqual(['B11', 'B12', 'AX1', 'AW1', 'AW2']);
    expect((await seatsOf(event.id, '?section=A')).data[0]).toEqual({
      id: expect.stringMatching(/^sea_/),
      section: 'A',
      row: 'X',
      number: '1',
      ticketTypeId: event.ticketTypes[1].id,
      status: 'free',
    });
    expect((await seatsOf(event.id, '?section=C')).data).toEqual([]);
    expect((await seatsOf(event.id, '?row=1')).code).toBe('validation_failed');
  });

  it('are blocked and unblocked, which changes the capacity and not the version', async () => {
    const event = await publish();
    const { data } = await seatsOf(event.id);
    const blocked = await change(event.id, { block: [data[0].id, data[1].id] });
    expect({ status: blocked.status, seats: blocked.body.data }).toMatchObject({
      status: 200,
      seats: [
        { id: data[0].id, status: 'blocked' },
        { id: data[1].id, status: 'blocked' },
      ],
    });
    await change(event.id, { unblock: [data[1].id] });
    const { body } = await call('GET', `/v1/events/${event.id}`);
    expect(body.ticketTypes[1].capacity).toBe(23);
    expect(body.version).toBe(event.version);
  });

  it('are refused when unknown, named twice, or none', async () => {
    const event = await publish();
    const other = await publish();
    const [seat] = (await seatsOf(event.id)).data;
    const [foreign] = (await seatsOf(other.id)).data;
    const refusals = await Promise.all(
      [
        {},
        { block: [] },
        { block: ['sea_x'] },
        { block: [foreign.id] },
        { block: [seat.id, seat.id] },
        { block: [seat.id], unblock: [seat.id] },
      ].map(async (body) => (await change(event.id, body)).status),
    );
    expect(refusals).toEqual([422, 422, 422, 422, 422, 422]);
    expect((await change(event.id, { block: [seat.id] }, attendee)).status).toBe(403);
    expect((await change(event.id, { block: [seat.id] }, stranger)).status).toBe(404);
  });
});
