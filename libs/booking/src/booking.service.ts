import { Injectable } from '@nestjs/common';
import { type Page, Refusal, decodeCursor, refusals, slotOfId, toPage, validationFailed } from '#libs/kernel';
import {
  type Ask,
  type BookingAnswer,
  type BookingRecord,
  type HoldRecord,
  InventoryService,
} from '#libs/inventory';
import { Master, type Shard, Shards } from '#libs/sharding';
import { requireQuantities } from './asks.check.js';
import { type Booker, type SentKey, keyOf } from './booker.types.js';
import { findBookings, findBookingsOfEvent, findOrganization } from './persistence/bookings.repository.js';
import { findEntry } from './persistence/entries.repository.js';
import { findHold } from './persistence/holds.repository.js';
import { type UserBooking, findUserBookings } from './persistence/user-bookings.repository.js';

export interface BookingFilter {
  eventId?: string;
  status?: BookingRecord['status'];
  limit: number;
  cursor?: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const OWN_LIST = 'bookings';
const EVENT_LIST = 'event-bookings';

/** Booking places, reading and canceling bookings. */
@Injectable()
export class BookingService {
  constructor(
    private readonly inventory: InventoryService,
    private readonly shards: Shards,
    private readonly master: Master,
  ) {}

  /** Books places of an event; refused with the codes of `inventoryRefusals`. */
  async book(
    booker: Booker,
    eventId: string,
    asks: readonly Ask[],
    sent: SentKey | null,
  ): Promise<BookingAnswer> {
    requireQuantities(asks);
    try {
      return await this.inventory.book(eventId, booker.userId, asks, keyOf(booker, sent));
    } catch (error) {
      // The event is named in the body, where an unknown id is at fault itself.
      if (!(error instanceof Refusal) || error.code !== 'not_found') throw error;
      throw validationFailed([{ path: 'eventId', message: 'is no event' }]);
    }
  }

  /** Makes a hold of the caller's a booking, once; refused with `hold_consumed`, `hold_expired`, `event_not_bookable`. */
  async consume(booker: Booker, holdId: string, sent: SentKey | null): Promise<BookingAnswer> {
    const hold = await this.findOwnHold(booker, holdId);
    if (!hold) throw validationFailed([{ path: 'holdId', message: 'is no hold of yours' }]);
    return this.inventory.consume(hold, keyOf(booker, sent));
  }

  /** Makes the offer of a waitlist entry of the caller's a booking, once; refused with `offer_expired`, `no_offer`, `not_found`. */
  async acceptOffer(booker: Booker, entryId: string, sent: SentKey | null): Promise<BookingAnswer> {
    const entry = await this.shards.ofId(entryId).readNow(({ sql }) => findEntry(sql, entryId));
    if (entry?.userId !== booker.userId) throw refusals.not_found('There is no such waitlist entry.');
    return this.inventory.accept(entry, keyOf(booker, sent));
  }

  /** A booking of the caller's own or of an event that the caller manages; `not_found` otherwise. */
  async get(booker: Booker, bookingId: string): Promise<BookingRecord> {
    const shard = this.shards.ofId(bookingId);
    const [booking] = await shard.readNow(({ sql }) => findBookings(sql, [bookingId]));
    if (!booking || (booking.userId !== booker.userId && !booker.manages(booking.organizationId))) {
      throw refusals.not_found('There is no such booking.');
    }
    return booking;
  }

  /** Cancels a booking and frees its places; a second time answers the same. */
  async cancel(
    booker: Booker,
    bookingId: string,
    reason: string | null,
    sent: SentKey | null,
  ): Promise<BookingAnswer> {
    const booking = await this.get(booker, bookingId);
    const late = booker.manages(booking.organizationId);
    return this.inventory.cancel(booking, { late, reason }, keyOf(booker, sent));
  }

  /** The caller's own bookings, newest first; with an event that the caller manages, all of that event's. */
  async list(booker: Booker, filter: BookingFilter): Promise<Page<BookingRecord>> {
    return filter.eventId !== undefined && (await this.managesEvent(booker, filter.eventId))
      ? this.listOfEvent(filter.eventId, filter)
      : this.listOwn(booker, filter);
  }

  private async findOwnHold(booker: Booker, holdId: string): Promise<HoldRecord | null> {
    // An id of the master's, or of a slot that is not, is no hold either.
    if (slotOfId(holdId) === null) return null;
    const hold = await this.shards.ofId(holdId).readNow(({ sql }) => findHold(sql, holdId));
    return hold?.userId === booker.userId ? hold : null;
  }

  private async managesEvent(booker: Booker, eventId: string): Promise<boolean> {
    const organizationId = await this.shards.ofId(eventId).read(({ sql }) => findOrganization(sql, eventId));
    return organizationId !== null && booker.manages(organizationId);
  }

  private async listOfEvent(
    eventId: string,
    { status, limit, cursor }: BookingFilter,
  ): Promise<Page<BookingRecord>> {
    const [beforeId = null] = cursor === undefined ? [] : bookingCursor(EVENT_LIST, 1, cursor);
    const rows = await this.shards
      .ofId(eventId)
      .readNow(({ sql }) => findBookingsOfEvent(sql, eventId, status ?? null, beforeId, limit + 1));
    return toPage(EVENT_LIST, rows, limit, (row) => [row.id]);
  }

  private async listOwn(
    booker: Booker,
    { eventId, status, limit, cursor }: BookingFilter,
  ): Promise<Page<BookingRecord>> {
    const after = cursor === undefined ? null : bookingCursor(OWN_LIST, 2, cursor);
    const which = { userId: booker.userId, eventId: eventId ?? null, status: status ?? null };
    const rows = await this.master.read(({ sql }) => findUserBookings(sql, which, after, limit + 1));
    const { data, nextCursor } = toPage(OWN_LIST, rows, limit, (row) => [
      row.id,
      row.createdAt.toISOString(),
    ]);
    return { data: await this.readAll(data), nextCursor };
  }

  /** The bookings themselves, from their shards, in the order of the list. */
  private async readAll(listed: readonly UserBooking[]): Promise<BookingRecord[]> {
    const byShard = Map.groupBy(listed, (row) => this.shards.ofId(row.id));
    const found = await Promise.all([...byShard].map(([shard, rows]) => readListed(shard, rows)));
    const byId = new Map(found.flat().map((booking) => [booking.id, booking]));
    return listed.flatMap((row) => byId.get(row.id) ?? []);
  }
}

/** From the replica, and from the primary what the replica does not have as new as the list says. */
async function readListed(shard: Shard, rows: readonly UserBooking[]): Promise<BookingRecord[]> {
  const found = await shard.read(({ sql }) =>
    findBookings(
      sql,
      rows.map((row) => row.id),
    ),
  );
  const versions = new Map(found.map((booking) => [booking.id, booking.version]));
  const stale = rows.filter((row) => (versions.get(row.id) ?? 0) < row.version).map((row) => row.id);
  if (!stale.length) return found;
  const fresh = await shard.onPrimary(({ sql }) => findBookings(sql, stale));
  return [...found.filter((booking) => !stale.includes(booking.id)), ...fresh];
}

/** The id, and for two parts the time, of the last booking seen; `invalid_cursor` for anything else. */
function bookingCursor(list: string, parts: number, cursor: string): string[] {
  const [id, time, ...rest] = decodeCursor(list, parts, cursor);
  const sound =
    slotOfId(String(id)) !== null &&
    UUID.test(String(id)) &&
    (parts === 1 || !Number.isNaN(Date.parse(String(time))));
  if (!sound)
    throw refusals.invalid_cursor('The cursor is not one that this list gave; start again without it.');
  return [id, time, ...rest].map(String).slice(0, parts);
}
