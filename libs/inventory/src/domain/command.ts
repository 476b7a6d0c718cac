import type { BookingRecord } from './booking-record.js';
import type { CheckInRecord } from './check-in.js';
import type { HoldRecord } from './hold-record.js';

/** What a buyer asks of one ticket type. */
export interface Ask {
  ticketTypeId: string;
  quantity: number;
}

/** Keeps places that are free for somebody, for a while. */
export interface HoldCommand {
  kind: 'hold';
  eventId: string;
  userId: string;
  /** Made before the command is queued, so that every run of it means the same hold. */
  holdId: string;
  asks: readonly Ask[];
  /** How long at the most; the hold ends with the sales in any case. */
  ttlMs: number;
}

/** Gives the places of a hold back. */
export interface ReleaseCommand {
  kind: 'release';
  eventId: string;
  userId: string;
  holdId: string;
}

/** Makes a hold a booking. */
export interface ConsumeCommand {
  kind: 'consume';
  eventId: string;
  userId: string;
  holdId: string;
  bookingId: string;
  reference: string;
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

/** Cancels up to `limit` bookings of an event that is canceled, and releases as many of its holds. */
export interface CancelSomeCommand {
  kind: 'cancelSome';
  eventId: string;
  limit: number;
}

/** Releases holds that have lapsed, which every batch does first for each of its events: nothing is left to decide. */
export interface ExpireCommand {
  kind: 'expire';
  eventId: string;
}

/** Lets a ticket in. */
export interface CheckInCommand {
  kind: 'checkIn';
  eventId: string;
  bookingId: string;
  /** Which of the booking's admissions, from 1. */
  number: number;
  by: string;
}

export type Command =
  | HoldCommand
  | ReleaseCommand
  | ConsumeCommand
  | BookCommand
  | CancelCommand
  | CancelSomeCommand
  | ExpireCommand
  | CheckInCommand;

/** What a command did: the hold or booking as it then was, the ticket that came in, or how many it ended. */
export type Outcome =
  | { hold: HoldRecord }
  | { booking: BookingRecord; checkIn?: CheckInRecord }
  | { canceled: number; released: number }
  | { expired: number };

/** Why a command was declined; the inventory's errors give the code its status and title. */
export interface RefusalFacts {
  code:
    | 'validation_failed'
    | 'not_found'
    | 'idempotency_key_reused'
    | 'quantity_out_of_range'
    | 'event_not_bookable'
    | 'sales_closed'
    | 'hold_consumed'
    | 'hold_expired'
    | 'person_limit_reached'
    | 'sold_out'
    | 'waitlist_first'
    | 'already_checked_in'
    | 'cancellation_closed'
    | 'admission_canceled';
  detail: string;
  members?: Record<string, unknown>;
}
