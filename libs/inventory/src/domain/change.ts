import type { BookedItem, BookingRecord } from './booking-record.js';
import type { CheckInRecord } from './check-in.js';
import type { HoldRecord } from './hold-record.js';
import { type EventInventory, personKey } from './inventory.js';

/** What a decision does to an event's inventory. Numbers are deltas. */
export type Change =
  | { kind: 'stock'; ticketTypeId: string; available: number; held: number; booked: number }
  | { kind: 'held'; hold: HoldRecord }
  /** Consumed, expired or released, as the hold's status says. */
  | { kind: 'unheld'; hold: HoldRecord }
  | { kind: 'booked'; booking: BookingRecord }
  | { kind: 'canceled'; booking: BookingRecord; reason: string | null }
  | { kind: 'checkedIn'; checkIn: CheckInRecord };

/** Where the places of a ticket are. */
type Place = 'available' | 'held' | 'booked';

/** The changes of the counters when these places move. */
export function move(
  items: readonly { ticketTypeId: string; quantity: number }[],
  from: Place,
  to: Place,
): Change[] {
  return items.map(({ ticketTypeId, quantity }) => ({
    kind: 'stock',
    ticketTypeId,
    ...{ available: 0, held: 0, booked: 0 },
    [from]: -quantity,
    [to]: quantity,
  }));
}

/** Carries a decision over to the inventory in memory, so that the batch's next command sees it. */
export function apply(inventory: EventInventory, change: Change): void {
  switch (change.kind) {
    case 'stock': {
      // A type that no other command of the batch names was not read.
      const type = inventory.types.get(change.ticketTypeId);
      if (!type) return;
      type.available += change.available;
      type.held += change.held;
      type.booked += change.booked;
      return;
    }
    case 'held':
      countPerson(inventory, change.hold.userId, change.hold.items, 1);
      inventory.holds.set(change.hold.id, change.hold);
      return;
    case 'unheld':
      // What had lapsed was not counted: the limit a person is about live holds.
      if (change.hold.status !== 'expired') countPerson(inventory, change.hold.userId, change.hold.items, -1);
      inventory.holds.set(change.hold.id, change.hold);
      return;
    case 'booked':
      countPerson(inventory, change.booking.userId, change.booking.items, 1);
      return;
    case 'canceled':
      countPerson(inventory, change.booking.userId, change.booking.items, -1);
      inventory.bookings.set(change.booking.id, change.booking);
      return;
    case 'checkedIn': {
      const { bookingId, number, at } = change.checkIn;
      const known = inventory.checkIns.get(bookingId) ?? new Map<number, number>();
      inventory.checkIns.set(bookingId, known.set(number, at));
      return;
    }
  }
}

function countPerson(
  inventory: EventInventory,
  userId: string,
  items: readonly BookedItem[],
  sign: 1 | -1,
): void {
  for (const item of items) {
    const key = personKey(userId, item.ticketTypeId);
    const before = inventory.taken.get(key);
    if (before !== undefined) inventory.taken.set(key, before + sign * item.quantity);
  }
}
