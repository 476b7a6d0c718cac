import type { BookingRecord } from './booking-record.js';
import type { Change } from './change.js';
import {
  type Wish,
  refuseAbovePersonLimit,
  refuseUnlessAvailable,
  refuseUnlessOnSale,
  wishesOf,
} from './checks.js';
import type { BookCommand } from './command.js';
import type { Decision } from './decision.js';
import type { EventInventory } from './inventory.js';

/** Books free places at today's price: all that is asked, or nothing. */
export function decideBook(inventory: EventInventory, command: BookCommand, now: number): Decision {
  const asked = wishesOf(inventory, command.asks);
  if ('refused' in asked) return asked;
  const { wishes } = asked;
  const refused =
    refuseUnlessOnSale(inventory.terms, now) ??
    refuseAbovePersonLimit(inventory, command.userId, wishes) ??
    refuseUnlessAvailable(wishes);
  if (refused) return { refused };

  const booking = newBooking(inventory, command, wishes, now);
  const changes: Change[] = wishes.map(({ type, quantity }) => ({
    kind: 'stock',
    ticketTypeId: type.id,
    available: -quantity,
    held: 0,
    booked: quantity,
  }));
  return { changes: [...changes, { kind: 'booked', booking }], outcome: { booking } };
}

function newBooking(
  inventory: EventInventory,
  command: BookCommand,
  wishes: readonly Wish[],
  now: number,
): BookingRecord {
  const { terms } = inventory;
  const items = wishes.map(({ type, quantity }) => ({
    ticketTypeId: type.id,
    quantity,
    unitAmount: type.price,
    priceVersion: type.priceVersion,
  }));
  return {
    id: command.bookingId,
    reference: command.reference,
    eventId: command.eventId,
    userId: command.userId,
    organizationId: terms.organizationId,
    status: 'confirmed',
    version: 1,
    currency: terms.currency,
    total: items.reduce((sum, item) => sum + item.quantity * item.unitAmount, 0),
    items,
    createdAt: now,
    canceledAt: null,
  };
}
