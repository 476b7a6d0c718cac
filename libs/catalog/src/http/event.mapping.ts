import { formatId } from '#libs/kernel';
import { entityTag } from '#libs/problem';
import type { SeatsChanged } from '../availability.service.js';
import type { EventDraft } from '../domain/draft.js';
import type { EventPatch } from '../domain/edit.js';
import type { EventRecord } from '../domain/event.js';
import type { Availability } from '../persistence/availability.repository.js';
import type { DirectoryRow } from '../persistence/directory.repository.js';
import type { ListedEventDto } from './directory.dto.js';
import type { EventChangeDto } from './event-change.dto.js';
import type { AvailabilityDto, EventDto, SeatListDto } from './event.dto.js';
import type { NewEventDto } from './new-event.dto.js';

export function toDraft(body: NewEventDto): EventDraft {
  const { seatMap, ...draft } = body;
  return {
    ...draft,
    description: body.description ?? '',
    endsAt: body.endsAt ?? null,
    salesStartAt: body.salesStartAt ?? null,
    salesEndAt: body.salesEndAt ?? null,
    sections: seatMap?.sections ?? [],
  };
}

export function toPatch({ seatMap, ...body }: EventChangeDto): EventPatch {
  return { ...body, sections: seatMap?.sections };
}

export function toEventDto(event: EventRecord): EventDto {
  const names = new Map(event.ticketTypes.map((type) => [type.id, type.name]));
  return {
    id: formatId('event', event.id),
    version: event.version,
    status: event.status,
    shard: `shard-${event.shardId}`,
    organizationId: formatId('organization', event.organizationId),
    title: event.title,
    description: event.description,
    category: event.category,
    venue: event.venue,
    startsAt: event.startsAt,
    endsAt: event.endsAt,
    salesStartAt: event.salesStartAt,
    salesEndAt: event.salesEndAt,
    ticketTypes: event.ticketTypes.map(({ priceAmount, ...type }) => ({
      id: formatId('ticketType', type.id),
      name: type.name,
      kind: type.kind,
      capacity: type.capacity,
      price: { amount: priceAmount, currency: event.currency },
      priceVersion: type.priceVersion,
      maxPerBooking: type.maxPerBooking,
      maxPerPerson: type.maxPerPerson,
    })),
    seatMap: event.sections.length
      ? {
          sections: event.sections.map(({ name, ticketTypeId, rows }) => ({
            name,
            ticketType: names.get(ticketTypeId)!,
            ticketTypeId: formatId('ticketType', ticketTypeId),
            rows,
          })),
        }
      : null,
    canceling: event.canceling,
    createdAt: event.createdAt,
    updatedAt: event.updatedAt,
  };
}

export function toListedEventDto({ version, status, facts, counters }: DirectoryRow): ListedEventDto {
  const countersOf = new Map((counters ?? []).map((type) => [type.id, type]));
  return {
    id: formatId('event', facts.eventId),
    version,
    status,
    shard: `shard-${facts.shardId}`,
    organizationId: formatId('organization', facts.organizationId),
    title: facts.title,
    description: facts.description,
    category: facts.category,
    venue: facts.venue,
    startsAt: new Date(facts.startsAt),
    endsAt: facts.endsAt === null ? null : new Date(facts.endsAt),
    salesStartAt: facts.salesStartAt === null ? null : new Date(facts.salesStartAt),
    salesEndAt: facts.salesEndAt === null ? null : new Date(facts.salesEndAt),
    ticketTypes: facts.ticketTypes.map((type) => ({
      ...type,
      id: formatId('ticketType', type.id),
      capacity: countersOf.get(type.id)?.capacity ?? 0,
      available: countersOf.get(type.id)?.available ?? 0,
    })),
    createdAt: new Date(facts.createdAt),
    updatedAt: new Date(facts.updatedAt),
  };
}

export function toAvailabilityDto(
  availability: Omit<Availability, 'organizationId' | 'status'>,
): AvailabilityDto {
  return {
    eventId: formatId('event', availability.eventId),
    asOf: availability.asOf,
    version: availability.version,
    ticketTypes: availability.ticketTypes.map((type) => ({
      id: formatId('ticketType', type.id),
      name: type.name,
      capacity: type.capacity,
      available: type.available,
      held: type.held,
      booked: type.booked,
      price: { amount: type.priceAmount, currency: availability.currency },
      priceVersion: type.priceVersion,
      waiting: type.waiting,
    })),
  };
}

/** The same as long as the counters and what is said of the ticket types are, whenever that was so. */
export function availabilityTag({ asOf: _, ...shown }: AvailabilityDto): string {
  return entityTag(shown.version, shown);
}

export function toSeatListDto({ version, plan, seats }: SeatsChanged): SeatListDto {
  return {
    version,
    data: seats.map(({ place, status }) => ({
      id: formatId('seat', plan.idOf(place)),
      ...plan.labelOf(place),
      ticketTypeId: formatId('ticketType', plan.section(place.section).ticketTypeId),
      status,
    })),
  };
}
