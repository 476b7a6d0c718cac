import { formatId } from '#libs/kernel';
import type { Standing } from '../waitlist.service.js';
import type { EntryDto, ListedEntryDto } from './entry.dto.js';

export function toEntryDto({ entry, position, waitingFor, offer, estimate }: Standing): EntryDto {
  return {
    id: formatId('waitlistEntry', entry.id),
    eventId: formatId('event', entry.eventId),
    ticketTypeId: formatId('ticketType', entry.ticketTypeId),
    quantity: entry.quantity,
    priority: entry.priority,
    status: entry.status,
    version: entry.version,
    position,
    waitingFor,
    joinedAt: new Date(entry.joinedAt),
    estimate,
    offer: offer && {
      holdId: formatId('hold', offer.holdId),
      expiresAt: new Date(offer.expiresAt),
      total: { amount: offer.total, currency: offer.currency },
    },
  };
}

export function toListedEntryDto(standing: Standing): ListedEntryDto {
  return { ...toEntryDto(standing), userId: formatId('user', standing.entry.userId) };
}
