import { agree, totalOf } from './agreement.js';
import type { BookedItem, BookingRecord } from './booking-record.js';
import { FREE, bookedBy, heldBy, move } from './change.js';
import { refuseUnlessOpen } from './checks.js';
import type { AcceptCommand, BookCommand, ConsumeCommand } from './command.js';
import type { Decision } from './decision.js';
import { refuseUnlessHeld } from './hold.js';
import type { HoldRecord } from './hold-record.js';
import type { EventInventory } from './inventory.js';
import { endOffer } from './waitlist/offer.js';

/** Books free places at today's price: all that is asked, or nothing. */
export function decideBook(inventory: EventInventory, command: BookCommand, now: number): Decision {
  const agreed = agree(inventory, command, now);
  if ('refused' in agreed) return agreed;
  const booking = newBooking(inventory, command, agreed.items, now);
  return {
    changes: [...move(agreed.items, FREE, bookedBy(booking.id)), { kind: 'booked', booking }],
    outcome: { booking },
  };
}

/** Makes a hold a booking, at the prices that it locked; once. */
export function decideConsume(inventory: EventInventory, command: ConsumeCommand, now: number): Decision {
  const hold = inventory.holds.get(command.holdId);
  if (!hold || hold.eventId !== command.eventId || hold.userId !== command.userId) {
    return { refused: { code: 'not_found', detail: 'There is no such hold.' } };
  }
  const refused = refuseUnlessOpen(inventory.terms, now) ?? refuseUnlessHeld(hold);
  return refused ? { refused } : consumeHold(inventory, hold, command, now);
}

/** Makes an active hold a booking; if it is an offer, it is accepted so. */
export function consumeHold(
  inventory: EventInventory,
  hold: HoldRecord,
  command: ConsumeCommand | AcceptCommand,
  now: number,
): Decision {
  const booking = newBooking(inventory, command, hold.items, now);
  return {
    changes: [
      ...endOffer(inventory, hold, 'accepted', now),
      ...move(hold.items, heldBy(hold.id), bookedBy(booking.id)),
      { kind: 'unheld', hold: { ...hold, status: 'consumed', endedAt: now, bookingId: booking.id } },
      { kind: 'booked', booking },
    ],
    outcome: { booking },
  };
}

function newBooking(
  { terms }: EventInventory,
  command: BookCommand | ConsumeCommand | AcceptCommand,
  items: BookedItem[],
  now: number,
): BookingRecord {
  return {
    id: command.bookingId,
    reference: command.reference,
    eventId: command.eventId,
    userId: command.userId,
    organizationId: terms.organizationId,
    status: 'confirmed',
    version: 1,
    currency: terms.currency,
    total: totalOf(items),
    items,
    createdAt: now,
    canceledAt: null,
  };
}
