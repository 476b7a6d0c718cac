import { Injectable } from '@nestjs/common';
import { InventoryService, type WaitlistSettings, changeWaitlist, endOfWaiting } from '#libs/inventory';
import { Shards } from '#libs/sharding';
import { requireManaged } from './managed-event.check.js';
import { type ListCounts, type SettledList, countEntries } from './persistence/lists.repository.js';
import type { Person } from './person.types.js';

/** What is settled about an event's waitlist, and when it is over. */
export interface Settings extends SettledList {
  endsAt: Date;
}

export interface Statistics {
  eventId: string;
  /** One a ticket type that somebody ever waited for. */
  lists: ListCounts[];
  all: Omit<ListCounts, 'ticketTypeId'>;
}

/** What an organizer settles about the waitlists of an event, and what became of those who waited. */
@Injectable()
export class ListsService {
  constructor(
    private readonly inventory: InventoryService,
    private readonly shards: Shards,
  ) {}

  /** Of an event that the caller manages; `not_found` otherwise. */
  async getSettings(person: Person, eventId: string): Promise<Settings> {
    const list = await requireManaged(this.shards, person, eventId);
    const terms = { startsAt: list.startsAt.getTime(), salesEndAt: list.salesEndAt?.getTime() ?? null };
    return { ...list, endsAt: new Date(endOfWaiting(terms, list)) };
  }

  /** Pauses the offers or goes on with them, closes the list to others, cuts it off before the start; what is not given stays. */
  async changeSettings(
    person: Person,
    eventId: string,
    change: Partial<WaitlistSettings>,
  ): Promise<Settings> {
    await requireManaged(this.shards, person, eventId);
    await this.inventory.step(eventId, (tx) => changeWaitlist(tx, eventId, change));
    return this.getSettings(person, eventId);
  }

  /** What became of those who waited, as far back as entries are kept: 90 days after they are over. */
  async getStatistics(person: Person, eventId: string): Promise<Statistics> {
    await requireManaged(this.shards, person, eventId);
    const counts = await this.shards.ofId(eventId).read(({ sql }) => countEntries(sql, eventId));
    return { eventId, ...counts };
  }
}
