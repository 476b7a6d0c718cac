import type { BookingFacts, DomainEvent, HoldFacts } from '#libs/contracts';
import { newId, slotOfId } from '#libs/kernel';
import type { BatchDecisions } from '../domain/batch.js';
import type { BookedItem, BookingRecord } from '../domain/booking-record.js';
import type { HoldRecord } from '../domain/hold-record.js';

/** What a batch has to announce, besides the counters. */
export function newsOf(changes: BatchDecisions['changes']): DomainEvent[] {
  return changes.flatMap(({ change, trace }): DomainEvent[] => {
    switch (change.kind) {
      case 'booked':
        return [ofBooking('booking.confirmed', change.booking, trace)];
      case 'canceled':
        return [ofBooking('booking.canceled', change.booking, trace)];
      case 'unheld':
        // Of an offer the entry tells.
        return change.hold.status === 'expired' && !change.hold.entryId
          ? [ofExpired(change.hold, trace)]
          : [];
      default:
        return [];
    }
  });
}

function ofBooking(
  type: 'booking.confirmed' | 'booking.canceled',
  booking: BookingRecord,
  trace: string | null,
): DomainEvent<'booking.confirmed' | 'booking.canceled'> {
  const id = newId(slotOfId(booking.id)!);
  return {
    id,
    type,
    subject: booking.id,
    subjectVersion: booking.version,
    payload: bookingFacts(booking),
    trace,
  };
}

function ofExpired(hold: HoldRecord, trace: string | null): DomainEvent<'hold.expired'> {
  const id = newId(slotOfId(hold.id)!);
  // A hold changes once in its life.
  return { id, type: 'hold.expired', subject: hold.id, subjectVersion: 2, payload: holdFacts(hold), trace };
}

function bookingFacts(booking: BookingRecord): BookingFacts {
  const { currency } = booking;
  return {
    bookingId: booking.id,
    eventId: booking.eventId,
    userId: booking.userId,
    organizationId: booking.organizationId,
    reference: booking.reference,
    status: booking.status,
    total: { amount: booking.total, currency },
    items: itemFacts(booking.items, currency),
    createdAt: new Date(booking.createdAt).toISOString(),
  };
}

function holdFacts(hold: HoldRecord): HoldFacts {
  const { currency } = hold;
  return {
    holdId: hold.id,
    eventId: hold.eventId,
    userId: hold.userId,
    total: { amount: hold.total, currency },
    items: itemFacts(hold.items, currency),
    expiresAt: new Date(hold.expiresAt).toISOString(),
  };
}

function itemFacts(items: readonly BookedItem[], currency: string): BookingFacts['items'] {
  return items.map(({ ticketTypeId, quantity, unitAmount }) => ({
    ticketTypeId,
    quantity,
    unitPrice: { amount: unitAmount, currency },
  }));
}
