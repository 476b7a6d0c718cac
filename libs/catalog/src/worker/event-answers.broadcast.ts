import { Injectable } from '@nestjs/common';
import type { DomainEvent } from '#libs/contracts';
import type { Broadcast, Broadcaster } from '#libs/outbox';
import { EventAnswers } from '../event-answers.service.js';

type Changed = 'event.changed' | 'event.deleted' | 'event.canceled';

/**
 * Tells every process that what it keeps of an event is no longer so, also when the one that changed it could not; and, since
 * projections come before broadcasts, that lists show the change now.
 */
@Injectable()
export class EventAnswersNews implements Broadcaster<Changed> {
  constructor(private readonly answers: EventAnswers) {}

  async tell(events: DomainEvent<Changed>[]): Promise<void> {
    await this.answers.forgetListed([...new Set(events.map((event) => event.subject))]);
  }
}

export const eventAnswers: Broadcast<Changed> = {
  name: 'event-answers',
  types: ['event.changed', 'event.deleted', 'event.canceled'],
  use: EventAnswersNews,
};
