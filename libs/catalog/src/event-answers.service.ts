import { Injectable } from '@nestjs/common';
import { AnswerCache } from '#libs/caching';
import { availabilityKey } from '#libs/inventory';

/** What cached answers about an event have in common. */
export const eventTag = (eventId: string) => `event:${eventId}`;

/** What is cached about events. */
@Injectable()
export class EventAnswers {
  constructor(private readonly cache: AnswerCache) {}

  /** After a commit: nobody is shown the event as it was before, in any process that can be told. */
  async forget(eventId: string): Promise<void> {
    await this.cache.invalidate({ tags: [eventTag(eventId)], keys: [availabilityKey(eventId)] });
  }
}
