import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Answer, Ask, Named, Requested, View } from '#libs/caching';
import { parseId } from '#libs/kernel';
import { entityTagOf } from '#libs/problem';
import { type EventRecord, overAt } from '../domain/event.js';
import { eventNamed, eventTag } from '../event-answers.service.js';
import { EventsService } from '../events.service.js';
import { toEventDto } from './event.mapping.js';
import { seesMore } from './viewer.mapping.js';

interface EventAsk extends Ask {
  eventId: string;
}

const FORM = 'event.1';
/** How often the progress of a cancellation is looked at, milliseconds. */
const PROGRESS_MS = 250;

/** An event as everybody sees it. */
@Injectable()
export class PublicEvent implements View<EventAsk>, Requested<EventAsk>, Named<EventAsk> {
  readonly name = 'event';
  readonly lifetimes = {
    memory: { fresh: 1000, stale: 1000 },
    shared: { fresh: 4000, stale: 4000 },
    missing: 1000,
  };

  constructor(private readonly events: EventsService) {}

  askOf(request: FastifyRequest): EventAsk | null {
    const eventId = parseId('event', (request.params as { id: string }).id);
    if (eventId === null || seesMore(request)) return null;
    return askFor(eventId);
  }

  askNamed(name: string): EventAsk | null {
    const eventId = eventNamed(name, FORM);
    return eventId === null ? null : askFor(eventId);
  }

  async load({ eventId }: EventAsk, current: boolean): Promise<Answer> {
    const event = await this.events.getEvent(eventId, null, current);
    const json = JSON.stringify(toEventDto(event));
    const { version } = event;
    return { version, tag: entityTagOf(version, json), body: Buffer.from(json), keepMs: this.keepMs(event) };
  }

  /** What changes by itself is not kept as long as the rest: the end of an event, and the progress of a cancellation. */
  private keepMs(event: EventRecord): number | undefined {
    if (event.canceling) return PROGRESS_MS;
    const untilOver = overAt(event).getTime() - Date.now();
    const longest = this.lifetimes.shared.fresh + this.lifetimes.shared.stale;
    return event.status === 'published' && untilOver < longest ? Math.max(1, untilOver) : undefined;
  }
}

function askFor(eventId: string): EventAsk {
  return { key: `${FORM}:${eventId}`, tags: [eventTag(eventId)], eventId };
}
