import type { BookingRecord } from './booking-record.js';
import type { HoldRecord } from './hold-record.js';

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
}

/** One event as its batch found it under the locks, and as the decisions of the batch have changed it since. */
export interface EventInventory {
  eventId: string;
  /** Version of the availability before the batch. */
  version: number;
  terms: Terms;
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
}

/** The key of `EventInventory.taken`. */
export function personKey(userId: string, ticketTypeId: string): string {
  return `${userId} ${ticketTypeId}`;
}

/** Whether the event has begun. */
export function hasBegun(terms: Terms, now: number): boolean {
  return now >= terms.startsAt;
}
