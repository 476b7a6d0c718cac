import { EventsClient, inDays, mahler, pathsOf, price, section, stalls, standing } from './events.client.js';

let api: EventsClient;
beforeAll(async () => {
  api = await EventsClient.start();
});
afterAll(() => api?.stop());

describe('creating an event', () => {
  it('answers with the event in the form of the contract', async () => {
    const { status, headers, body } = await api.call('POST', '/v1/events', mahler);
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
    const read = await api.call('GET', `/v1/events/${body.id}`);
    expect(read.body).toEqual(body);
    expect(read.headers.etag).toBe(headers.etag);
  });

  it('takes the least that an event needs', async () => {
    const { title, category, venue, startsAt } = mahler;
    const { status, body } = await api.call('POST', '/v1/events', {
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
    const { status, body } = await api.call('POST', '/v1/events', { ...mahler, ...changes });
    expect({ status, code: body.code, paths: pathsOf(body) }).toEqual({
      status: 422,
      code: 'validation_failed',
      paths,
    });
  });

  it('takes 200 ticket types, and not one more', async () => {
    const types = Array.from({ length: 201 }, (_, i) => ({ ...standing, name: `Type ${i}` }));
    const send = (ticketTypes: object[]) =>
      api.call('POST', '/v1/events', { ...mahler, ticketTypes, seatMap: null });
    expect((await send(types.slice(0, 200))).status).toBe(201);
    expect(pathsOf((await send(types)).body)).toEqual(['ticketTypes']);
  });

  it('takes 100,000 seats, in rows of one seat as well', async () => {
    const rows = Array.from({ length: 100_000 }, (_, i) => ({ name: `${i}`, seats: 1 }));
    const { status, body } = await api.call('POST', '/v1/events', {
      ...mahler,
      seatMap: { sections: [{ ...section('A'), rows }] },
    });
    expect({ status, capacity: body.ticketTypes?.[1]?.capacity }).toEqual({ status: 201, capacity: 100_000 });
    const seats = await api.call('GET', `/v1/events/${body.id}/seats`);
    expect(seats.body.data).toHaveLength(100_000);
  });

  it('takes a body of up to 8 MiB', async () => {
    const padded = (size: number) => JSON.stringify(mahler).padEnd(size, ' ');
    expect((await api.call('POST', '/v1/events', padded(8 * 1024 * 1024))).status).toBe(201);
    const { status, body } = await api.call('POST', '/v1/events', padded(8 * 1024 * 1024 + 1));
    expect({ status, code: body.code }).toEqual({ status: 413, code: 'payload_too_large' });
  });

  it('replays the first answer for the same key, and refuses the key for another body', async () => {
    const key = { 'idempotency-key': 'create-mahler' };
    const first = await api.call('POST', '/v1/events', mahler, api.organizer, key);
    const second = await api.call('POST', '/v1/events', mahler, api.organizer, key);
    expect(second.status).toBe(201);
    expect(second.body).toEqual(first.body);
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(second.headers.etag).toBe(first.headers.etag);
    const other = await api.call('POST', '/v1/events', { ...mahler, title: 'Mahler 6' }, api.organizer, key);
    expect({ status: other.status, code: other.body.code }).toEqual({
      status: 422,
      code: 'idempotency_key_reused',
    });
    const third = await api.call('POST', '/v1/events', mahler, api.stranger, key);
    expect(third.body.id).not.toBe(first.body.id);
  });
});
