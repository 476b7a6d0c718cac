import type { BookingRecord } from './booking-record.js';
import type { HoldRecord } from './hold-record.js';
import type { SeatPlan } from './seats/seat-plan.js';
import type { SectionSeats } from './seats/section-seats.js';
import type { EntryRecord } from './waitlist/entry-record.js';
import type { WaitingQueue } from './waitlist/waiting-queue.js';

/** What decides whether and how an event sells. Times in milliseconds since 1970. */
export interface Terms {
  organizationId: string;
  status: 'draft' | 'published' | 'canceled';
  currency: string;
  startsAt: number;
  endsAt: number | null;
  salesStartAt: number | null;
  salesEndAt: number | null;
}

/** What an event's organizer settles about its waitlist. */
export interface WaitlistSettings {
  /** Nothing is offered meanwhile; what comes free is reserved for those who wait. */
  paused: boolean;
  /** Nobody may join any more; who waits is served. */
  closed: boolean;
  /** So long before the event's start the waitlist is over; null: when the sales are. */
  cutOffMinutes: number | null;
}

/** A ticket type with its counters; `capacity = available + held + booked`. */
export interface TicketTypeState {
  id: string;
  kind: 'general' | 'seated';
  /** Minor units of the event's currency. */
  price: number;
  priceVersion: number;
  maxPerBooking: number;
  maxPerPerson: number | null;
  available: number;
  held: number;
  booked: number;
  /** The part of `held` that is in open offers to waiting entries. */
  offered: number;
  /** The part of `held` that is kept for the queue of waiting entries. */
  reserved: number;
  /** How many entries wait for it. */
  waiting: number;
}

/** One event as its batch found it under the locks, and as the decisions of the batch have changed it since. */
export interface EventInventory {
  eventId: string;
  /** Version of the availability before the batch. */
  version: number;
  terms: Terms;
  waitlist: WaitlistSettings;
  /** How many waitlist entries ever joined. */
  joined: number;
  /** Which plan of seats is the event's. */
  planVersion: number;
  /** That plan, if a command of the batch brought it along. */
  plan: SeatPlan | null;
  /** The seats of all its sections, by the section's position. */
  seats: Map<number, SectionSeats>;
  /** The ticket types that the batch's commands name, by id. */
  types: Map<string, TicketTypeState>;
  /** Places of a person in live holds and bookings, by `personKey`, for types with a limit a person. */
  taken: Map<string, number>;
  /** The holds that the batch's commands name, and those that have lapsed, by id. */
  holds: Map<string, HoldRecord>;
  /** How many of them the batch released, since they had lapsed. */
  lapsed: number;
  /** The bookings that the batch's commands name, by id. */
  bookings: Map<string, BookingRecord>;
  /** When which of their tickets came through the door: by booking, by number. */
  checkIns: Map<string, Map<number, number>>;
  /** The waitlist entries that the batch's commands and its holds name, and those that promotion may come to, by id. */
  entries: Map<string, EntryRecord>;
  /** Which entry of a person still waits or has an offer, by `personKey`, of those that were read. */
  living: Map<string, string>;
  /** Those of them that wait, by ticket type. */
  queues: Map<string, WaitingQueue>;
  /** Places that came free since the last promotion pass, by ticket type. */
  freed: Map<string, number>;
}

/** The key of `EventInventory.taken`. */
export function personKey(userId: string, ticketTypeId: string): string {
  return `${userId} ${ticketTypeId}`;
}

/** Whether the event has begun. */
export function hasBegun(terms: Terms, now: number): boolean {
  return now >= terms.startsAt;
}
