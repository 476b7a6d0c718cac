import { createHash } from 'node:crypto';
import { formatId, newId, newMasterId } from '#libs/kernel';
import type { Shards } from '#libs/sharding';
import { type Hall, type HallOptions, openHall } from '../../../test/support/hall.js';
import { type OpenLanes, openLanes } from '../../../test/support/lanes.js';
import { compareSeats } from '../../../test/support/seats.js';
import { countSold } from '../../../test/support/sale.js';
import { type Ask, type BookedItem, type InventoryService, type RequestKey } from './index.js';

const refused = (code: string, members?: object) =>
  expect.objectContaining({ code, ...(members && { members: expect.objectContaining(members) }) });
const TEN_MINUTES = 600_000;

// Slot 0 is on PostgreSQL 18, slot 360 (shard 3) on 15.
describe.each([
  [18, 0],
  [15, 360],
])('seats in the lane on PostgreSQL %i', (_, slot) => {
  let opened: OpenLanes;
  let shards: Shards;
  let inventory: InventoryService;

  beforeAll(async () => {
    opened = await openLanes();
    ({ shards, inventory } = opened);
  });
  afterAll(() => opened?.close());

  const open = (options: Partial<HallOptions> = {}) =>
    openHall(shards, { slot, sections: [{ name: 'A', rows: [8, 8] }], ...options });
  const sql = async <Row>(text: string, values: unknown[]): Promise<Row[]> =>
    (await shards.ofSlot(slot).primary.sql.query(text, values)).rows as Row[];
  const seats = (hall: Hall, ...names: string[]): Ask => ({
    ticketTypeId: hall.typeIds[0]!,
    seatIds: names.map((name) => hall.seat(name)),
  });
  const best = (
    hall: Hall,
    quantity: number,
    more: { section?: string; allowSplit?: boolean } = {},
  ): Ask => ({
    ticketTypeId: hall.typeIds[0]!,
    quantity,
    bestAvailable: true,
    ...more,
  });
  const book = async (hall: Hall, ...asks: Ask[]) =>
    (await inventory.book(hall.eventId, newMasterId(), asks, null)).booking;
  const hold = async (hall: Hall, ...asks: Ask[]) =>
    (await inventory.hold(hall.eventId, newMasterId(), asks, TEN_MINUTES, null)).hold;
  const labels = ({ items }: { items: BookedItem[] }) =>
    items.flatMap((item) =>
      (item.seats ?? []).map(({ label }) => `${label.section}${label.row}-${label.number}`),
    );
  const newsOf = async (hall: Hall) => {
    const text = `SELECT subject_version AS version, payload FROM outbox WHERE subject = $1 AND type = 'seats.changed' ORDER BY id`;
    const rows = await sql<{ version: number; payload: { seats: { id: string; status: string }[] } }>(text, [
      hall.eventId,
    ]);
    return rows.map(({ payload }) => payload.seats);
  };
  const lapse = (holdId: string) =>
    sql(
      `UPDATE holds SET created_at = created_at - interval '1 hour', expires_at = clock_timestamp() - interval '1 second'
       WHERE id = $1`,
      [holdId],
    );

  it('books the seats that are named, at their price, and writes down which', async () => {
    const hall = await open({ types: [{ capacity: 0, price: 4500 }] });
    const booking = await book(hall, seats(hall, 'A1-3', 'A2-8'), seats(hall, 'A1-1'));
    expect(booking).toMatchObject({ total: 13_500, items: [{ quantity: 3, unitAmount: 4500 }] });
    expect(booking.items[0]!.seatIds).toEqual(['A1-3', 'A2-8', 'A1-1'].map((name) => hall.seat(name)));
    expect(labels(booking)).toEqual(['A1-3', 'A2-8', 'A1-1']);
    expect(await compareSeats(shards, hall.eventId)).toBe(3);
    expect(await countSold(shards, hall.eventId)).toEqual({ [hall.typeIds[0]!]: 3 });
    const [news] = await newsOf(hall);
    expect(news).toEqual(booking.items[0]!.seatIds!.map((id) => ({ id, status: 'booked' })));
    const versions = await sql<{ type: string; version: number }>(
      'SELECT type, subject_version AS version FROM outbox WHERE subject = $1',
      [hall.eventId],
    );
    expect(versions.map((row) => row.version)).toEqual([2, 2]);
  });

  it('chooses the best seats, and none that it has given away', async () => {
    const hall = await open();
    const chosen = [];
    for (let i = 0; i < 4; i++) chosen.push(labels(await book(hall, best(hall, 2))).join(' '));
    expect(chosen).toEqual(['A1-4 A1-5', 'A2-4 A2-5', 'A1-2 A1-3', 'A1-6 A1-7']);
    expect(await compareSeats(shards, hall.eventId)).toBe(8);
  });

  it('books seats, best seats and places together, or nothing', async () => {
    const hall = await open({
      types: [{ capacity: 0 }, { capacity: 5 }, { capacity: 0 }],
      sections: [
        { name: 'A', rows: [8] },
        { name: 'B', rows: [6], type: 2 },
      ],
    });
    const places = (quantity: number): Ask => ({ ticketTypeId: hall.typeIds[1]!, quantity });
    const other: Ask = { ticketTypeId: hall.typeIds[2]!, quantity: 2, bestAvailable: true };
    const booking = await book(hall, seats(hall, 'A1-4'), places(2), best(hall, 3), other, best(hall, 1));
    expect(booking.items.map((item) => item.quantity)).toEqual([5, 2, 2]);
    const [first] = booking.items;
    expect(new Set(first!.seatIds).size).toBe(5);
    expect(first!.seatIds![0]).toBe(hall.seat('A1-4'));
    expect(booking.items[1]!.seatIds).toBeUndefined();
    await expect(book(hall, best(hall, 1), places(4))).rejects.toEqual(refused('sold_out'));
    await expect(book(hall, places(1), seats(hall, 'A1-4'))).rejects.toEqual(refused('seat_taken'));
    expect(await compareSeats(shards, hall.eventId)).toBe(7);
    expect(Object.values(await countSold(shards, hall.eventId))).toEqual([5, 2, 2]);
  });

  it('keeps to the section that is asked for, and splits only when told', async () => {
    const hall = await open({
      sections: [
        { name: 'A', rows: [4] },
        { name: 'B', rows: [5] },
      ],
    });
    expect(labels(await book(hall, best(hall, 1, { section: 'B' })))).toEqual(['B1-3']);
    await expect(book(hall, best(hall, 5))).rejects.toEqual(
      refused('sold_out', { ticketTypeId: formatId('ticketType', hall.typeIds[0]!), available: 8 }),
    );
    await expect(book(hall, best(hall, 3, { section: 'B' }))).rejects.toEqual(refused('sold_out'));
    await expect(book(hall, best(hall, 1, { section: 'C' }))).rejects.toEqual(refused('validation_failed'));
    expect(labels(await book(hall, best(hall, 6, { allowSplit: true })))).toHaveLength(6);
    await expect(book(hall, best(hall, 3, { allowSplit: true }))).rejects.toEqual(refused('sold_out'));
    expect(await compareSeats(shards, hall.eventId)).toBe(7);
  });

  it('refuses in the order of the contract, and leaves nothing behind', async () => {
    const hall = await open({ types: [{ capacity: 0, maxPerBooking: 3, maxPerPerson: 2 }, { capacity: 4 }] });
    const other = await open();
    const [type, general] = hall.typeIds as [string, string];
    await book(hall, seats(hall, 'A1-1', 'A1-2'));
    const ids = (...names: string[]) => ({
      seatIds: names.map((name) => formatId('seat', hall.seat(name))),
    });
    const cases: [Ask[], string, object?][] = [
      [[{ ticketTypeId: type, quantity: 2 }], 'validation_failed'],
      [[{ ticketTypeId: general, seatIds: [hall.seat('A1-3')] }], 'validation_failed'],
      [[{ ticketTypeId: general, quantity: 1, bestAvailable: true }], 'validation_failed'],
      [[{ ticketTypeId: type, seatIds: [] }], 'quantity_out_of_range'],
      [[seats(hall, 'A1-3', 'A1-3', 'A1-4', 'A1-5')], 'quantity_out_of_range', { max: 3 }],
      [[seats(hall, 'A1-3'), seats(hall, 'A1-4', 'A1-3')], 'duplicate_seat', ids('A1-3')],
      [[{ ticketTypeId: type, seatIds: [other.seat('A1-1'), newId(slot)] }], 'seat_not_in_event'],
      [[seats(hall, 'A1-1', 'A1-3', 'A1-2')], 'seat_taken', ids('A1-1', 'A1-2')],
      [[seats(hall, 'A1-3', 'A1-4', 'A1-5')], 'person_limit_reached', { limit: 2 }],
    ];
    for (const [asks, code, members] of cases)
      await expect(book(hall, ...asks)).rejects.toEqual(refused(code, members));
    const draft = await open({ status: 'draft' });
    await expect(book(draft, seats(draft, 'A1-1'))).rejects.toEqual(refused('event_not_bookable'));
    await expect(inventory.book(newId(slot), newMasterId(), [seats(hall, 'A1-3')], null)).rejects.toEqual(
      refused('not_found'),
    );
    expect(await compareSeats(shards, hall.eventId)).toBe(2);
  });

  it('holds seats, makes the hold a booking, and frees the seats when that is canceled', async () => {
    const hall = await open();
    const held = await hold(hall, seats(hall, 'A1-1', 'A1-2'));
    await expect(book(hall, seats(hall, 'A1-2'))).rejects.toEqual(refused('seat_taken'));
    expect(await compareSeats(shards, hall.eventId)).toBe(2);
    const { booking } = await inventory.consume(held, null);
    expect(labels(booking)).toEqual(['A1-1', 'A1-2']);
    expect(await compareSeats(shards, hall.eventId)).toBe(2);
    await inventory.cancel(booking, { late: false, reason: null }, null);
    expect(await compareSeats(shards, hall.eventId)).toBe(0);
    expect(labels(await book(hall, seats(hall, 'A1-2')))).toEqual(['A1-2']);
    const told = (await newsOf(hall)).map((news) => news.map(({ status }) => status).join());
    expect(told).toEqual(['held,held', 'booked,booked', 'free,free', 'booked']);
  });

  it('frees the seats of a hold that is given back or has lapsed, the latter for whoever comes next', async () => {
    const hall = await open();
    const held = await hold(hall, best(hall, 2));
    await inventory.release(held);
    expect(await compareSeats(shards, hall.eventId)).toBe(0);
    const lapsing = await hold(hall, seats(hall, 'A1-1'), seats(hall, 'A2-1'));
    await lapse(lapsing.id);
    // In one batch the lapsed hold is released and one of its seats is somebody else's.
    expect(labels(await book(hall, seats(hall, 'A2-1')))).toEqual(['A2-1']);
    expect(await compareSeats(shards, hall.eventId)).toBe(1);
    await expect(inventory.consume(lapsing, null)).rejects.toEqual(refused('hold_expired'));
    const last = (await newsOf(hall)).at(-1);
    expect(last).toEqual(
      expect.arrayContaining([
        { id: hall.seat('A1-1'), status: 'free' },
        { id: hall.seat('A2-1'), status: 'booked' },
      ]),
    );
  });

  it('frees all seats of a canceled event', async () => {
    const hall = await open();
    await book(hall, best(hall, 3));
    await hold(hall, best(hall, 2));
    await sql(`UPDATE events SET status = 'canceled' WHERE id = $1`, [hall.eventId]);
    expect(await inventory.cancelSome(hall.eventId, 10)).toEqual({ canceled: 1, released: 1, left: 0 });
    expect(await compareSeats(shards, hall.eventId)).toBe(0);
  });

  it('answers a repeated key with the same seats', async () => {
    const hall = await open();
    const key: RequestKey = { caller: newMasterId(), key: 'k', fingerprint: createHash('sha256').digest() };
    const userId = newMasterId();
    const first = await inventory.book(hall.eventId, userId, [best(hall, 2)], key);
    const again = await inventory.book(hall.eventId, userId, [best(hall, 2)], key);
    expect([first.replayed, again.replayed]).toEqual([false, true]);
    expect(again.booking).toEqual(first.booking);
    expect(await compareSeats(shards, hall.eventId)).toBe(2);
  });

  it('gives seats that are wanted by many at once to one each', async () => {
    const hall = await open({ sections: [{ name: 'A', rows: [10, 10] }] });
    const wishes = Array.from({ length: 120 }, (_, i) =>
      i % 3 === 0
        ? best(hall, 1 + (i % 2))
        : { ticketTypeId: hall.typeIds[0]!, seatIds: [hall.seatIds[i % 20]!, hall.seatIds[(i + 7) % 20]!] },
    );
    const answers = await Promise.allSettled(wishes.map((wish) => book(hall, wish)));
    const won = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    const ids = won.flatMap((booking) => booking.items[0]!.seatIds!);
    expect(new Set(ids).size).toBe(ids.length);
    for (const answer of answers)
      if (answer.status === 'rejected')
        expect(['seat_taken', 'sold_out']).toContain((answer.reason as { code: string }).code);
    expect(await compareSeats(shards, hall.eventId)).toBe(ids.length);
  });

  it('takes seats of the plan as it is now, though it knew another', async () => {
    const hall = await open();
    await book(hall, best(hall, 1));
    const added = newId(slot);
    const [type] = hall.typeIds;
    await shards.ofSlot(slot).transaction(async (tx) => {
      await tx.query(
        `INSERT INTO sections (event_id, position, name, ticket_type_id, rows) VALUES ($1, 1, 'B', $2, '[{"name":"1","seats":1}]')`,
        [hall.eventId, type],
      );
      await tx.query(
        `INSERT INTO seats (id, event_id, section, row_position, seat_position, row_name, number, ticket_type_id)
         VALUES ($1, $2, 1, 0, 0, '1', '1', $3)`,
        [added, hall.eventId, type],
      );
      await tx.query(
        `INSERT INTO section_seats (event_id, section, held, booked, blocked) VALUES ($1, 1, '\\x00', '\\x00', '\\x00')`,
        [hall.eventId],
      );
      await tx.query(
        'UPDATE stock SET capacity = capacity + 1, available = available + 1 WHERE ticket_type_id = $1',
        [type],
      );
      await tx.query('UPDATE inventory SET plan_version = plan_version + 1 WHERE event_id = $1', [
        hall.eventId,
      ]);
    });
    const booking = await book(hall, { ticketTypeId: type!, seatIds: [added] });
    expect(labels(booking)).toEqual(['B1-1']);
    expect(await compareSeats(shards, hall.eventId)).toBe(2);
  });

  it('is held back by the claims alone, when the bitmaps are wrong', async () => {
    const hall = await open();
    await book(hall, seats(hall, 'A1-1'));
    await sql(`UPDATE section_seats SET booked = set_bit(booked, 0, 0) WHERE event_id = $1`, [hall.eventId]);
    await expect(book(hall, seats(hall, 'A1-1'))).rejects.toMatchObject({
      code: '23505',
      constraint: 'seat_claims_pkey',
    });
    const claims = await sql<{ n: number }>(
      'SELECT count(*)::integer AS n FROM bookings WHERE event_id = $1',
      [hall.eventId],
    );
    expect(claims).toEqual([{ n: 1 }]);
    await expect(compareSeats(shards, hall.eventId)).rejects.toThrow('the seats are wrong');
  });

  it('is held back by the bitmaps alone, when there are no claims', async () => {
    const hall = await open();
    await book(hall, seats(hall, 'A1-1'));
    await sql('DELETE FROM seat_claims WHERE event_id = $1', [hall.eventId]);
    await expect(book(hall, seats(hall, 'A1-1'))).rejects.toEqual(refused('seat_taken'));
    await expect(compareSeats(shards, hall.eventId)).rejects.toThrow('the seats are wrong');
  });
});
