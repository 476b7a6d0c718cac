import type { BookingRecord } from './booking-record.js';
import { type Change, move } from './change.js';
import { refuseAfterCheckIn } from './check-in.js';
import type { CancelCommand, CancelSomeCommand } from './command.js';
import type { Decision } from './decision.js';
import { unhold } from './hold.js';
import { type EventInventory, hasBegun } from './inventory.js';

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
 * Cancels the confirmed bookings and releases the active holds that the batch read for it, at most `limit` of each;
 * the event itself must be canceled.
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
  return {
    changes: [
      ...bookings.flatMap((b) => cancel(b, now, 'event_canceled')),
      ...holds.flatMap((h) => unhold(h, 'released', now)),
    ],
    // Those of them that had lapsed were released before.
    outcome: { canceled: bookings.length, released: holds.length + inventory.lapsed },
  };
}

function cancel(booking: BookingRecord, now: number, reason: string | null): Change[] {
  return [
    ...move(booking.items, 'booked', 'available'),
    { kind: 'canceled', booking: canceled(booking, now), reason },
  ];
}

function canceled(booking: BookingRecord, now: number): BookingRecord {
  return { ...booking, status: 'canceled', version: booking.version + 1, canceledAt: now };
}
