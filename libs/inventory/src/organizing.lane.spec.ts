import { newMasterId } from '#libs/kernel';
import { openHall } from '../../../test/support/hall.js';
import { type OpenLanes, openLanes } from '../../../test/support/lanes.js';
import { type Sale, countSold, openSale } from '../../../test/support/sale.js';
import { type BookingRecord, type InventoryService, type WaitlistSettings, changeWaitlist } from './index.js';
import { findDueEvents } from './persistence/due-events.repository.js';

// Slot 0 is on PostgreSQL 18, slot 360 (shard 3) on 15.
describe.each([
  [18, 0],
  [15, 360],
])('what an organizer settles about a waitlist, on PostgreSQL %i', (_, slot) => {
  let opened: OpenLanes;
  let inventory: InventoryService;

  beforeAll(async () => {
    opened = await openLanes();
    ({ inventory } = opened);
  });
  afterAll(() => opened?.close());

  const read = async <Row extends object>(sql: string, values: unknown[]) =>
    (await opened.shards.ofSlot(slot).primary.sql.query<Row>(sql, values)).rows;
  const stockOf = async (sale: Sale) =>
    (
      await read('SELECT available, held, offered, reserved, waiting FROM stock WHERE event_id = $1', [
        sale.eventId,
      ])
    )[0];
  const join = async (sale: Sale, quantity = 1) => {
    const ask = { ticketTypeId: sale.typeIds[0]!, quantity };
    return (await inventory.join(sale.eventId, newMasterId(), ask, null)).entry;
  };
  const statusOf = async (entry: { id: string }) =>
    (await read<{ status: string }>('SELECT status FROM waitlist_entries WHERE id = $1', [entry.id]))[0]!
      .status;
  const settle = (sale: Sale, change: Partial<WaitlistSettings>) =>
    inventory.step(sale.eventId, (tx) => changeWaitlist(tx, sale.eventId, change));
  const dueEvents = () => opened.shards.ofSlot(slot).onPrimary(({ sql }) => findDueEvents(sql));

  async function soldOut(capacity: number, startsIn = 24) {
    const sale = await openSale(opened.shards, { slot, startsIn, types: [{ capacity }] });
    const asks = [{ ticketTypeId: sale.typeIds[0]!, quantity: 1 }];
    const bookings: BookingRecord[] = [];
    for (let i = 0; i < capacity; i++) {
      bookings.push((await inventory.book(sale.eventId, newMasterId(), asks, null)).booking);
    }
    const cancel = (i: number) => inventory.cancel(bookings[i]!, { late: false, reason: null }, null);
    const passBy = () => inventory.book(sale.eventId, newMasterId(), asks, null);
    return { sale, cancel, passBy };
  }

  it('keeps what comes free while it is paused, gives of it by hand, and goes on in order', async () => {
    const { sale, cancel, passBy } = await soldOut(3);
    const [a, b, c] = [await join(sale), await join(sale), await join(sale)];
    await settle(sale, { paused: true });
    await cancel(0);
    await cancel(1);
    expect(await stockOf(sale)).toEqual({ available: 0, held: 2, offered: 0, reserved: 2, waiting: 3 });
    await expect(passBy()).rejects.toMatchObject({ code: 'waitlist_first' });
    // Nothing for the timer to go on with.
    expect(await dueEvents()).not.toContain(sale.eventId);
    const key = { caller: newMasterId(), key: 'offer', fingerprint: Buffer.alloc(32) };
    const offered = await inventory.offer(c, key);
    expect(offered).toMatchObject({ entry: { id: c.id, status: 'offered' }, offer: { id: c.holdId } });
    expect(await inventory.offer(c, key)).toEqual({ ...offered, replayed: true });
    await expect(inventory.offer(c, null)).rejects.toMatchObject({ code: 'invalid_state' });
    await countSold(opened.shards, sale.eventId);
    await settle(sale, { paused: false });
    await inventory.expire(sale.eventId);
    expect([await statusOf(a), await statusOf(b)]).toEqual(['offered', 'waiting']);
    await expect(inventory.offer(b, null)).rejects.toMatchObject({ code: 'sold_out' });
    await countSold(opened.shards, sale.eventId);
  });

  it('announces each change once, and none that changes nothing', async () => {
    const { sale } = await soldOut(1);
    await settle(sale, { paused: true });
    await settle(sale, { paused: true });
    await settle(sale, { closed: true, cutOffMinutes: 90 });
    const news = await read<{ subject_version: number; payload: object }>(
      `SELECT subject_version, payload FROM outbox WHERE subject = $1 AND type = 'waitlist.changed' ORDER BY subject_version`,
      [sale.eventId],
    );
    expect(news.map((row) => [Number(row.subject_version), row.payload])).toEqual([
      [2, { eventId: sale.eventId, paused: true, closed: false, cutOffMinutes: null }],
      [3, { eventId: sale.eventId, paused: true, closed: true, cutOffMinutes: 90 }],
    ]);
    await expect(join(sale)).rejects.toMatchObject({ code: 'waitlist_closed' });
  });

  it('ends before the start, when the timer lets what was kept go on sale', async () => {
    const { sale, cancel, passBy } = await soldOut(2, 2);
    const entry = await join(sale);
    await settle(sale, { paused: true, cutOffMinutes: 60 });
    await cancel(0);
    expect(await stockOf(sale)).toMatchObject({ available: 0, reserved: 1 });
    expect(await dueEvents()).not.toContain(sale.eventId);
    await settle(sale, { cutOffMinutes: 180 });
    await inventory.expire(sale.eventId);
    expect(await stockOf(sale)).toMatchObject({ available: 1, held: 0, reserved: 0, waiting: 1 });
    expect(await statusOf(entry)).toBe('waiting');
    await passBy();
    await expect(join(sale)).rejects.toMatchObject({ code: 'waitlist_closed' });
    await countSold(opened.shards, sale.eventId);
  });

  it('finds a paused list with places kept when it is over', async () => {
    const { sale, cancel } = await soldOut(1, 2);
    await join(sale);
    await settle(sale, { paused: true });
    await cancel(0);
    expect(await dueEvents()).not.toContain(sale.eventId);
    await read('UPDATE inventory SET waitlist_cut_off_minutes = 180 WHERE event_id = $1 RETURNING 1', [
      sale.eventId,
    ]);
    expect(await dueEvents()).toContain(sale.eventId);
    await inventory.expire(sale.eventId);
    expect(await stockOf(sale)).toMatchObject({ available: 1, reserved: 0 });
    expect(await dueEvents()).not.toContain(sale.eventId);
  });

  it('offers seats by hand, side by side where there are such', async () => {
    const hall = await openHall(opened.shards, { slot, sections: [{ name: 'A', rows: [4] }] });
    const asks = (...seats: string[]) => [{ ticketTypeId: hall.typeIds[0]!, seatIds: seats.map(hall.seat) }];
    const book = async (...seats: string[]) =>
      (await inventory.book(hall.eventId, newMasterId(), asks(...seats), null)).booking;
    const [single, pair] = [await book('A1-1'), await book('A1-3', 'A1-4')];
    await book('A1-2');
    const [one, two] = [await join(hall), await join(hall, 2)];
    await settle(hall, { paused: true });
    await inventory.cancel(single, { late: false, reason: null }, null);
    await inventory.cancel(pair, { late: false, reason: null }, null);
    const { offer } = await inventory.offer(two, null);
    expect(offer!.items[0]!.seatIds!.toSorted()).toEqual([hall.seat('A1-3'), hall.seat('A1-4')].toSorted());
    await countSold(opened.shards, hall.eventId);
    expect((await inventory.offer(one, null)).offer!.items[0]!.seatIds).toEqual([hall.seat('A1-1')]);
    await countSold(opened.shards, hall.eventId);
  });
});
