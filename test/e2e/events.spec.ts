import { EventsClient, inDays, pathsOf, price, section } from './events.client.js';

let api: EventsClient;
beforeAll(async () => {
  api = await EventsClient.start();
});
afterAll(() => api?.stop());

describe('reading an event', () => {
  it('answers 304 to whoever has it already', async () => {
    const { id } = await api.publish();
    const { headers } = await api.call('GET', `/v1/events/${id}`, undefined, null);
    const again = await api.call('GET', `/v1/events/${id}`, undefined, null, {
      'if-none-match': String(headers.etag),
    });
    expect({ status: again.status, body: again.body }).toEqual({ status: 304, body: undefined });
  });

  it('keeps drafts from strangers, and shows everything else to all', async () => {
    const draft = await api.create();
    for (const path of ['', '/availability', '/seats']) {
      for (const token of [null, api.attendee, api.stranger]) {
        const { status, body } = await api.call('GET', `/v1/events/${draft.id}${path}`, undefined, token);
        expect({ path, status, code: body.code }).toEqual({ path, status: 404, code: 'not_found' });
      }
    }
    await api.call('POST', `/v1/events/${draft.id}/publish`);
    for (const path of ['', '/availability', '/seats']) {
      expect((await api.call('GET', `/v1/events/${draft.id}${path}`, undefined, null)).status).toBe(200);
    }
    await api.call('POST', `/v1/events/${draft.id}/cancel`);
    const { body } = await api.call('GET', `/v1/events/${draft.id}`, undefined, null);
    expect(body.status).toBe('canceled');
  });

  it.each(['evt_nonsense', 'org_01kb2m5v00ezzr0r0h3a4d6n8q', 'evt_01kb2m5v00ezzr0r0h3a4d6n8q'])(
    'knows nothing of %s',
    async (id) => {
      const { status, body } = await api.call('GET', `/v1/events/${id}`);
      expect({ status, code: body.code }).toEqual({ status: 404, code: 'not_found' });
    },
  );

  it('shows availability that adds up', async () => {
    const event = await api.publish();
    const { body } = await api.call('GET', `/v1/events/${event.id}/availability`, undefined, null);
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
    const event = await api.publish();
    const items = [{ ticketTypeId: event.ticketTypes[0].id, quantity: 3 }];
    expect((await api.call('POST', '/v1/bookings', { eventId: event.id, items }, api.attendee)).status).toBe(
      201,
    );
    const { body } = await api.call('GET', `/v1/events/${event.id}/availability`, undefined, api.attendee);
    expect(body.ticketTypes[0]).toMatchObject({ capacity: 500, available: 497, held: 0, booked: 3 });
  });
});

describe('editing an event', () => {
  const patch = (id: string, body: object, etag: string, token = api.organizer) =>
    api.call('PATCH', `/v1/events/${id}`, body, token, { 'if-match': etag });

  it('needs the version that was read', async () => {
    const { id } = await api.create();
    const without = await api.call('PATCH', `/v1/events/${id}`, { title: 'X' });
    expect({ status: without.status, code: without.body.code }).toEqual({
      status: 428,
      code: 'precondition_required',
    });
    const { headers } = await api.call('GET', `/v1/events/${id}`);
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
    const event = await api.publish();
    const { headers } = await api.call('GET', `/v1/events/${event.id}`);
    const items = [{ ticketTypeId: event.ticketTypes[0].id, quantity: 1 }];
    await api.call('POST', '/v1/bookings', { eventId: event.id, items }, api.attendee);
    expect((await patch(event.id, { title: 'Sold' }, String(headers.etag))).status).toBe(200);
  });

  it('shrinks a capacity to what is taken, and no further', async () => {
    const event = await api.publish();
    const [{ id: ticketTypeId }] = event.ticketTypes;
    await api.call(
      'POST',
      '/v1/bookings',
      { eventId: event.id, items: [{ ticketTypeId, quantity: 5 }] },
      api.attendee,
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
    const { id } = await api.create();
    const refusal = await patch(id, body, '*');
    expect({ status: refusal.status, paths: pathsOf(refusal.body) }).toEqual({ status: 422, paths });
  });

  it('does not change a canceled event', async () => {
    const { id } = await api.publish();
    await api.call('POST', `/v1/events/${id}/cancel`);
    const { status, body } = await patch(id, { title: 'Back' }, '*');
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'invalid_state' });
  });

  it('is for organizers, and of their own events', async () => {
    const { id } = await api.publish();
    expect((await patch(id, { title: 'X' }, '*', api.attendee)).status).toBe(403);
    expect((await patch(id, { title: 'X' }, '*', api.stranger)).status).toBe(404);
  });
});

describe('publishing, canceling and deleting', () => {
  const codeOf = async (method: 'POST' | 'DELETE', path: string, headers: Record<string, string> = {}) => {
    const { status, body } = await api.call(method, path, undefined, api.organizer, headers);
    return `${status} ${body?.code ?? ''}`.trim();
  };

  it('refuses what the state does not allow', async () => {
    const { id } = await api.create();
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
    const { id } = await api.create({ startsAt: inDays(-1), endsAt: inDays(1) });
    expect(await codeOf('POST', `/v1/events/${id}/publish`)).toBe('409 invalid_state');
  });

  it('deletes a draft of the version that was read', async () => {
    const { id } = await api.create();
    const at = `/v1/events/${id}`;
    expect(await codeOf('DELETE', at)).toBe('428 precondition_required');
    expect(await codeOf('DELETE', at, { 'if-match': '"7-x"' })).toBe('412 version_conflict');
    expect(await codeOf('DELETE', at, { 'if-match': '"1-x"' })).toBe('204');
    expect(await codeOf('DELETE', at, { 'if-match': '"1-x"' })).toBe('404 not_found');
  });

  it('books nothing once canceled, and counts what is to be canceled', async () => {
    const event = await api.publish();
    const book = () => {
      const items = [{ ticketTypeId: event.ticketTypes[0].id, quantity: 1 }];
      return api.call('POST', '/v1/bookings', { eventId: event.id, items }, api.attendee);
    };
    await book();
    const key = { 'idempotency-key': 'cancel' };
    const canceled = await api.call('POST', `/v1/events/${event.id}/cancel`, undefined, api.organizer, key);
    expect(canceled.body).toMatchObject({ status: 'canceled', canceling: { done: 0, total: 1 } });
    const replayed = await api.call('POST', `/v1/events/${event.id}/cancel`, undefined, api.organizer, key);
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
    (await api.call('GET', `/v1/events/${id}/seats${query}`)).body;
  const change = (id: string, body: object, token = api.organizer) =>
    api.call('PATCH', `/v1/events/${id}/seats`, body, token);

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
    const event = await api.publish({ seatMap: { sections } });
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
    const event = await api.publish();
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
    const { body } = await api.call('GET', `/v1/events/${event.id}`);
    expect(body.ticketTypes[1].capacity).toBe(23);
    expect(body.version).toBe(event.version);
  });

  it('are refused when unknown, named twice, or none', async () => {
    const event = await api.publish();
    const other = await api.publish();
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
    expect((await change(event.id, { block: [seat.id] }, api.attendee)).status).toBe(403);
    expect((await change(event.id, { block: [seat.id] }, api.stranger)).status).toBe(404);
  });
});
