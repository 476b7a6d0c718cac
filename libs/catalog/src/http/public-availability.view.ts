import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Answer, Ask, Counted, CountedView, Named, Requested } from '#libs/caching';
import { SHOWN, availabilityKey, counterOf } from '#libs/inventory';
import { parseId } from '#libs/kernel';
import { AvailabilityService } from '../availability.service.js';
import { eventNamed, eventTag } from '../event-answers.service.js';
import type { Availability, TicketTypeAvailability } from '../persistence/availability.repository.js';
import { availabilityTag, toAvailabilityDto } from './event.mapping.js';
import { LIVE_MS, wroteBy } from './live.lifetime.js';
import { seesMore } from './viewer.mapping.js';

interface AvailabilityAsk extends Ask {
  eventId: string;
}

/** All but the counters. */
type Frame = Pick<Availability, 'eventId' | 'currency'> & {
  ticketTypes: Pick<TicketTypeAvailability, 'id' | 'name' | 'priceAmount' | 'priceVersion'>[];
};

/** What is still to be had of an event, as everybody sees it. The lane moves the counters in Redis with each batch. */
@Injectable()
export class PublicAvailability
  implements CountedView<AvailabilityAsk>, Requested<AvailabilityAsk>, Named<AvailabilityAsk>
{
  readonly name = 'availability';
  readonly lifetimes = LIVE_MS;

  constructor(private readonly availability: AvailabilityService) {}

  askOf(request: FastifyRequest): AvailabilityAsk | null {
    const eventId = parseId('event', (request.params as { id: string }).id);
    if (eventId === null || seesMore(request)) return null;
    return { ...askFor(eventId), wrote: wroteBy(request, eventId) };
  }

  askNamed(name: string): AvailabilityAsk | null {
    const eventId = eventNamed(name, 'availability.1');
    return eventId === null ? null : askFor(eventId);
  }

  async count({ eventId }: AvailabilityAsk): Promise<Counted> {
    const { asOf, version, currency, ticketTypes } = await this.availability.getAvailability(
      eventId,
      null,
      true,
    );
    const frame: Frame = {
      eventId,
      currency,
      ticketTypes: ticketTypes.map(({ id, name, priceAmount, priceVersion }) => {
        return { id, name, priceAmount, priceVersion };
      }),
    };
    const counters = ticketTypes.flatMap((type) =>
      SHOWN.map((shown) => [counterOf(type.id, shown), type[shown]] as const),
    );
    return {
      version,
      asOf: asOf.getTime(),
      frame: JSON.stringify(frame),
      counters: Object.fromEntries(counters),
    };
  }

  render({ version, asOf, frame, counters }: Counted): Answer {
    const { ticketTypes, ...event } = JSON.parse(frame) as Frame;
    const dto = toAvailabilityDto({
      ...event,
      version,
      asOf: new Date(asOf),
      ticketTypes: ticketTypes.map((type) => {
        const of = (shown: (typeof SHOWN)[number]) => counters[counterOf(type.id, shown)]!;
        const [available, held, booked] = [of('available'), of('held'), of('booked')];
        const capacity = available + held + booked;
        return { ...type, capacity, available, held, booked, waiting: of('waiting') };
      }),
    });
    return { version, tag: availabilityTag(dto), body: Buffer.from(JSON.stringify(dto)) };
  }
}

function askFor(eventId: string): AvailabilityAsk {
  return { key: availabilityKey(eventId), tags: [eventTag(eventId)], eventId };
}
