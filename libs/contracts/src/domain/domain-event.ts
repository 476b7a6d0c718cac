import type { Money } from '#libs/kernel';

/** What the directory, searches and subscribers need to know of an event. Ids are UUIDs, times ISO 8601. */
export interface EventFacts {
  eventId: string;
  organizationId: string;
  shardId: number;
  status: 'draft' | 'published' | 'canceled';
  title: string;
  description: string;
  category: string;
  venue: { name: string; city: string; country: string; timezone: string };
  startsAt: string;
  endsAt: string | null;
  salesStartAt: string | null;
  salesEndAt: string | null;
  currency: string;
  createdAt: string;
  updatedAt: string;
  ticketTypes: { id: string; name: string; kind: 'general' | 'seated'; price: Money }[];
}

/** The counters of an event's ticket types after a change. */
export interface AvailabilityFacts {
  eventId: string;
  ticketTypes: { id: string; capacity: number; available: number; held: number; booked: number }[];
}

/** Seats whose status is another one than before. */
export interface SeatsFacts {
  eventId: string;
  seats: { id: string; status: 'free' | 'held' | 'booked' | 'blocked' }[];
}

export interface BookingFacts {
  bookingId: string;
  eventId: string;
  userId: string;
  organizationId: string;
  reference: string;
  status: 'confirmed' | 'canceled';
  total: Money;
  items: { ticketTypeId: string; quantity: number; unitPrice: Money }[];
  createdAt: string;
}

/** A hold that is over without having been consumed. */
export interface HoldFacts {
  holdId: string;
  eventId: string;
  userId: string;
  total: Money;
  items: BookingFacts['items'];
  expiresAt: string;
}

/** A waitlist entry as it then was, with the offer that it got, accepted, declined or let expire. */
export interface WaitlistFacts {
  entryId: string;
  eventId: string;
  userId: string;
  ticketTypeId: string;
  quantity: number;
  priority: number;
  status: 'waiting' | 'offered' | 'accepted' | 'declined' | 'expired' | 'left';
  joinedAt: string;
  offer: { holdId: string; expiresAt: string; total: Money } | null;
}

/** An entry that has come to the front of its list; the position, from 1, is that of when it was seen. */
export interface MilestoneFacts extends WaitlistFacts {
  milestone: 'top_10' | 'next';
  position: number;
}

/** What is settled about an event's waitlist. */
export interface WaitlistSettingsFacts {
  eventId: string;
  paused: boolean;
  closed: boolean;
  cutOffMinutes: number | null;
}

/** Every DomainEvent: its type, what it is about (`subject`) and its payload. No personal data. docs/events.md lists them. */
export interface DomainEventPayloads {
  /** Created, edited, published, canceled; subject: the event, version: the event's. */
  'event.changed': EventFacts;
  /** A draft is gone; subject: the event. */
  'event.deleted': { eventId: string };
  /** Nothing can be booked any more, its bookings are to be canceled; subject: the event. */
  'event.canceled': { eventId: string; shardId: number };
  /** Subject: the event, version: the inventory's. */
  'availability.changed': AvailabilityFacts;
  /** Subject: the event, version: the inventory's. */
  'seats.changed': SeatsFacts;
  /** Subject: the booking, version: the booking's. */
  'booking.confirmed': BookingFacts;
  'booking.canceled': BookingFacts;
  /** Nobody consumed it in time, its places are free; subject: the hold. */
  'hold.expired': HoldFacts;
  /** On the list, or at another place in its order; subject: the waitlist entry, version: the entry's. */
  'waitlist.joined': WaitlistFacts;
  'waitlist.moved': WaitlistFacts;
  /** Places are held in its name; subject: the waitlist entry. */
  'waitlist.offered': WaitlistFacts;
  /** Nobody accepted its offer in time; subject: the waitlist entry. */
  'waitlist.expired': WaitlistFacts;
  /** Accepted, declined or left, as its status says; subject: the waitlist entry. */
  'waitlist.ended': WaitlistFacts;
  /** It has come to the first ten, or is next; each once. Subject: the waitlist entry, version: the entry's, as of another DomainEvent. */
  'waitlist.milestone': MilestoneFacts;
  /** Paused, closed or cut off otherwise than before; subject: the event, version: the settings'. */
  'waitlist.changed': WaitlistSettingsFacts;
  /** Role, session or key changes that living tokens must feel; subject: the user. */
  'user.changed': { userId: string; change: 'registered' | 'role' | 'sessions' | 'profile' };
}
export type DomainEventType = keyof DomainEventPayloads;

/** A stored message of the outbox, typed by its `type`. */
export type DomainEvent<T extends DomainEventType = DomainEventType> = {
  [K in T]: {
    /** UUIDv7 made by the kernel; the inbox and receivers drop repeats by it. */
    id: string;
    type: K;
    subject: string;
    subjectVersion: number;
    payload: DomainEventPayloads[K];
    /** W3C traceparent of the cause. */
    trace: string | null;
  };
}[T];
