import type { BookedItem } from '../booking-record.js';
import { totalOf } from '../agreement.js';
import { type Change, FREE, heldBy, move } from '../change.js';
import type { HoldRecord } from '../hold-record.js';
import type { EventInventory, TicketTypeState } from '../inventory.js';
import { bestSeats } from '../seats/seat-choice.js';
import type { EntryRecord } from './entry-record.js';
import { endOfWaiting } from './waitlist-settings.js';

/** What became of an entry that had an offer. */
export type OfferEnding = 'accepted' | 'declined' | 'expired' | 'left';

/**
 * Offers places that are free to an entry, seats side by side where there are such: a hold in its name at today's price, never past
 * the end of sales or of the waitlist.
 */
export function offer(
  inventory: EventInventory,
  type: TicketTypeState,
  entry: EntryRecord,
  now: number,
  offerMs: number,
): Change[] {
  const { terms, waitlist } = inventory;
  const { id: ticketTypeId, price: unitAmount, priceVersion } = type;
  const seats = seatsFor(inventory, type, entry.quantity);
  const items = [{ ticketTypeId, quantity: entry.quantity, unitAmount, priceVersion, ...seats }];
  const hold: HoldRecord = {
    id: entry.holdId,
    eventId: entry.eventId,
    userId: entry.userId,
    status: 'active',
    currency: terms.currency,
    total: totalOf(items),
    items,
    createdAt: now,
    expiresAt: Math.min(now + offerMs, endOfWaiting(terms, waitlist)),
    endedAt: null,
    bookingId: null,
    entryId: entry.id,
  };
  const offered: EntryRecord = {
    ...stopGathering(entry),
    status: 'offered',
    version: entry.version + 1,
    offeredAt: now,
  };
  return [
    ...move(items, FREE, heldBy(hold.id)),
    { kind: 'held', hold },
    { kind: 'queue', ticketTypeId, offered: entry.quantity, reserved: 0, waiting: -1 },
    { kind: 'entry', entry: offered, news: 'offered', offer: hold },
  ];
}

function seatsFor(
  inventory: EventInventory,
  type: TicketTypeState,
  quantity: number,
): Pick<BookedItem, 'seatIds' | 'seats'> {
  if (type.kind === 'general') return {};
  const seats = bestSeats(inventory, inventory.plan!, type.id, quantity);
  if (!seats)
    throw new Error(`${quantity} places of ${type.id} are free to be offered, and no ${quantity} seats are`);
  return seats;
}

/** What else changes when a hold ends that is an offer; nothing when it is none. Its places are moved by the caller. */
export function endOffer(
  inventory: EventInventory,
  hold: HoldRecord,
  status: OfferEnding,
  now: number,
): Change[] {
  if (hold.entryId === null) return [];
  const before = inventory.entries.get(hold.entryId);
  if (!before) throw new Error(`entry ${hold.entryId}, whose offer hold ${hold.id} is, was not read`);
  const entry: EntryRecord = { ...before, status, version: before.version + 1, endedAt: now };
  const { ticketTypeId, quantity } = entry;
  return [
    { kind: 'queue', ticketTypeId, offered: -quantity, reserved: 0, waiting: 0 },
    { kind: 'entry', entry, news: status === 'expired' ? 'expired' : 'ended', offer: hold },
  ];
}

/** Gathers no more; that it once did stays known. */
export function stopGathering(entry: EntryRecord): EntryRecord {
  return { ...entry, gatheringUntil: null, gathered: 0 };
}

/** Keeps free places for the queue or, below 0, makes such places free. */
export function reserve(ticketTypeId: string, places: number): Change[] {
  if (!places) return [];
  return [
    { kind: 'stock', ticketTypeId, available: -places, held: places, booked: 0 },
    { kind: 'queue', ticketTypeId, offered: 0, reserved: places, waiting: 0 },
  ];
}
