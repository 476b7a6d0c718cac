import type { DomainEvent, EventFacts } from '#libs/contracts';
import { newId } from '#libs/kernel';
import { append } from '#libs/outbox';
import { type Tx, requireSlot } from '#libs/sharding';
import { currentTraceparent } from '#libs/tracing';
import type { EventRecord } from './domain/event.js';

/** Announces an event as it now is. */
export async function announceChange(tx: Tx, event: EventRecord): Promise<void> {
  await append(tx, [{ ...newsOf(event), type: 'event.changed', payload: factsOf(event) }]);
}

/** Announces that nothing can be booked any more, and that the bookings are to be canceled. */
export async function announceCancellation(tx: Tx, event: EventRecord): Promise<void> {
  const payload = { eventId: event.id, shardId: event.shardId };
  await append(tx, [{ ...newsOf(event), type: 'event.canceled', payload }]);
}

/** Announces that a draft is gone; news with a version above all that was told of it. */
export async function announceDeletion(tx: Tx, event: EventRecord): Promise<void> {
  const news = { ...newsOf(event), subjectVersion: event.version + 1 };
  await append(tx, [{ ...news, type: 'event.deleted', payload: { eventId: event.id } }]);
}

function newsOf(event: EventRecord): Omit<DomainEvent, 'type' | 'payload'> {
  return {
    id: newId(requireSlot(event.id)),
    subject: event.id,
    subjectVersion: event.version,
    trace: currentTraceparent(),
  };
}

/** What is told of an event whenever its description or its state changes. */
export function factsOf(event: EventRecord): EventFacts {
  return {
    eventId: event.id,
    organizationId: event.organizationId,
    shardId: event.shardId,
    status: event.status === 'ended' ? 'published' : event.status,
    title: event.title,
    description: event.description,
    category: event.category,
    venue: event.venue,
    startsAt: event.startsAt.toISOString(),
    endsAt: event.endsAt?.toISOString() ?? null,
    salesStartAt: event.salesStartAt?.toISOString() ?? null,
    salesEndAt: event.salesEndAt?.toISOString() ?? null,
    currency: event.currency,
    createdAt: event.createdAt.toISOString(),
    updatedAt: event.updatedAt.toISOString(),
    ticketTypes: event.ticketTypes.map(({ id, name, kind, priceAmount }) => ({
      id,
      name,
      kind,
      price: { amount: priceAmount, currency: event.currency },
    })),
  };
}
