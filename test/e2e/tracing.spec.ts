import { parseId } from '#libs/kernel';
import { EventsClient } from './events.client.js';

let api: EventsClient;
beforeAll(async () => {
  api = await EventsClient.start();
});
afterAll(() => api?.stop());

const traceparent = (digit: string) => `00-${digit.repeat(32)}-${'f'.repeat(16)}-01`;

/** The trace ids that an event's news in the outbox of shard 2 (Mahler) carry. */
async function tracesOf(eventId: string): Promise<Set<string>> {
  const { rows } = await api.shards
    .get(2)
    .primary.sql.query<{ trace: string }>('SELECT trace FROM outbox WHERE subject = $1', [
      parseId('event', eventId),
    ]);
  return new Set(rows.map(({ trace }) => trace.slice(3, 35)));
}

it('says of a booking how long it waited for the lane and for databases', async () => {
  const event = await api.publish();
  const items = [{ ticketTypeId: event.ticketTypes[0].id, quantity: 1 }];
  const { status, headers } = await api.call(
    'POST',
    '/v1/bookings',
    { eventId: event.id, items },
    api.attendee,
  );
  expect(status).toBe(201);
  expect(headers['server-timing']).toMatch(/^lane;dur=\d+\.\d, db;dur=\d+\.\d, total;dur=\d+\.\d$/);
});

it('says of a read how long it waited for databases', async () => {
  const event = await api.publish();
  const { headers } = await api.call('GET', `/v1/events/${event.id}`);
  expect(headers['server-timing']).toMatch(/db;dur=\d+\.\d, total;dur=\d+\.\d$/);
});

it('writes each change down with the trace of its own request, whoever shares the lane with it', async () => {
  const digits = [...'123456789abcde'];
  const events = await Promise.all(digits.map(() => api.create()));
  await Promise.all(
    events.map(({ id }, i) =>
      api.call('POST', `/v1/events/${id}/publish`, undefined, api.organizer, {
        traceparent: traceparent(digits[i]!),
      }),
    ),
  );
  const seen = await Promise.all(events.map(({ id }) => tracesOf(id as string)));
  expect(seen.map((traces, i) => traces.has(digits[i]!.repeat(32)))).toEqual(digits.map(() => true));
  const others = seen.map((traces, i) =>
    digits.filter((digit, j) => j !== i && traces.has(digit.repeat(32))),
  );
  expect(others).toEqual(digits.map(() => []));
});

describe('what admins see of it', () => {
  let admin: string;
  let booked: { traceId: string; eventId: string };

  beforeAll(async () => {
    admin = await api.admin();
    const { id: eventId, ticketTypes } = await api.publish();
    const order = { eventId, items: [{ ticketTypeId: ticketTypes[0].id, quantity: 1 }] };
    const { headers } = await api.call('POST', '/v1/bookings', order, api.attendee);
    booked = { traceId: String(headers.traceparent).split('-')[1]!, eventId };
    await api.call('GET', `/v1/events/${eventId}`);
    await api.call('POST', '/v1/bookings', { ...order, items: [] }, api.attendee);
  });

  const search = async (query: string) => {
    const { status, body } = await api.call('GET', `/v1/admin/traces${query}`, undefined, admin);
    expect(status).toBe(200);
    return body as { data: Record<string, unknown>[]; nextCursor: string | null; process: object };
  };

  it('finds requests by route, status and duration', async () => {
    const { data, process: own } = await search('?route=POST%20/v1/bookings&status=2xx');
    expect(data[0]).toMatchObject({
      ...{
        traceId: booked.traceId,
        method: 'POST',
        route: '/v1/bookings',
        path: '/v1/bookings',
        status: 201,
      },
      ...{ problem: null, userId: expect.stringMatching(/^usr_/), startedAt: expect.stringMatching(/Z$/) },
      timings: { lane: expect.any(Number), db: expect.any(Number) },
    });
    expect(own).toEqual({ name: 'api', host: expect.any(String), pid: process.pid });
    const refused = await search('?route=/v1/bookings&status=422');
    expect(refused.data[0]).toMatchObject({ status: 422, problem: 'validation_failed' });
    expect((await search('?minDurationMs=3600000')).data).toEqual([]);
    const read = await search('?route=/v1/events/:id');
    expect(read.data[0]).toMatchObject({ path: `/v1/events/${booked.eventId}`, status: 200 });
  });

  it('pages through them', async () => {
    const seen: unknown[] = [];
    for (let cursor = ''; seen.length < 6;) {
      const page = await search(`?limit=2&route=/v1/auth/register${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.data.map(({ traceId }) => traceId));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(seen).toHaveLength(3);
    expect(new Set(seen).size).toBe(3);
  });

  it('shows the way of a booking: it waits for the lane, and its batch asks the shard twice', async () => {
    const { body } = await api.call('GET', `/v1/admin/traces/${booked.traceId}`, undefined, admin);
    const spans = body.spans as { name: string; spanId: string; parentSpanId: string | null }[];
    const named = (name: string) => spans.find((span) => span.name === name)!;
    const root = named('POST /v1/bookings');
    expect(named('lane wait').parentSpanId).toBe(root.spanId);
    expect(named('lane batch')).toMatchObject({
      parentSpanId: root.spanId,
      attributes: { 'evently.shard': 'shard-2', 'evently.lane.ending': 'committed' },
    });
    for (const name of ['lock, read and decide', 'write and COMMIT'])
      expect(named(name).parentSpanId).toBe(named('lane batch').spanId);
    expect(body.requests).toMatchObject([{ route: '/v1/bookings', status: 201 }]);
  });

  it.each([
    ['?status=abc', 'validation_failed'],
    ['?minDurationMs=-1', 'validation_failed'],
    ['?cursor=abc', 'invalid_cursor'],
    [`?cursor=${Buffer.from('["traces","x"]').toString('base64url')}`, 'invalid_cursor'],
    ['?path=/', 'validation_failed'],
    [`/${'0'.repeat(31)}1`, 'not_found'],
    ['/nonsense', 'not_found'],
  ])('refuses %s with %s', async (asked, code) => {
    const { body } = await api.call('GET', `/v1/admin/traces${asked}`, undefined, admin);
    expect(body.code).toBe(code);
  });
});
