import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { formatId, newId, newMasterId } from '#libs/kernel';
import type { Shards } from '#libs/sharding';
import { type OpenLanes, openLanes } from '../../../test/support/lanes.js';
import { type Sale, type SaleOptions, countSold, openSale } from '../../../test/support/sale.js';
import { InventoryService, Lanes, type RequestKey, resize } from './index.js';

// Slot 0 is on PostgreSQL 18, slot 360 (shard 3) on 15.
describe.each([
  [18, 0],
  [15, 360],
])('the lane on PostgreSQL %i', (_, slot) => {
  let opened: OpenLanes;
  let shards: Shards;
  let inventory: InventoryService;

  beforeAll(async () => {
    opened = await openLanes();
    ({ shards, inventory } = opened);
  });
  afterAll(() => opened?.close());

  const sell = (options: SaleOptions = {}) => openSale(shards, { slot, ...options });
  const book = (sale: Sale, quantity: number, userId = newMasterId(), type = 0) =>
    inventory.book(sale.eventId, userId, [{ ticketTypeId: sale.typeIds[type]!, quantity }], null);
  const keyed = (key: string, body: string): RequestKey => ({
    caller: newMasterId(),
    key,
    fingerprint: createHash('sha256').update(body).digest(),
  });

  it('books what is free at its price, and writes down that it did', async () => {
    const sale = await sell({
      types: [
        { capacity: 5, price: 4500 },
        { capacity: 9, price: 100 },
      ],
    });
    const userId = newMasterId();
    const { booking, replayed } = await inventory.book(
      sale.eventId,
      userId,
      [
        { ticketTypeId: sale.typeIds[0]!, quantity: 1 },
        { ticketTypeId: sale.typeIds[1]!, quantity: 3 },
        { ticketTypeId: sale.typeIds[0]!, quantity: 2 },
      ],
      null,
    );
    expect(replayed).toBe(false);
    expect(booking).toMatchObject({
      userId,
      status: 'confirmed',
      version: 1,
      total: 13_800,
      currency: 'EUR',
    });
    expect(booking.reference).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
    expect(await countSold(shards, sale.eventId)).toEqual({ [sale.typeIds[0]!]: 3, [sale.typeIds[1]!]: 3 });
    const { rows } = await shards
      .ofSlot(slot)
      .primary.sql.query(
        `SELECT type, subject_version, payload FROM outbox WHERE subject = ANY($1::uuid[]) ORDER BY type`,
        [[sale.eventId, booking.id]],
      );
    expect(rows).toEqual([
      {
        type: 'availability.changed',
        subject_version: 2,
        payload: {
          eventId: sale.eventId,
          ticketTypes: [
            { id: sale.typeIds[0], capacity: 5, available: 2, held: 0, booked: 3 },
            { id: sale.typeIds[1], capacity: 9, available: 6, held: 0, booked: 3 },
          ],
        },
      },
      expect.objectContaining({ type: 'booking.confirmed', subject_version: 1 }),
    ]);
  });

  it('sells to exactly as many as there are places, and refuses the others', async () => {
    const sale = await sell({ types: [{ capacity: 50 }] });
    const results = await Promise.allSettled(Array.from({ length: 300 }, () => book(sale, 1)));
    const refused = results.filter((result) => result.status === 'rejected').map((result) => result.reason);
    expect(refused.length).toBe(250);
    expect(refused.every((error) => error.code === 'sold_out' && error.members.available === 0)).toBe(true);
    expect(await countSold(shards, sale.eventId)).toEqual({ [sale.typeIds[0]!]: 50 });
  });

  it('counts what a person has across parallel requests', async () => {
    const sale = await sell({ types: [{ capacity: 50, maxPerPerson: 4 }] });
    const userId = newMasterId();
    const first = await book(sale, 1, userId);
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => book(sale, 1, userId)));
    expect(results.filter((result) => result.status === 'fulfilled').length).toBe(3);
    await expect(book(sale, 2, userId)).rejects.toMatchObject({
      code: 'person_limit_reached',
      members: { ticketTypeId: formatId('ticketType', sale.typeIds[0]!), limit: 4, have: 4 },
    });
    await inventory.cancel(first.booking, { late: false, reason: null }, null);
    await book(sale, 1, userId);
    expect(await countSold(shards, sale.eventId)).toEqual({ [sale.typeIds[0]!]: 4 });
  });

  it.each([
    ['a draft', { status: 'draft' }, 'event_not_bookable'],
    ['a canceled event', { status: 'canceled' }, 'event_not_bookable'],
    ['an event before its sales', { salesStartIn: 1 }, 'sales_closed'],
    ['an event after its sales', { salesEndIn: -1 }, 'sales_closed'],
    ['an event that has begun', { startsIn: -1 }, 'sales_closed'],
  ] as const)('refuses to book %s', async (_name, options, code) => {
    await expect(book(await sell(options), 1)).rejects.toMatchObject({ code });
  });

  it.each([0, -1, 1.5, 1e9, 2 ** 53])(
    'refuses a quantity of %p, whatever the state of the event',
    async (quantity) => {
      const sale = await sell({ status: 'canceled' });
      await expect(book(sale, quantity)).rejects.toMatchObject({ code: 'quantity_out_of_range' });
    },
  );

  it('adds up items of one type against the limit a booking', async () => {
    const sale = await sell({ types: [{ capacity: 50, maxPerBooking: 6 }] });
    const asks = [4, 3].map((quantity) => ({ ticketTypeId: sale.typeIds[0]!, quantity }));
    await expect(inventory.book(sale.eventId, newMasterId(), asks, null)).rejects.toMatchObject({
      code: 'quantity_out_of_range',
    });
  });

  it('refuses a ticket type of another event, and an event that is not there', async () => {
    const [sale, other] = [await sell(), await sell()];
    await expect(book({ ...sale, typeIds: other.typeIds }, 1)).rejects.toMatchObject({
      code: 'validation_failed',
    });
    await expect(book({ ...sale, eventId: newId(slot) }, 1)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('cancels once, frees the places, and answers a second cancellation the same', async () => {
    const sale = await sell({ types: [{ capacity: 3 }] });
    const { booking } = await book(sale, 3);
    const results = await Promise.all(
      Array.from({ length: 5 }, () => inventory.cancel(booking, { late: false, reason: 'ill' }, null)),
    );
    expect(new Set(results.map((result) => JSON.stringify(result.booking))).size).toBe(1);
    expect(results[0]!.booking).toMatchObject({ status: 'canceled', version: 2 });
    expect(await countSold(shards, sale.eventId)).toEqual({ [sale.typeIds[0]!]: 0 });
    await book(sale, 3);
  });

  it('lets nobody cancel after the event has begun, but its organizer', async () => {
    const sale = await sell();
    const { booking } = await book(sale, 1);
    await shards
      .ofSlot(slot)
      .transaction((tx) => tx.query(`UPDATE events SET starts_at = now() WHERE id = $1`, [sale.eventId]));
    await expect(inventory.cancel(booking, { late: false, reason: null }, null)).rejects.toMatchObject({
      code: 'cancellation_closed',
    });
    expect((await inventory.cancel(booking, { late: true, reason: null }, null)).booking.status).toBe(
      'canceled',
    );
  });

  it('does a keyed request once, however often and however close together it comes', async () => {
    const sale = await sell();
    const context = keyed('once', 'a');
    const bookOnce = () =>
      inventory.book(sale.eventId, newMasterId(), [{ ticketTypeId: sale.typeIds[0]!, quantity: 2 }], context);
    const answers = await Promise.all(Array.from({ length: 50 }, bookOnce));
    answers.push(await bookOnce());
    for (const { booking } of answers) expect(booking).toEqual(answers[0]!.booking);
    expect(answers.filter((answer) => !answer.replayed).length).toBe(1);
    expect(await countSold(shards, sale.eventId)).toEqual({ [sale.typeIds[0]!]: 2 });
  });

  it('refuses a key that stands for another request, and runs a refused one anew', async () => {
    const sale = await sell({ types: [{ capacity: 1 }] });
    const context = keyed('other', 'a');
    const ask = (quantity: number, c: RequestKey) =>
      inventory.book(sale.eventId, newMasterId(), [{ ticketTypeId: sale.typeIds[0]!, quantity }], c);
    await expect(ask(2, context)).rejects.toMatchObject({ code: 'sold_out' });
    await ask(1, context);
    const reused = { ...context, fingerprint: createHash('sha256').digest() };
    await expect(ask(1, reused)).rejects.toMatchObject({ code: 'idempotency_key_reused' });
  });

  it('refuses a poisonous request alone and serves the others of its batch', async () => {
    const sale = await sell();
    const results = await Promise.allSettled([
      book(sale, 1),
      book(sale, 1, 'no uuid'),
      ...Array.from({ length: 7 }, () => book(sale, 1)),
    ]);
    expect(results.map((result) => result.status === 'fulfilled')).toEqual([
      true,
      false,
      ...Array(7).fill(true),
    ]);
    expect(await countSold(shards, sale.eventId)).toEqual({ [sale.typeIds[0]!]: 8 });
  });

  it('refuses whom it keeps waiting for longer than they may, and does nothing for them', async () => {
    const { config } = opened.databases;
    const impatient = new Lanes(shards, { ...config, lane: { ...config.lane, patienceMs: 50 } });
    const sale = await sell();
    const asks = [{ ticketTypeId: sale.typeIds[0]!, quantity: 1 }];
    const book = () =>
      new InventoryService(shards, impatient).book(sale.eventId, newMasterId(), asks, null).then(
        () => 'booked',
        (error: { code?: string }) => error.code,
      );
    const { both } = await shards.ofSlot(slot).transaction(async (tx) => {
      await tx.query('SET LOCAL idle_in_transaction_session_timeout = 0');
      await tx.query('SELECT 1 FROM lanes WHERE id = 1 FOR UPDATE');
      // Their batches give up after two seconds each; with more patience they would be tried again, and booked.
      const both = Promise.all([book(), pause(10).then(book)]);
      await Promise.race([both, pause(5000, undefined, { ref: false })]);
      return { both };
    });
    expect(await both).toEqual(['overloaded', 'overloaded']);
    expect(await countSold(shards, sale.eventId)).toEqual({ [sale.typeIds[0]!]: 0 });
    await impatient.onApplicationShutdown();
  });

  it('cancels the bookings of a canceled event step by step', async () => {
    const sale = await sell();
    await Promise.all(Array.from({ length: 25 }, () => book(sale, 2)));
    await expect(inventory.cancelSome(sale.eventId, 10)).rejects.toMatchObject({
      code: 'event_not_bookable',
    });
    await inventory.step(sale.eventId, (tx) =>
      tx.query(`UPDATE events SET status = 'canceled' WHERE id = $1`, [sale.eventId]),
    );
    const steps = [
      await inventory.cancelSome(sale.eventId, 10),
      await inventory.cancelSome(sale.eventId, 10),
    ];
    steps.push(await inventory.cancelSome(sale.eventId, 10), await inventory.cancelSome(sale.eventId, 10));
    expect(steps.map(({ canceled }) => canceled)).toEqual([10, 10, 5, 0]);
    expect(await countSold(shards, sale.eventId)).toEqual({ [sale.typeIds[0]!]: 0 });
  });

  it('changes a capacity between sales, and not below what is taken', async () => {
    const sale = await sell({ types: [{ capacity: 10 }] });
    await book(sale, 3);
    const change = (delta: number) =>
      inventory.step(sale.eventId, (tx) =>
        resize(tx, sale.eventId, [{ ticketTypeId: sale.typeIds[0]!, delta }]),
      );
    await Promise.all([change(5), book(sale, 4), change(-8)]);
    await expect(change(-1)).rejects.toMatchObject({ code: 'capacity_below_taken', members: { taken: 7 } });
    await expect(book(sale, 1)).rejects.toMatchObject({ code: 'sold_out' });
    await expect(inventory.step(newId(slot), async () => 1)).rejects.toMatchObject({ code: 'not_found' });
    expect(await countSold(shards, sale.eventId)).toEqual({ [sale.typeIds[0]!]: 7 });
  });
});
