import type {
  BookingFacts,
  DomainEvent,
  DomainEventType,
  EventFacts,
  HoldFacts,
  WaitlistFacts,
} from '#libs/contracts';
import { formatId } from '#libs/kernel';
import type { Topic } from './domain/topic.js';

/** One thing that happened, to be told once on a topic. */
export interface LiveMessage {
  topic: Topic;
  event: string;
  data: object;
}

type Messages<T extends DomainEventType> = (event: DomainEvent<T>) => LiveMessage[];

/** What is told of which DomainEvent, besides the state of events (`STATE_TYPES`): a line each. */
const MESSAGES = {
  'event.changed': ({ subjectVersion, payload }) =>
    payload.status === 'draft'
      ? []
      : [toEvent(payload.eventId, 'event.changed', eventData(payload, subjectVersion))],
  'booking.confirmed': (e) => [toUser(e.payload.userId, e.type, bookingData(e.payload, e.subjectVersion))],
  'booking.canceled': (e) => [toUser(e.payload.userId, e.type, bookingData(e.payload, e.subjectVersion))],
  'waitlist.offered': (e) => toEntry(e.payload, e.type),
  'waitlist.expired': (e) => toEntry(e.payload, e.type),
  'hold.expired': (e) => [toUser(e.payload.userId, e.type, holdData(e.payload))],
} satisfies { [T in DomainEventType]?: Messages<T> };

export type MessageType = keyof typeof MESSAGES;
export const MESSAGE_TYPES = Object.keys(MESSAGES) as MessageType[];

export function messagesOf(event: DomainEvent<MessageType>): LiveMessage[] {
  // TypeScript does not see that the line belongs to the type that it was found by.
  return (MESSAGES[event.type] as Messages<MessageType>)(event);
}

/** Of these only the newest state is told, read when it is told. */
export const STATE_TYPES = ['availability.changed', 'seats.changed'] as const;
export type StateType = (typeof STATE_TYPES)[number];

function toEvent(id: string, event: string, data: object): LiveMessage {
  return { topic: { kind: 'event', id }, event, data };
}

function toUser(id: string, event: string, data: object): LiveMessage {
  return { topic: { kind: 'user', id }, event, data };
}

/** To whoever follows the entry, and to its owner. */
function toEntry(facts: WaitlistFacts, event: string): LiveMessage[] {
  const { entryId, eventId, ticketTypeId, quantity, priority, status, joinedAt, offer } = facts;
  const data = {
    id: formatId('waitlistEntry', entryId),
    eventId: formatId('event', eventId),
    ticketTypeId: formatId('ticketType', ticketTypeId),
    ...{ quantity, priority, status, joinedAt },
    offer: offer && { ...offer, holdId: formatId('hold', offer.holdId) },
  };
  return [{ topic: { kind: 'waitlist', id: entryId }, event, data }, toUser(facts.userId, event, data)];
}

function eventData(facts: EventFacts, version: number): object {
  const { eventId, organizationId, shardId: _shard, currency: _currency, ticketTypes, ...described } = facts;
  return {
    id: formatId('event', eventId),
    version,
    organizationId: formatId('organization', organizationId),
    ...described,
    ticketTypes: ticketTypes.map((type) => ({ ...type, id: formatId('ticketType', type.id) })),
  };
}

function bookingData(facts: BookingFacts, version: number): object {
  const { reference, status, total, createdAt } = facts;
  return {
    id: formatId('booking', facts.bookingId),
    reference,
    eventId: formatId('event', facts.eventId),
    userId: formatId('user', facts.userId),
    status,
    version,
    total,
    items: itemsData(facts.items),
    createdAt,
  };
}

function holdData({ holdId, eventId, items, total, expiresAt }: HoldFacts): object {
  return {
    id: formatId('hold', holdId),
    eventId: formatId('event', eventId),
    status: 'expired',
    items: itemsData(items),
    total,
    expiresAt,
  };
}

function itemsData(items: BookingFacts['items']): object[] {
  return items.map((item) => ({ ...item, ticketTypeId: formatId('ticketType', item.ticketTypeId) }));
}
