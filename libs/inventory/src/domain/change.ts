import type { BookingRecord } from './booking-record.js';
import { type EventInventory, personKey } from './inventory.js';

/** What a decision does to an event's inventory. Numbers are deltas. */
export type Change =
  | { kind: 'stock'; ticketTypeId: string; available: number; held: number; booked: number }
  | { kind: 'booked'; booking: BookingRecord }
  | { kind: 'canceled'; booking: BookingRecord; reason: string | null };

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
    case 'booked':
      countPerson(inventory, change.booking, 1);
      return;
    case 'canceled':
      countPerson(inventory, change.booking, -1);
      inventory.bookings.set(change.booking.id, change.booking);
      return;
  }
}

function countPerson(inventory: EventInventory, booking: BookingRecord, sign: 1 | -1): void {
  for (const item of booking.items) {
    const key = personKey(booking.userId, item.ticketTypeId);
    const before = inventory.taken.get(key);
    if (before !== undefined) inventory.taken.set(key, before + sign * item.quantity);
  }
}
