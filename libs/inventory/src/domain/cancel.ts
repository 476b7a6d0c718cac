import type { BookingRecord } from './booking-record.js';
import { type Change, FREE, bookedBy, move } from './change.js';
import { refuseAfterCheckIn } from './check-in.js';
import type { CancelCommand, CancelSomeCommand } from './command.js';
import type { Decision } from './decision.js';
import { unhold } from './hold.js';
import { type EventInventory, hasBegun } from './inventory.js';
import { endWaiting } from './waitlist/queueing.js';

/** Cancels a booking and frees its places; a second time changes nothing and answers the same. */
export function decideCancel(inventory: EventInventory, command: CancelCommand, now: number): Decision {
  const booking = inventory.bookings.get(command.bookingId);
  if (!booking || booking.eventId !== command.eventId) {
    return { refused: { code: 'not_found', detail: 'There is no such booking.' } };
  }
  if (booking.status === 'canceled') return { changes: [], outcome: { booking } };
  const checkedIn = refuseAfterCheckIn(inventory, booking.id);
  if (checkedIn) return { refused: checkedIn };
  if (hasBegun(inventory.terms, now) && !command.late) {
    return {
      refused: {
        code: 'cancellation_closed',
        detail: 'The event has begun; only its organizer can cancel now.',
      },
    };
  }
  const changes = cancel(booking, now, command.reason);
  return { changes, outcome: { booking: canceled(booking, now) } };
}

/**
 * Cancels the confirmed bookings, releases the active holds and takes the living entries off the waitlist that the batch
 * read for it, at most `limit` of each; the event itself must be canceled.
 */
export function decideCancelSome(
  inventory: EventInventory,
  command: CancelSomeCommand,
  now: number,
): Decision {
  if (inventory.terms.status !== 'canceled') {
    return {
      refused: {
        code: 'event_not_bookable',
        detail: 'Only a canceled event has its bookings canceled in bulk.',
      },
    };
  }
  const bookings = [...inventory.bookings.values()]
    .filter((b) => b.status === 'confirmed')
    .slice(0, command.limit);
  const holds = [...inventory.holds.values()].filter((h) => h.status === 'active').slice(0, command.limit);
  const waiting = [...inventory.entries.values()]
    .filter((entry) => entry.status === 'waiting')
    .slice(0, command.limit);
  const offers = holds.filter((h) => h.entryId !== null).length;
  return {
    changes: [
      ...bookings.flatMap((b) => cancel(b, now, 'event_canceled')),
      ...holds.flatMap((h) => unhold(inventory, h, 'released', now, 'left')),
      ...waiting.flatMap((entry) => endWaiting(entry, now)),
    ],
    outcome: {
      canceled: bookings.length,
      // Those of them that had lapsed were released before.
      released: holds.length + inventory.lapsed,
      left: waiting.length + offers,
    },
  };
}

function cancel(booking: BookingRecord, now: number, reason: string | null): Change[] {
  return [
    ...move(booking.items, bookedBy(booking.id), FREE),
    { kind: 'canceled', booking: canceled(booking, now), reason },
  ];
}

function canceled(booking: BookingRecord, now: number): BookingRecord {
  return { ...booking, status: 'canceled', version: booking.version + 1, canceledAt: now };
}
