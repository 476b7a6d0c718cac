import { setTimeout as pause } from 'node:timers/promises';
import { newMasterId } from '#libs/kernel';
import type { Shards } from '#libs/sharding';
import { openHall } from '../../../test/support/hall.js';
import { type OpenLanes, openLanes } from '../../../test/support/lanes.js';
import { type Sale, type SaleOptions, countSold, openSale } from '../../../test/support/sale.js';
import { InventoryService, type SeatPlace, blockSeats, resize } from './index.js';
import { Lanes } from './lanes.service.js';
import { findDueEvents } from './persistence/due-events.repository.js';

// Slot 0 is on PostgreSQL 18, slot 360 (shard 3) on 15.
describe.each([
  [18, 0],
  [15, 360],
])('the waitlist on PostgreSQL %i', (_, slot) => {
  let opened: OpenLanes;
  let shards: Shards;
  let inventory: InventoryService;

  beforeAll(async () => {
    opened = await openLanes();
    ({ shards, inventory } = opened);
  });
  afterAll(() => opened?.close());

  const sell = (options: SaleOptions = {}) => openSale(shards, { slot, ...options });
  const book = (sale: Sale, quantity: number, userId = newMasterId()) =>
    inventory.book(sale.eventId, userId, [{ ticketTypeId: sale.typeIds[0]!, quantity }], null);
  const join = async (sale: Sale, quantity: number, userId = newMasterId()) => {
    const ask = { ticketTypeId: sale.typeIds[0]!, quantity };
    return (await inventory.join(sale.eventId, userId, ask, null)).entry;
  };
  const cancel = ({ booking }: Awaited<ReturnType<typeof book>>) =>
    inventory.cancel(booking, { late: false, reason: null }, null);
  const read = async <Row extends object>(sql: string, values: unknown[]) =>
    (await shards.ofSlot(slot).primary.sql.query<Row>(sql, values)).rows;
  const statesOf = async (sale: Sale) =>
    (
      await read<{ status: string }>(
        'SELECT status FROM waitlist_entries WHERE event_id = $1 ORDER BY joined',
        [sale.eventId],
      )
    ).map((row) => row.status);
  const stockOf = async (sale: Sale) =>
    (
      await read<Record<string, number>>(
        'SELECT available, held, booked, offered, reserved, waiting FROM stock WHERE event_id = $1',
        [sale.eventId],
      )
    )[0]!;

  it('offers a canceled place to the first in line, who accepts it once', async () => {
    const sale = await sell({ types: [{ capacity: 2, price: 4500 }] });
    const bookings = [await book(sale, 1), await book(sale, 1)];
    const [first, second] = [await join(sale, 1), await join(sale, 1)];
    expect([first.joined, second.joined]).toEqual([1, 2]);
    await cancel(bookings[0]!);
    expect(await stockOf(sale)).toEqual({
      available: 0,
      held: 1,
      booked: 1,
      offered: 1,
      reserved: 0,
      waiting: 1,
    });
    await expect(book(sale, 1)).rejects.toMatchObject({ code: 'waitlist_first' });
    await expect(inventory.accept(second, null)).rejects.toMatchObject({ code: 'no_offer' });
    const accepted = await Promise.allSettled([1, 2, 3].map(() => inventory.accept(first, null)));
    expect(accepted.filter((one) => one.status === 'fulfilled').length).toBe(1);
    expect(await statesOf(sale)).toEqual(['accepted', 'waiting']);
    expect(await countSold(shards, sale.eventId)).toEqual({ [sale.typeIds[0]!]: 2 });
    const news = await read<{ type: string; payload: { offer: object | null } }>(
      `SELECT type, payload FROM outbox WHERE subject = $1 ORDER BY subject_version`,
      [first.id],
    );
    expect(news.map((row) => row.type)).toEqual(['waitlist.joined', 'waitlist.offered', 'waitlist.ended']);
    expect(news[1]!.payload.offer).toMatchObject({
      holdId: first.holdId,
      total: { amount: 4500, currency: 'EUR' },
    });
    expect(
      await read('SELECT joined, waiting FROM inventory WHERE event_id = $1', [sale.eventId]),
    ).toMatchObject([{ waiting: 1 }]);
  });

  it('refuses to join twice, or where tickets can be had', async () => {
    const sale = await sell({ types: [{ capacity: 2 }] });
    const userId = newMasterId();
    await expect(join(sale, 2, userId)).rejects.toMatchObject({ code: 'tickets_available' });
    await book(sale, 1);
    const joined = await Promise.allSettled([1, 2, 3].map(() => join(sale, 2, userId)));
    expect(joined.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    await expect(join(sale, 2, userId)).rejects.toMatchObject({ code: 'already_waiting' });
  });

  it('passes on what is declined, left, and over, one after another', async () => {
    const sale = await sell({ types: [{ capacity: 1 }] });
    const booking = await book(sale, 1);
    const entries = [];
    for (let i = 0; i < 4; i++) entries.push(await join(sale, 1));
    await cancel(booking);
    await inventory.decline(entries[0]!, null);
    await inventory.leave(entries[1]!);
    expect(await statesOf(sale)).toEqual(['declined', 'left', 'offered', 'waiting']);
    await read(
      `UPDATE holds SET created_at = now() - interval '1 hour', expires_at = now() - interval '1 minute' WHERE id = $1 RETURNING 1`,
      [entries[2]!.holdId],
    );
    await expect(inventory.accept(entries[2]!, null)).rejects.toMatchObject({ code: 'offer_expired' });
    expect(await statesOf(sale)).toEqual(['declined', 'left', 'expired', 'offered']);
    // An offer is a hold, and may be handled as one.
    const offer = { id: entries[3]!.holdId, eventId: sale.eventId, userId: entries[3]!.userId };
    await inventory.consume(offer, null);
    expect(await statesOf(sale)).toEqual(['declined', 'left', 'expired', 'accepted']);
    await countSold(shards, sale.eventId);
  });

  it('serves a long queue in its order, step after step, whatever comes between', async () => {
    const sale = await sell({ types: [{ capacity: 1000, maxPerBooking: 1000 }] });
    const booking = await book(sale, 1000);
    const users = Array.from({ length: 1100 }, () => newMasterId());
    await Promise.all(users.map((userId) => join(sale, 1, userId)));
    const offeredOnly = async () => {
      await cancel(booking);
      await expect(book(sale, 1)).rejects.toMatchObject({ code: 'waitlist_first' });
    };
    await offeredOnly();
    await eventually(async () => expect(await stockOf(sale)).toMatchObject({ offered: 1000, reserved: 0 }));
    const states = await statesOf(sale);
    expect([states.slice(0, 1000), states.slice(1000)].map((part) => [...new Set(part)])).toEqual([
      ['offered'],
      ['waiting'],
    ]);
    await countSold(shards, sale.eventId);
  });

  it('offers two hundred freed places on two processes without an inversion', async () => {
    const others = new Lanes(shards, opened.databases.config);
    const second = new InventoryService(shards, others);
    const sale = await sell({ types: [{ capacity: 200 }] });
    const bookings = await Promise.all(Array.from({ length: 200 }, () => book(sale, 1)));
    for (let i = 0; i < 30; i++) await Promise.all([1, 2, 3, 4].map(() => join(sale, 1)));
    await Promise.all(
      bookings.map(({ booking }, i) =>
        (i % 2 ? inventory : second).cancel(booking, { late: false, reason: null }, null),
      ),
    );
    await eventually(async () =>
      expect(await stockOf(sale)).toEqual({
        ...{ available: 80, held: 120, booked: 0, offered: 120, reserved: 0, waiting: 0 },
      }),
    );
    const order = await read<{ joined: string }>(
      `SELECT joined FROM waitlist_entries WHERE event_id = $1 ORDER BY offered_at, joined`,
      [sale.eventId],
    );
    expect(order.map((row) => Number(row.joined))).toEqual(Array.from({ length: 120 }, (_, i) => i + 1));
    await countSold(shards, sale.eventId);
    await others.onApplicationShutdown();
  });

  it('offers seats side by side where there are such', async () => {
    const hall = await openHall(shards, { slot, sections: [{ name: 'A', rows: [4, 4] }] });
    const asks = (seats: string[]) => [{ ticketTypeId: hall.typeIds[0]!, seatIds: seats.map(hall.seat) }];
    const book = async (...seats: string[]) =>
      (await inventory.book(hall.eventId, newMasterId(), asks(seats), null)).booking;
    const single = await book('A1-1');
    const pair = await book('A2-2', 'A2-3');
    await book('A1-2', 'A1-3', 'A1-4', 'A2-1', 'A2-4');
    const [one, two] = [await join(hall, 2), await join(hall, 1)];
    await inventory.cancel(pair, { late: false, reason: null }, null);
    await eventually(async () => expect(await statesOf(hall)).toEqual(['offered', 'waiting']));
    const [hold] = await read<{ items: { seatIds: string[] }[] }>('SELECT items FROM holds WHERE id = $1', [
      one.holdId,
    ]);
    expect(hold!.items[0]!.seatIds.toSorted()).toEqual([hall.seat('A2-2'), hall.seat('A2-3')].toSorted());
    await inventory.cancel(single, { late: false, reason: null }, null);
    await eventually(async () => expect(await statesOf(hall)).toEqual(['offered', 'offered']));
    expect((await inventory.accept(two, null)).booking.items[0]!.seatIds).toEqual([hall.seat('A1-1')]);
    await countSold(shards, hall.eventId);
  });

  it('counts what a person has against the limit, in offers too', async () => {
    const sale = await sell({ types: [{ capacity: 3, maxPerPerson: 2 }] });
    const [ann, bob] = [newMasterId(), newMasterId()];
    const bookings = [await book(sale, 1), await book(sale, 1), await book(sale, 1, ann)];
    await expect(join(sale, 2, ann)).rejects.toMatchObject({ code: 'person_limit_reached' });
    await join(sale, 1, bob);
    await join(sale, 1, ann);
    await cancel(bookings[0]!);
    await cancel(bookings[1]!);
    expect(await statesOf(sale)).toEqual(['offered', 'offered']);
    await expect(
      inventory.hold(sale.eventId, ann, [{ ticketTypeId: sale.typeIds[0]!, quantity: 1 }], 60_000, null),
    ).rejects.toMatchObject({ code: 'person_limit_reached' });
    await countSold(shards, sale.eventId);
  });

  it('offers new places to who waits, before they are on sale', async () => {
    const sale = await sell({ types: [{ capacity: 1 }] });
    await book(sale, 1);
    for (const quantity of [1, 2, 2]) await join(sale, quantity);
    const grow = (delta: number) =>
      inventory.step(sale.eventId, (tx) =>
        resize(tx, sale.eventId, [{ ticketTypeId: sale.typeIds[0]!, delta }]),
      );
    const [, ...asked] = await Promise.allSettled([
      grow(4),
      ...Array.from({ length: 10 }, () => book(sale, 1)),
    ]);
    await eventually(async () => expect(await statesOf(sale)).toEqual(['offered', 'offered', 'waiting']));
    await eventually(async () => expect(await stockOf(sale)).toMatchObject({ reserved: 0 }));
    // One is left over, and it may have been asked for too early.
    expect(asked.filter((one) => one.status === 'fulfilled').length).toBeLessThanOrEqual(1);
    await countSold(shards, sale.eventId);
  });

  it('offers seats that are unblocked to who waits', async () => {
    const hall = await openHall(shards, { slot, sections: [{ name: 'A', rows: [4] }] });
    const places = [
      { section: 0, at: 1 },
      { section: 0, at: 2 },
    ];
    const change = (seats: { block: SeatPlace[]; unblock: SeatPlace[] }) =>
      inventory.plans.with(hall.eventId, (plan) =>
        inventory.step(hall.eventId, (tx) => blockSeats(tx, plan!, seats)),
      );
    await change({ block: places, unblock: [] });
    const asks = [{ ticketTypeId: hall.typeIds[0]!, seatIds: [hall.seat('A1-1'), hall.seat('A1-4')] }];
    await inventory.book(hall.eventId, newMasterId(), asks, null);
    const entry = await join(hall, 2);
    await change({ block: [], unblock: places });
    await eventually(async () => expect(await statesOf(hall)).toEqual(['offered']));
    expect((await inventory.accept(entry, null)).booking.items[0]!.seatIds!.toSorted()).toEqual(
      [hall.seat('A1-2'), hall.seat('A1-3')].toSorted(),
    );
    await countSold(shards, hall.eventId);
  });

  it('ends gathering in time, and goes on where the process that should have died', async () => {
    const sale = await sell({ types: [{ capacity: 6 }] });
    const bookings = [];
    for (let i = 0; i < 6; i++) bookings.push(await book(sale, 1));
    const entry = await join(sale, 6);
    for (let i = 0; i < 3; i++) {
      await cancel(bookings[i]!);
      await book(sale, 1);
    }
    await cancel(bookings[3]!);
    expect(await stockOf(sale)).toMatchObject({ available: 0, reserved: 1 });
    const due = () => shards.ofSlot(slot).onPrimary(({ sql }) => findDueEvents(sql));
    expect(await due()).not.toContain(sale.eventId);
    await read(
      `UPDATE waitlist_entries SET gathering_until = now() - interval '1 second' WHERE id = $1 RETURNING 1`,
      [entry.id],
    );
    expect(await due()).toContain(sale.eventId);
    await inventory.expire(sale.eventId);
    expect(await stockOf(sale)).toMatchObject({ available: 1, reserved: 0, waiting: 1 });
    await read(`UPDATE stock SET available = 0, held = 1, reserved = 1 WHERE event_id = $1 RETURNING 1`, [
      sale.eventId,
    ]);
    expect(await due()).toContain(sale.eventId);
    await inventory.expire(sale.eventId);
    expect(await due()).not.toContain(sale.eventId);
    await countSold(shards, sale.eventId);
  });

  it('takes everybody off the waitlist of a canceled event', async () => {
    const sale = await sell({ types: [{ capacity: 1 }] });
    const booking = await book(sale, 1);
    for (let i = 0; i < 3; i++) await join(sale, 1);
    await cancel(booking);
    await inventory.step(sale.eventId, (tx) =>
      tx.query(`UPDATE events SET status = 'canceled' WHERE id = $1`, [sale.eventId]),
    );
    expect(await inventory.cancelSome(sale.eventId, 10)).toEqual({ canceled: 0, released: 1, left: 3 });
    expect(await inventory.cancelSome(sale.eventId, 10)).toEqual({ canceled: 0, released: 0, left: 0 });
    expect(await statesOf(sale)).toEqual(['left', 'left', 'left']);
    expect(await stockOf(sale)).toMatchObject({ available: 1, held: 0, waiting: 0 });
  });
});

/** Asserts again until it holds: the lane goes on by itself. */
async function eventually(check: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await check();
    } catch (error) {
      if (tries === 200) throw error;
      await pause(50);
    }
  }
}
