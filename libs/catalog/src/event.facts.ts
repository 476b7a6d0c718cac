import type { EventFacts } from '#libs/contracts';
import type { EventRecord } from './domain/event.js';

/** What is announced of an event whenever its description or its state changes. */
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
