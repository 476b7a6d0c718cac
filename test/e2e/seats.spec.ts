import { parseId } from '#libs/kernel';
import { compareSeats } from '../support/seats.js';
import { EventsClient, pathsOf, price, section, stalls, standing } from './events.client.js';

interface Seat {
  id: string;
  section: string;
  row: string;
  number: string;
  ticketTypeId: string;
  status: string;
}
interface Hall {
  id: string;
  stalls: string;
  standing: string;
  seats: Seat[];
}

let client: EventsClient;
let other: string;

beforeAll(async () => {
  client = await EventsClient.start();
  other = await client.signUp('bob@example.com', 'attendee');
});
afterAll(() => client?.stop());

/** A published event: rows 1 and 2 of section A, row 1 of B, eight seats each, and standing room. */
async function open(): Promise<Hall> {
  const rows = ['1', '2'].map((name) => ({ name, seats: 8 }));
  const { id, ticketTypes } = await client.publish({
    ticketTypes: [
      { ...standing, capacity: 5 },
      { ...stalls, maxPerBooking: 6, maxPerPerson: 8 },
    ],
    seatMap: { sections: [{ ...section('A'), rows }, section('B', 8)] },
  });
  const { body } = await client.call('GET', `/v1/events/${id}/seats`);
  return { id, standing: ticketTypes[0].id, stalls: ticketTypes[1].id, seats: body.data };
}
const named = ({ seats }: Hall, ...names: string[]) =>
  names.map((name) => seats.find((s) => `${s.section}${s.row}-${s.number}` === name)!);
const seatIds = (hall: Hall, ...names: string[]) => ({
  ticketTypeId: hall.stalls,
  seatIds: named(hall, ...names).map((seat) => seat.id),
});
const best = (hall: Hall, quantity: number, more: object = {}) => ({
  ticketTypeId: hall.stalls,
  quantity,
  bestAvailable: true,
  ...more,
});
const book = (hall: Hall, items: object[], headers: Record<string, string> = {}, token = client.attendee) =>
  client.call('POST', '/v1/bookings', { eventId: hall.id, items }, token, headers);
const hold = (hall: Hall, items: object[], token = client.attendee) =>
  client.call('POST', `/v1/events/${hall.id}/holds`, { items }, token);
const block = (hall: Hall, change: object) =>
  client.call('PATCH', `/v1/events/${hall.id}/seats`, change, client.organizer);
const taken = async (hall: Hall) => {
  const { body } = await client.call('GET', `/v1/events/${hall.id}/seats`);
  const not = (body.data as Seat[]).filter((seat) => seat.status !== 'free');
  return not.map((s) => `${s.section}${s.row}-${s.number} ${s.status}`);
};
const labels = (body: { items: { seats?: Seat[] }[] }) =>
  body.items.flatMap(({ seats = [] }) => seats.map((s) => `${s.section}${s.row}-${s.number}`));
const compare = (hall: Hall) => compareSeats(client.shards, parseId('event', hall.id)!);

describe('seats over HTTP', () => {
  it('are booked by name, and their tickets say where to sit', async () => {
    const hall = await open();
    const { status, body } = await book(hall, [seatIds(hall, 'A2-3', 'B1-8')]);
    expect(status).toBe(201);
    const seats = named(hall, 'A2-3', 'B1-8').map(({ id, section, row, number }) => ({
      id,
      section,
      row,
      number,
    }));
    expect(body.items).toEqual([
      { ticketTypeId: hall.stalls, quantity: 2, unitPrice: price(9000), priceVersion: 1, seats },
    ]);
    expect(body.admissions).toEqual(
      seats.map((seat) => ({
        id: expect.stringMatching(/^adm_/),
        code: expect.stringMatching(/^[\w-]{175}$/),
        ticketTypeId: hall.stalls,
        seat,
      })),
    );
    const shown = await client.call('GET', `/v1/bookings/${body.id}`, undefined, client.attendee);
    // Member by member in the same order too: a replay is made of the stored row.
    expect(JSON.stringify(shown.body)).toBe(JSON.stringify(body));
    expect(await taken(hall)).toEqual(['A2-3 booked', 'B1-8 booked']);
    const checkedIn = await client.call('POST', `/v1/admissions/${body.admissions[1].code}/check-in`);
    expect(checkedIn.body).toMatchObject({ seat: seats[1] });
  });

  it('are booked by name, by choice and together with places of general admission', async () => {
    const hall = await open();
    const items = [
      seatIds(hall, 'A1-4'),
      { ticketTypeId: hall.standing, quantity: 2 },
      best(hall, 3),
      best(hall, 1, { section: 'B' }),
    ];
    const { status, body } = await book(hall, items);
    expect(status).toBe(201);
    expect(body.items.map((item: { quantity: number }) => item.quantity)).toEqual([5, 2]);
    expect(body.items[1].seats).toBeUndefined();
    expect(body.admissions.map((a: { seat?: Seat }) => a.seat?.section)).toEqual([
      ...['A', 'B', 'B', 'B', 'B'],
      ...[undefined, undefined],
    ]);
    expect(new Set(labels(body)).size).toBe(5);
    expect(await compare(hall)).toBe(5);
  });

  it('are split only when that is wanted', async () => {
    const hall = await open();
    const third = ['A1-3', 'A1-6', 'A2-3', 'A2-6', 'B1-3', 'B1-6'];
    await book(hall, [seatIds(hall, ...third)], {}, other);
    const whole = await book(hall, [best(hall, 3)]);
    expect([whole.status, whole.body.code, whole.body.available]).toEqual([409, 'sold_out', 18]);
    expect(whole.body.ticketTypeId).toBe(hall.stalls);
    const split = await book(hall, [best(hall, 3, { allowSplit: true })]);
    expect(split.status).toBe(201);
    expect(labels(split.body)).toHaveLength(3);
  });

  it('are refused, all that are taken by name, and nothing is booked', async () => {
    const hall = await open();
    await book(hall, [seatIds(hall, 'A1-1')], {}, other);
    await hold(hall, [seatIds(hall, 'A1-2')], other);
    await block(hall, { block: named(hall, 'A1-3').map(({ id }) => id) });
    const items = [seatIds(hall, 'A1-4', 'A1-3', 'A1-1', 'A1-2')];
    for (const { status, body } of [await book(hall, items), await hold(hall, items)]) {
      expect([status, body.code]).toEqual([409, 'seat_taken']);
      expect(body.seatIds).toEqual(named(hall, 'A1-3', 'A1-1', 'A1-2').map(({ id }) => id));
    }
    expect(await taken(hall)).toEqual(['A1-1 booked', 'A1-2 held', 'A1-3 blocked']);
    expect(await compare(hall)).toBe(2);
  });

  it('are asked for in a form that makes sense', async () => {
    const hall = await open();
    const elsewhere = await open();
    const one = seatIds(hall, 'A1-1');
    const many = Array.from({ length: 10_000 }, () => one.seatIds[0]);
    const refusals: [object[], string, string[]?][] = [
      [[{ ticketTypeId: hall.stalls, quantity: 1 }], 'validation_failed', ['items.0.quantity']],
      [[{ ticketTypeId: hall.stalls }], 'validation_failed', ['items.0.quantity']],
      [[{ ...one, quantity: 1 }], 'validation_failed', ['items.0.quantity']],
      [[{ ...one, bestAvailable: true }], 'validation_failed', ['items.0.bestAvailable']],
      [[{ ...one, ticketTypeId: hall.standing }], 'validation_failed', ['items.0.seatIds']],
      [[best(hall, 1, { section: 'C' })], 'validation_failed', ['items.0.section']],
      [[{ ...best(hall, 1), bestAvailable: false, section: 'A' }], 'validation_failed', ['items.0.section']],
      [
        [{ ticketTypeId: hall.standing, quantity: 1, bestAvailable: true }],
        'validation_failed',
        ['items.0.bestAvailable'],
      ],
      [[{ ...one, seatIds: 'all' }], 'validation_failed', ['items.0.seatIds']],
      [[{ ...one, seatIds: [hall.id] }], 'validation_failed', ['items.0.seatIds']],
      [[{ ...one, seatIds: many }], 'validation_failed', ['items.0.seatIds']],
      [[{ ...one, seatIds: many.slice(0, 900) }], 'quantity_out_of_range'],
      [[{ ...one, seatIds: [] }], 'quantity_out_of_range'],
      [[best(hall, 7)], 'quantity_out_of_range'],
      [[one, seatIds(hall, 'A1-1', 'A1-2')], 'duplicate_seat'],
      [[{ ...one, seatIds: seatIds(elsewhere, 'A1-1').seatIds }], 'seat_not_in_event'],
    ];
    for (const [items, code, paths = []] of refusals) {
      for (const { status, body } of [await book(hall, items), await hold(hall, items)]) {
        expect([status, body.code, pathsOf(body)]).toEqual([422, code, paths]);
      }
    }
    expect(await taken(hall)).toEqual([]);
  });

  it('are held, shown as held, and free again when they are given back or their time is over', async () => {
    const hall = await open();
    const held = await hold(hall, [best(hall, 2, { section: 'B' })]);
    expect([held.status, labels(held.body)]).toEqual([201, ['B1-4', 'B1-5']]);
    expect(await taken(hall)).toEqual(['B1-4 held', 'B1-5 held']);
    await client.call('DELETE', `/v1/holds/${held.body.id}`, undefined, client.attendee);
    expect(await taken(hall)).toEqual([]);

    const lapsing = await hold(hall, [seatIds(hall, 'A1-1', 'A1-2')]);
    const id = parseId('hold', lapsing.body.id)!;
    await client.shards
      .ofId(id)
      .primary.sql.query(
        `UPDATE holds SET created_at = created_at - interval '1 hour', expires_at = clock_timestamp() WHERE id = $1`,
        [id],
      );
    const next = await book(hall, [seatIds(hall, 'A1-2')], {}, other);
    expect(next.status).toBe(201);
    expect(await taken(hall)).toEqual(['A1-2 booked']);
    const late = await client.call('POST', '/v1/bookings', { holdId: lapsing.body.id }, client.attendee);
    expect([late.status, late.body.code]).toEqual([409, 'hold_expired']);
    expect(await compare(hall)).toBe(1);
  });

  it('stay with a hold that becomes a booking, and are free when that is canceled', async () => {
    const hall = await open();
    const { body: held } = await hold(hall, [seatIds(hall, 'A2-8')]);
    const { body: booking } = await client.call('POST', '/v1/bookings', { holdId: held.id }, client.attendee);
    expect(booking.items).toEqual(held.items);
    expect(await taken(hall)).toEqual(['A2-8 booked']);
    const notBlocked = await block(hall, { block: named(hall, 'A2-7', 'A2-8').map(({ id }) => id) });
    expect([notBlocked.status, notBlocked.body.seatIds]).toEqual([409, [named(hall, 'A2-8')[0]!.id]]);
    await client.call('POST', `/v1/bookings/${booking.id}/cancel`, {}, client.attendee);
    expect(await taken(hall)).toEqual([]);
    expect((await book(hall, [seatIds(hall, 'A2-8')], {}, other)).status).toBe(201);
  });

  it('cannot be had while they are blocked, only afterwards', async () => {
    const hall = await open();
    const all = hall.seats.filter((seat) => seat.section === 'A').map((seat) => seat.id);
    await block(hall, { block: all });
    expect(labels((await book(hall, [best(hall, 2)])).body)).toEqual(['B1-4', 'B1-5']);
    const none = await book(hall, [best(hall, 1, { section: 'A' })]);
    expect([none.status, none.body.code]).toEqual([409, 'sold_out']);
    await block(hall, { unblock: all });
    expect(labels((await book(hall, [best(hall, 2)])).body)).toEqual(['A1-4', 'A1-5']);
    expect(await compare(hall)).toBe(4);
  });

  it('are the same for the same key, however often it is sent', async () => {
    const hall = await open();
    const headers = { 'idempotency-key': 'seats-once' };
    const first = await book(hall, [best(hall, 2)], headers);
    const again = await book(hall, [best(hall, 2)], headers);
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(await compare(hall)).toBe(2);
  });

  it('are listed with the version of the availability, and not sent twice to who has them', async () => {
    const hall = await open();
    const url = `/v1/events/${hall.id}/seats?section=B`;
    const first = await client.call('GET', url);
    expect(first.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      etag: expect.stringMatching(/^"\d+-/),
    });
    expect(first.body.data).toEqual(hall.seats.filter((seat) => seat.section === 'B'));
    const known = { 'if-none-match': first.headers.etag as string };
    const again = await client.call('GET', url, undefined, client.organizer, known);
    expect([again.status, again.body]).toEqual([304, undefined]);
    const whole = await client.call('GET', `/v1/events/${hall.id}/seats`, undefined, client.organizer, known);
    expect(whole.status).toBe(200);
    await book(hall, [seatIds(hall, 'B1-1')]);
    const changed = await client.call('GET', url, undefined, client.organizer, known);
    expect([changed.status, changed.body.data[0].status]).toEqual([200, 'booked']);
    const availability = await client.call('GET', `/v1/events/${hall.id}/availability`);
    expect(changed.body.version).toBe(availability.body.version);
  });
});
