export type TicketTypeKind = 'general' | 'seated';
/** What is stored. `ended` is not: a published event has ended when its end is past. */
export type StoredStatus = 'draft' | 'published' | 'canceled';
export type EventStatus = StoredStatus | 'ended';

export interface Venue {
  name: string;
  city: string;
  /** ISO 3166-1 alpha-2, upper case. */
  country: string;
  /** IANA, `Europe/Berlin`. */
  timezone: string;
}

/** When it takes place and when it is sold. */
export interface EventTimes {
  startsAt: Date;
  endsAt: Date | null;
  salesStartAt: Date | null;
  salesEndAt: Date | null;
}

/** What can be changed without touching what is scarce. */
export interface EventDescription extends EventTimes {
  title: string;
  description: string;
  category: string;
  venue: Venue;
}

export interface TicketType {
  id: string;
  name: string;
  kind: TicketTypeKind;
  capacity: number;
  /** Minor units of the event's currency. */
  priceAmount: number;
  priceVersion: number;
  maxPerBooking: number;
  maxPerPerson: number | null;
}

/** A row of seats, numbered from 1. */
export interface SeatRow {
  name: string;
  seats: number;
}

export interface Section {
  name: string;
  ticketTypeId: string;
  /** Front row first. */
  rows: SeatRow[];
}

/** An event with all that is sold at it, as one reading of its shard gave it. Ids are UUIDs. */
export interface EventRecord extends EventDescription {
  id: string;
  organizationId: string;
  shardId: number;
  /** By the database's clock. */
  status: EventStatus;
  version: number;
  currency: string;
  ticketTypes: TicketType[];
  sections: Section[];
  /** Progress of the job that cancels the bookings; null when there is none, or none any more. */
  canceling: { done: number; total: number } | null;
  createdAt: Date;
  updatedAt: Date;
}

/** When an event is over: at its end; without one, when it starts or its sales end, whichever is later. */
export function overAt(times: EventTimes): Date {
  if (times.endsAt) return times.endsAt;
  return times.salesEndAt && times.salesEndAt > times.startsAt ? times.salesEndAt : times.startsAt;
}
