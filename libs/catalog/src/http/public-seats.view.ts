import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Answer, Ask, Named, Requested, View } from '#libs/caching';
import { parseId } from '#libs/kernel';
import { InputPipe, entityTag } from '#libs/problem';
import { AvailabilityService, type SeatList } from '../availability.service.js';
import { eventNamed, eventTag } from '../event-answers.service.js';
import { SeatsQueryDto } from './directory.dto.js';
import { LIVE_MS, wroteBy } from './live.lifetime.js';
import { renderSeatList } from './seat-list.renderer.js';
import { seesMore } from './viewer.mapping.js';

interface SeatsAsk extends Ask {
  eventId: string;
  query: Record<string, unknown>;
}

const FORM = 'seats.1';
/** Characters of a section's name, which may be up to a hundred. */
const MAX_NAME = 100;

/**
 * The seats of an event, or of one section, as everybody sees them. Of the same version as the availability; lists of more than
 * about 1,700 seats stay in the memory of each process.
 */
@Injectable()
export class PublicSeats implements View<SeatsAsk>, Requested<SeatsAsk>, Named<SeatsAsk> {
  readonly name = 'seats';
  readonly lifetimes = LIVE_MS;
  private readonly input = new InputPipe();

  constructor(private readonly availability: AvailabilityService) {}

  /** What is no section's name, or asked otherwise, is refused by the controller. */
  askOf(request: FastifyRequest): SeatsAsk | null {
    const eventId = parseId('event', (request.params as { id: string }).id);
    const query = request.query as Record<string, unknown>;
    const { section = null, ...rest } = query;
    if (eventId === null || seesMore(request) || Object.keys(rest).length) return null;
    if (section !== null && (typeof section !== 'string' || section.length > MAX_NAME)) return null;
    return { ...askFor(eventId, query, section), wrote: wroteBy(request, eventId) };
  }

  /** The list of all seats. */
  askNamed(name: string): SeatsAsk | null {
    const eventId = eventNamed(name, FORM);
    return eventId === null ? null : askFor(eventId, {}, null);
  }

  async load({ eventId, query }: SeatsAsk): Promise<Answer> {
    const { section = null } = (await this.input.transform(query, {
      type: 'query',
      metatype: SeatsQueryDto,
    })) as SeatsQueryDto;
    const list = await this.availability.getSeats(eventId, section, null, true);
    return { version: list.version, tag: seatsTag(eventId, section, list), body: renderSeatList(list) };
  }
}

function askFor(eventId: string, query: SeatsAsk['query'], section: string | null): SeatsAsk {
  const key = `${FORM}:${eventId}${section === null ? '' : `:${section}`}`;
  return { key, tags: [eventTag(eventId)], eventId, query };
}

/** All that a list shows follows from what it is of, its version and the plan. */
export function seatsTag(
  eventId: string,
  section: string | null,
  { version, planVersion }: Pick<SeatList, 'version' | 'planVersion'>,
): string {
  return entityTag(version, [eventId, planVersion, section]);
}
