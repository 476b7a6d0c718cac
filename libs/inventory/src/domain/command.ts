import type { BookingRecord } from './booking-record.js';
import type { CheckInRecord } from './check-in-record.js';
import type { HoldRecord } from './hold-record.js';
import type { SeatPlan } from './seats/seat-plan.js';
import type { EntryRecord } from './waitlist/entry-record.js';
import type { WaitingFor } from './waitlist/waiting-for.js';

/** What a buyer asks of one ticket type. */
export type Ask = PlacesAsk | SeatsAsk | BestAsk;

/** Places of general admission. */
export interface PlacesAsk {
  ticketTypeId: string;
  quantity: number;
  bestAvailable?: false;
}

/** These seats and no others. */
export interface SeatsAsk {
  ticketTypeId: string;
  seatIds: readonly string[];
}

/** The best seats that are free, side by side. */
export interface BestAsk {
  ticketTypeId: string;
  quantity: number;
  bestAvailable: true;
  /** The name of the section to choose from; all of the type's otherwise. */
  section?: string;
  /** Whether the seats may lie apart when they must. */
  allowSplit?: boolean;
}

/** What is asked for, and the event's plan, as it was when they were queued, if seats are. */
interface Asking {
  asks: readonly Ask[];
  plan?: SeatPlan | null;
}

/** Keeps places that are free for somebody, for a while. */
export interface HoldCommand extends Asking {
  kind: 'hold';
  eventId: string;
  userId: string;
  /** Made before the command is queued, so that every run of it means the same hold. */
  holdId: string;
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
export interface BookCommand extends Asking {
  kind: 'book';
  eventId: string;
  userId: string;
  /** Made before the command is queued, so that every run of it means the same booking. */
  bookingId: string;
  reference: string;
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

/** Cancels up to `limit` bookings of an event that is canceled, and ends as many of its holds and waitlist entries. */
export interface CancelSomeCommand {
  kind: 'cancelSome';
  eventId: string;
  limit: number;
}

/**
 * Releases holds that have lapsed and promotes who waits, which every batch does first for each of its events: nothing is left
 * to decide.
 */
export interface ExpireCommand {
  kind: 'expire';
  eventId: string;
  /** For offers of seats; without it they wait for a step that has it. */
  plan?: SeatPlan | null;
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

/** Puts a person on the waitlist of a ticket type. */
export interface JoinCommand {
  kind: 'join';
  eventId: string;
  userId: string;
  ticketTypeId: string;
  quantity: number;
  /** Both made before the command is queued, so that every run of it means the same entry. */
  entryId: string;
  holdId: string;
}

/** Makes an entry's offer a booking. */
export interface AcceptCommand {
  kind: 'accept';
  eventId: string;
  userId: string;
  entryId: string;
  bookingId: string;
  reference: string;
}

/** Gives an entry's offer back. */
export interface DeclineCommand {
  kind: 'decline';
  eventId: string;
  userId: string;
  entryId: string;
}

/** Takes an entry off the waitlist, with its offer if it has one. */
export interface LeaveCommand {
  kind: 'leave';
  eventId: string;
  userId: string;
  entryId: string;
}

/** Gives an entry another place in the order. */
export interface PrioritizeCommand {
  kind: 'prioritize';
  eventId: string;
  entryId: string;
  /** 0 to 100. */
  priority: number;
}

/** Offers places to an entry that waits, by the organizer's word, whoever stands before it. */
export interface OfferCommand {
  kind: 'offer';
  eventId: string;
  entryId: string;
  /** Of an event with seats. */
  plan?: SeatPlan | null;
}

export type Command =
  | HoldCommand
  | ReleaseCommand
  | ConsumeCommand
  | BookCommand
  | CancelCommand
  | CancelSomeCommand
  | ExpireCommand
  | CheckInCommand
  | JoinCommand
  | AcceptCommand
  | DeclineCommand
  | LeaveCommand
  | PrioritizeCommand
  | OfferCommand;

/**
 * What a command did: the hold, booking or waitlist entry as it then was (with the position of one that joined and what it
 * waits for, or with the offer that it was given), the ticket that came in, or how many it ended.
 */
export type Outcome =
  | { hold: HoldRecord }
  | { booking: BookingRecord; checkIn?: CheckInRecord }
  | { entry: EntryRecord; position?: number; waitingFor?: WaitingFor; offer?: HoldRecord }
  | { canceled: number; released: number; left: number }
  | { expired: number };

/** Why a command was declined; the inventory's errors give the code its status and title. */
export interface RefusalFacts {
  code:
    | 'validation_failed'
    | 'not_found'
    | 'idempotency_key_reused'
    /** The command's plan of seats is not the event's any more: never shown, the command is queued again with the new one. */
    | 'plan_changed'
    | 'quantity_out_of_range'
    | 'duplicate_seat'
    | 'seat_not_in_event'
    | 'event_not_bookable'
    | 'sales_closed'
    | 'hold_consumed'
    | 'hold_expired'
    | 'seat_taken'
    | 'person_limit_reached'
    | 'sold_out'
    | 'waitlist_first'
    | 'tickets_available'
    | 'already_waiting'
    | 'waitlist_closed'
    | 'offer_expired'
    | 'no_offer'
    | 'invalid_state'
    | 'already_checked_in'
    | 'cancellation_closed'
    | 'admission_canceled';
  detail: string;
  members?: Record<string, unknown>;
}
