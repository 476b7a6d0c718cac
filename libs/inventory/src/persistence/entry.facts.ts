import type { WaitlistFacts } from '#libs/contracts';
import type { HoldRecord } from '../domain/hold-record.js';
import type { EntryRecord } from '../domain/waitlist/entry-record.js';

/** What a DomainEvent says of an entry. */
export function entryFacts(entry: EntryRecord, offer: HoldRecord | null): WaitlistFacts {
  return {
    entryId: entry.id,
    eventId: entry.eventId,
    userId: entry.userId,
    ticketTypeId: entry.ticketTypeId,
    quantity: entry.quantity,
    priority: entry.priority,
    status: entry.status,
    joinedAt: new Date(entry.joinedAt).toISOString(),
    offer: offer && {
      holdId: offer.id,
      expiresAt: new Date(offer.expiresAt).toISOString(),
      total: { amount: offer.total, currency: offer.currency },
    },
  };
}
