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
