import type { BookingRecord } from './booking-record.js';

/** What a buyer asks of one ticket type. */
export interface Ask {
  ticketTypeId: string;
  quantity: number;
}

/** Books places that are free. */
export interface BookCommand {
  kind: 'book';
  eventId: string;
  userId: string;
  /** Made before the command is queued, so that every run of it means the same booking. */
  bookingId: string;
  reference: string;
  asks: readonly Ask[];
}

/** Cancels one booking. */
export interface CancelCommand {
  kind: 'cancel';
  eventId: string;
  bookingId: string;
  /** Whether it may be canceled though the event has begun. */
  late: boolean;
  reason: string | null;
}

/** Cancels up to `limit` bookings of an event that is canceled. */
export interface CancelSomeCommand {
  kind: 'cancelSome';
  eventId: string;
  limit: number;
}

export type Command = BookCommand | CancelCommand | CancelSomeCommand;

/** What a command did: the booking as it then was, or how many it canceled. */
export type Outcome = { booking: BookingRecord } | { canceled: number };

/** Why a command was declined; the inventory's errors give the code its status and title. */
export interface RefusalFacts {
  code:
    | 'validation_failed'
    | 'not_found'
    | 'idempotency_key_reused'
    | 'quantity_out_of_range'
    | 'event_not_bookable'
    | 'sales_closed'
    | 'person_limit_reached'
    | 'sold_out'
    | 'waitlist_first'
    | 'cancellation_closed';
  detail: string;
  members?: Record<string, unknown>;
}
