import { Injectable } from '@nestjs/common';
import { formatId } from '#libs/kernel';
import { Master, Shards } from '#libs/sharding';
import { availabilityData, seatList } from '../domain/live-state.js';
import type { Topic } from '../domain/topic.js';
import { findEvent, readCounters, readTakenSeats } from '../persistence/live-state.repository.js';
import { readEntry } from '../persistence/waitlist-entries.repository.js';
import { readNewestBookings } from '../persistence/user-state.repository.js';

/** Bookings in a snapshot of a user's own topic. */
const BOOKINGS = 20;

/** The whole state that a topic tells changes of, as fresh as the last commit. */
@Injectable()
export class Snapshots {
  constructor(
    private readonly master: Master,
    private readonly shards: Shards,
  ) {}

  /** Throws the database's refusal while it is away. */
  read(topic: Topic): Promise<object> {
    if (topic.kind === 'user') return this.ofUser(topic.id);
    return topic.kind === 'event' ? this.ofEvent(topic.id) : this.ofEntry(topic.id);
  }

  private async ofEvent(eventId: string): Promise<object> {
    return this.shards.ofId(eventId).onPrimary(async ({ sql }) => {
      const event = await findEvent(sql, eventId);
      if (!event) return { event: null };
      const [counters] = await readCounters(sql, [eventId]);
      const taken = await readTakenSeats(sql, eventId);
      return {
        event: { ...event, id: formatId('event', eventId) },
        availability: availabilityData(counters!),
        // Of more than 5,000 seats GET /v1/events/:id/seats tells.
        seats: taken && { version: counters!.version, taken: seatList(taken) },
      };
    });
  }

  private async ofEntry(entryId: string): Promise<object> {
    const entry = await this.shards.ofId(entryId).onPrimary(({ sql }) => readEntry(sql, entryId));
    if (!entry) return { entry: null };
    return {
      entry: {
        ...entry,
        id: formatId('waitlistEntry', entry.id),
        eventId: formatId('event', entry.eventId),
        ticketTypeId: formatId('ticketType', entry.ticketTypeId),
      },
    };
  }

  private async ofUser(userId: string): Promise<object> {
    const lines = await this.master.onPrimary(({ sql }) => readNewestBookings(sql, userId, BOOKINGS));
    const bookings = lines.map((line) => ({
      ...line,
      id: formatId('booking', line.id),
      eventId: formatId('event', line.eventId),
    }));
    return { bookings };
  }
}
