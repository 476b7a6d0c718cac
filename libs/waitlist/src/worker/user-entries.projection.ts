import { Injectable } from '@nestjs/common';
import type { DomainEvent } from '#libs/contracts';
import type { Projection, ProjectionWriter } from '#libs/outbox';
import type { Tx } from '#libs/sharding';
import { upsertUserEntries } from '../persistence/user-entries.repository.js';

const TYPES = [
  'waitlist.joined',
  'waitlist.moved',
  'waitlist.offered',
  'waitlist.expired',
  'waitlist.ended',
] as const;
type WaitlistNews = (typeof TYPES)[number];

@Injectable()
export class UserEntriesWriter implements ProjectionWriter<WaitlistNews> {
  async apply(tx: Tx, events: DomainEvent<WaitlistNews>[]): Promise<void> {
    await upsertUserEntries(
      tx,
      events.map((e) => ({ version: e.subjectVersion, facts: e.payload })),
    );
  }
}

/** Which waitlist entries a user has, over all shards. */
export const userWaitlistEntries: Projection<WaitlistNews> = {
  name: 'user-waitlist-entries',
  types: [...TYPES],
  use: UserEntriesWriter,
};
