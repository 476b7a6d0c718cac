import { Injectable } from '@nestjs/common';
import type { DomainEvent } from '#libs/contracts';
import type { Broadcast, Broadcaster } from '#libs/outbox';
import { ListMirror } from '../persistence/list.mirror.js';

/** Of what is over after an offer the order does not know. */
const TYPES = ['waitlist.joined', 'waitlist.moved', 'waitlist.offered', 'waitlist.ended'] as const;
type OrderNews = (typeof TYPES)[number];

/** Keeps the mirrors of lists in step with the shards. */
@Injectable()
export class ListMirrorFollower implements Broadcaster<OrderNews> {
  constructor(private readonly mirror: ListMirror) {}

  tell(events: DomainEvent<OrderNews>[]): Promise<void> {
    return this.mirror.follow(events.map(({ payload }) => payload));
  }
}

export const listMirror: Broadcast<OrderNews> = {
  name: 'waitlist-mirror',
  types: TYPES,
  use: ListMirrorFollower,
};
