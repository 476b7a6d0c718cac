import { Injectable } from '@nestjs/common';
import { AnswerCache } from '#libs/caching';

/** What cached answers about an event have in common. */
export const eventTag = (eventId: string) => `event:${eventId}`;
/** What lists and searches have in common. */
export const DIRECTORY_TAG = 'directory';

/** The event that a tag names, or a key of a view whose keys begin so; null when it is of something else. */
export function eventNamed(name: string, form: string): string | null {
  const [kind, eventId = '', more] = name.split(':', 3);
  const known = more === undefined && (kind === 'event' || kind === form);
  return known && UUID.test(eventId) ? eventId : null;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What is cached about events. */
@Injectable()
export class EventAnswers {
  constructor(private readonly cache: AnswerCache) {}

  /** After a commit: nobody is shown the event as it was before, in any process that can be told. */
  async forget(eventId: string): Promise<void> {
    await this.cache.invalidate({ tags: [eventTag(eventId)] });
  }

  /** After the directory has heard of them: no list shows them as they were either. */
  async forgetListed(eventIds: readonly string[]): Promise<void> {
    await this.cache.invalidate({ tags: [...eventIds.map(eventTag), DIRECTORY_TAG] });
  }
}
