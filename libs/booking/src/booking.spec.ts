import { type KeyObject, createPublicKey, hash, verify } from 'node:crypto';
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
  const ticketsOf = async (quantity: number) => {
    const sale = await openSale(shards, { types: [{ capacity: 100, maxPerBooking: 20 }] });
    const { booking } = await book(somebody(), sale, quantity);
    return { booking, made: await new Tickets(databases.config).of(booking) };
  };

  it.each([1, 2, 3, 8, 13])(
    'of a booking of %i is checked with the public key alone, as docs/tickets.md says',
    async (quantity) => {
      const publicKey = createPublicKey(databases.config.tickets.signingKey);
      const { booking, made } = await ticketsOf(quantity);
      expect(new Set(made.map((ticket) => ticket.code)).size).toBe(quantity);
      expect(await new Tickets(databases.config).of(booking)).toEqual(made);
      for (const [i, { code }] of made.entries()) {
        const bytes = Buffer.from(code, 'base64url');
        expect(isGenuine(bytes, publicKey)).toBe(true);
        expect(bytes.toString('hex', 17, 33)).toBe(booking.eventId.replaceAll('-', ''));
        expect(readTicketCode(code, publicKey)).toEqual({
          bookingId: booking.id,
          eventId: booking.eventId,
          number: i + 1,
        });
      }
    },
  );

  it.each([1, 3])('of a booking of %i is worth nothing when any of it was changed', async (quantity) => {
    const { code } = (await ticketsOf(quantity)).made.at(-1)!;
    const publicKey = createPublicKey(databases.config.tickets.signingKey);
    const bytes = Buffer.from(code, 'base64url');
    for (let i = 0; i < bytes.length; i++) {
      const forged = Buffer.from(bytes);
      forged[i]! ^= 1;
      expect(readTicketCode(forged.toString('base64url'), publicKey)).toBeNull();
      expect(isGenuine(forged, publicKey)).toBe(false);
    }
    const longer = Buffer.concat([bytes.subarray(0, 51), bytes.subarray(51 - 16, 51), bytes.subarray(51)]);
    for (const text of [
      '',
      code.slice(1),
      `${code}A`,
      `${code}=`,
      code.repeat(2),
      longer.toString('base64url'),
    ]) {
      expect(readTicketCode(text, publicKey)).toBeNull();
    }
  });

  it('does not give away that of the next ticket', async () => {
    const publicKey = createPublicKey(databases.config.tickets.signingKey);
    const [one, two] = (await ticketsOf(2)).made.map(({ code }) => Buffer.from(code, 'base64url'));
    // All of a code but its nonce follows from the other: the node of the first is on the way of the second.
    const guess = Buffer.from(one!);
    guess.writeUInt16BE(2, 33);
    hash('sha256', one!.subarray(0, 51), 'buffer').copy(guess, 51, 0, 16);
    expect(isGenuine(guess, publicKey)).toBe(false);
    two!.copy(guess, 35, 35, 51);
    expect(guess.equals(two!)).toBe(true);
  });
});

/** As docs/tickets.md has it. */
function isGenuine(bytes: Buffer, publicKey: KeyObject): boolean {
  const node = (...parts: Buffer[]) => hash('sha256', Buffer.concat(parts), 'buffer').subarray(0, 16);
  const [number, signature] = [bytes.readUInt16BE(33), bytes.subarray(-64)];
  let root = node(bytes.subarray(0, 51));
  for (let at = 51, n = number - 1; at < bytes.length - 64; at += 16, n >>= 1) {
    const sibling = bytes.subarray(at, at + 16);
    root = n & 1 ? node(sibling, root) : node(root, sibling);
  }
  return bytes[0] === 2 && verify(null, Buffer.concat([bytes.subarray(0, 33), root]), publicKey, signature);
}
