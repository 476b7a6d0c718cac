import { createPublicKey, verify } from 'node:crypto';
import type { DomainEvent } from '#libs/contracts';
import { InventoryService, Lanes } from '#libs/inventory';
import { newId, newMasterId } from '#libs/kernel';
import { Master, Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../../../test/support/databases.js';
import { type Sale, openSale } from '../../../test/support/sale.js';
import { BookingService } from './booking.service.js';
import type { Booker } from './booker.types.js';
import { readTicketCode } from './domain/ticket-code.js';
import { Tickets } from './tickets.service.js';
import { UserBookingsWriter } from './worker/user-bookings.projection.js';

let databases: TestDatabases;
let shards: Shards;
let master: Master;
let lanes: Lanes;
let bookings: BookingService;

beforeAll(async () => {
  databases = await createDatabases();
  [shards, master] = [new Shards(databases.config), new Master(databases.config)];
  await Promise.all([shards.onModuleInit(), master.onModuleInit()]);
  lanes = new Lanes(shards, databases.config);
  bookings = new BookingService(new InventoryService(shards, lanes), shards, master);
});
afterAll(async () => {
  await lanes?.onApplicationShutdown();
  await Promise.all([shards?.onApplicationShutdown(), master?.onApplicationShutdown()]);
  await databases?.drop();
});

function somebody(organizationId: string | null = null): Booker {
  const userId = newMasterId();
  return { userId, callerId: userId, manages: (id) => id === organizationId };
}
const book = (booker: Booker, sale: Sale, quantity = 1) =>
  bookings.book(booker, sale.eventId, [{ ticketTypeId: sale.typeIds[0]!, quantity }], null);

/** Brings the news of all shards to the projection, as the worker does. */
async function project(): Promise<void> {
  for (const shard of shards.all()) {
    const { rows } = await shard.primary.sql.query<DomainEvent<'booking.confirmed' | 'booking.canceled'>>(
      `SELECT id, type, subject, subject_version AS "subjectVersion", payload, trace FROM outbox WHERE type LIKE 'booking.%'
       ORDER BY subject, subject_version`,
    );
    const newest = [...new Map(rows.map((row) => [row.subject, row])).values()];
    if (newest.length) await master.transaction((tx) => new UserBookingsWriter().apply(tx, newest));
  }
}

describe('a booking', () => {
  it('is shown to its buyer and to the organizer of its event, and to nobody else', async () => {
    const sale = await openSale(shards);
    const buyer = somebody();
    const { booking } = await book(buyer, sale);
    expect(await bookings.get(buyer, booking.id)).toEqual(booking);
    expect(await bookings.get(somebody(sale.organizationId), booking.id)).toEqual(booking);
    await expect(bookings.get(somebody(), booking.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(bookings.get(buyer, newId(0))).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is canceled by its buyer or the organizer, and by nobody else', async () => {
    const sale = await openSale(shards);
    const buyer = somebody();
    const { booking } = await book(buyer, sale);
    await expect(bookings.cancel(somebody(), booking.id, null, null)).rejects.toMatchObject({
      code: 'not_found',
    });
    const canceled = await bookings.cancel(somebody(sale.organizationId), booking.id, 'rain', null);
    expect(canceled.booking).toMatchObject({ status: 'canceled', version: 2 });
    expect((await bookings.cancel(buyer, booking.id, null, null)).booking).toEqual(canceled.booking);
    expect(await bookings.get(buyer, booking.id)).toEqual(canceled.booking);
  });

  it('of an unknown event is refused for the field that names it', async () => {
    const refused = {
      code: 'validation_failed',
      members: { errors: [{ path: 'eventId', message: 'is no event' }] },
    };
    const sale = await openSale(shards);
    await expect(book(somebody(), { ...sale, eventId: newId(3) })).rejects.toMatchObject(refused);
    await expect(book(somebody(), { ...sale, eventId: newMasterId() })).rejects.toMatchObject(refused);
  });

  it.each([0, -1, 0.5, 10_001, 2 ** 60])('of %p places is refused', async (quantity) => {
    await expect(book(somebody(), await openSale(shards), quantity)).rejects.toMatchObject({
      code: 'quantity_out_of_range',
    });
  });
});

describe('the lists', () => {
  it('show a user the own bookings of all shards, newest first, page by page', async () => {
    const buyer = somebody();
    const sales = await Promise.all([0, 200, 400, 600].map((slot) => openSale(shards, { slot })));
    const made: string[] = [];
    for (const sale of [...sales, ...sales]) made.unshift((await book(buyer, sale)).booking.id);
    await book(somebody(), sales[0]!);
    await bookings.cancel(buyer, made[3]!, null, null);
    await project();

    const pages: string[][] = [];
    let cursor: string | null | undefined;
    do {
      const page = await bookings.list(buyer, { limit: 3, cursor: cursor ?? undefined });
      pages.push(page.data.map((booking) => booking.id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(pages).toEqual([made.slice(0, 3), made.slice(3, 6), made.slice(6)]);

    const canceled = await bookings.list(buyer, { limit: 20, status: 'canceled' });
    expect(canceled.data.map((booking) => [booking.id, booking.status])).toEqual([[made[3], 'canceled']]);
    const ofEvent = await bookings.list(buyer, { limit: 20, eventId: sales[1]!.eventId });
    expect(ofEvent.data.map((booking) => booking.id)).toEqual([made[2], made[6]]);
  });

  it('do not go back when older news comes late', async () => {
    const sale = await openSale(shards);
    const buyer = somebody();
    const { booking } = await book(buyer, sale);
    await project();
    const { rows } = await shards
      .get(1)
      .primary.sql.query<DomainEvent<'booking.confirmed'>>(
        `SELECT id, type, subject, subject_version AS "subjectVersion", payload, trace FROM outbox WHERE subject = $1`,
        [booking.id],
      );
    await bookings.cancel(buyer, booking.id, null, null);
    await project();
    await master.transaction((tx) => new UserBookingsWriter().apply(tx, rows));
    const { data } = await bookings.list(buyer, { limit: 20, status: 'canceled' });
    expect(data.map((b) => b.id)).toEqual([booking.id]);
  });

  it('show an organizer all bookings of the own event, page by page', async () => {
    const sale = await openSale(shards);
    const made: string[] = [];
    for (let i = 0; i < 5; i++) made.unshift((await book(somebody(), sale)).booking.id);
    const organizer = somebody(sale.organizationId);
    const first = await bookings.list(organizer, { limit: 3, eventId: sale.eventId });
    const cursor = first.nextCursor ?? undefined;
    const second = await bookings.list(organizer, { limit: 3, eventId: sale.eventId, cursor });
    expect([...first.data, ...second.data].map((booking) => booking.id)).toEqual(made);
    expect(second.nextCursor).toBeNull();
    expect((await bookings.list(somebody(), { limit: 3, eventId: sale.eventId })).data).toEqual([]);
  });

  it.each(['x', Buffer.from('["bookings","no id","no time"]').toString('base64url')])(
    'refuse the cursor %p that they did not give',
    async (cursor) => {
      await expect(bookings.list(somebody(), { limit: 3, cursor })).rejects.toMatchObject({
        code: 'invalid_cursor',
      });
    },
  );
});

describe('the code of a ticket', () => {
  it('is checked with the public key alone, as docs/tickets.md says', async () => {
    const tickets = new Tickets(databases.config);
    const sale = await openSale(shards);
    const { booking } = await book(somebody(), sale, 3);
    const made = await tickets.of(booking);
    expect(new Set(made.map((ticket) => ticket.code)).size).toBe(3);
    expect(await tickets.of(booking)).toEqual(made);

    const publicKey = createPublicKey(databases.config.tickets.signingKey);
    const bytes = Buffer.from(made[1]!.code, 'base64url');
    expect(verify(null, bytes.subarray(0, 35), publicKey, bytes.subarray(35))).toBe(true);
    expect(bytes.toString('hex', 17, 33)).toBe(sale.eventId.replaceAll('-', ''));
    expect(readTicketCode(made[1]!.code, publicKey)).toEqual({
      bookingId: booking.id,
      eventId: sale.eventId,
      number: 2,
    });
  });

  it('is worth nothing when any of it was changed', async () => {
    const { booking } = await book(somebody(), await openSale(shards));
    const code = (await new Tickets(databases.config).of(booking))[0]!.code;
    const publicKey = createPublicKey(databases.config.tickets.signingKey);
    const bytes = Buffer.from(code, 'base64url');
    for (let i = 0; i < bytes.length; i++) {
      const forged = Buffer.from(bytes);
      forged[i]! ^= 1;
      expect(readTicketCode(forged.toString('base64url'), publicKey)).toBeNull();
    }
    for (const text of ['', code.slice(1), `${code}A`, `${code}=`, code.repeat(2)]) {
      expect(readTicketCode(text, publicKey)).toBeNull();
    }
  });
});
