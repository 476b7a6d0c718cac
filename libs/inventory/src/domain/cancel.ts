import type { BookingRecord } from './booking-record.js';
import type { Change } from './change.js';
import type { CancelCommand, CancelSomeCommand } from './command.js';
import type { Decision } from './decision.js';
import { type EventInventory, hasBegun } from './inventory.js';

/** Cancels a booking and frees its places; a second time changes nothing and answers the same. */
export function decideCancel(inventory: EventInventory, command: CancelCommand, now: number): Decision {
  const booking = inventory.bookings.get(command.bookingId);
  if (!booking || booking.eventId !== command.eventId) {
    return { refused: { code: 'not_found', detail: 'There is no such booking.' } };
  }
  if (booking.status === 'canceled') return { changes: [], outcome: { booking } };
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

/** Cancels the confirmed bookings that the batch read for it, at most `limit`; the event itself must be canceled. */
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
  const chosen = [...inventory.bookings.values()]
    .filter((b) => b.status === 'confirmed')
    .slice(0, command.limit);
  return {
    changes: chosen.flatMap((b) => cancel(b, now, 'event_canceled')),
    outcome: { canceled: chosen.length },
  };
}

function cancel(booking: BookingRecord, now: number, reason: string | null): Change[] {
  const freed: Change[] = booking.items.map(({ ticketTypeId, quantity }) => ({
    kind: 'stock',
    ticketTypeId,
    available: quantity,
    held: 0,
    booked: -quantity,
  }));
  return [...freed, { kind: 'canceled', booking: canceled(booking, now), reason }];
}

function canceled(booking: BookingRecord, now: number): BookingRecord {
  return { ...booking, status: 'canceled', version: booking.version + 1, canceledAt: now };
}
