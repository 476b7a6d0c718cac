import { Injectable } from '@nestjs/common';
import { newId, pooledRandom } from '#libs/kernel';
import { Shards, type Tx, requireOwner, requireSlot } from '#libs/sharding';
import { currentTraceparent } from '#libs/tracing';
import type { RequestKey } from './domain/batch.js';
import type { BookingRecord } from './domain/booking-record.js';
import type { Ask, Command, Outcome } from './domain/command.js';
import { bookingReference } from './domain/reference.js';
import { refusalOf } from './inventory.errors.js';
import { Lanes } from './lanes.service.js';
import { lockInventory, lockLane } from './persistence/locks.repository.js';

/** A booking as it was when the request was first done. */
export interface BookingAnswer {
  booking: BookingRecord;
  replayed: boolean;
}

/**
 * The one way to what is scarce. Each call is one request to the lane of the event's shard: it is done entirely or
 * not at all, and refused with the codes of `inventoryRefusals`, `overloaded`, `shard_unavailable` (nothing was
 * done) or `outcome_unknown` (retry with the same key).
 */
@Injectable()
export class InventoryService {
  constructor(
    private readonly shards: Shards,
    private readonly lanes: Lanes,
  ) {}

  /** Books free places; items of one type add up. */
  async book(
    eventId: string,
    userId: string,
    asks: readonly Ask[],
    key: RequestKey | null,
  ): Promise<BookingAnswer> {
    const bookingId = newId(requireSlot(eventId));
    const reference = bookingReference(bookingId, pooledRandom(5));
    return this.doWithBooking({ kind: 'book', eventId, userId, bookingId, reference, asks }, key);
  }

  /** Cancels a booking; a second time answers the same. `late`: also after the event has begun. */
  async cancel(
    booking: Pick<BookingRecord, 'id' | 'eventId'>,
    options: { late: boolean; reason: string | null },
    key: RequestKey | null,
  ): Promise<BookingAnswer> {
    return this.doWithBooking(
      { kind: 'cancel', eventId: booking.eventId, bookingId: booking.id, ...options },
      key,
    );
  }

  /** Cancels up to `limit` (at most 1,000) bookings of a canceled event. Returns how many; fewer than `limit` means all are. */
  async cancelSome(eventId: string, limit: number): Promise<number> {
    const { outcome } = await this.submit({ kind: 'cancelSome', eventId, limit }, null);
    if (!('canceled' in outcome)) throw new Error('the lane answered with something else than a count');
    return outcome.canceled;
  }

  /**
   * Runs an edit of an event (capacity, publishing, canceling, blocking seats) as one transaction on its shard,
   * in its turn among the sales and under the same locks. Throws `not_found` for an unknown event. `work` does
   * nothing remote and is short: every sale of the shard waits for it.
   */
  step<T>(eventId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    const slot = requireSlot(eventId);
    return this.shards.onOwner(slot, (shard) =>
      this.lanes.of(shard).exclusive(() =>
        shard.transaction(async (tx) => {
          await lockLane(tx);
          await requireOwner(tx, slot);
          await lockInventory(tx, eventId);
          return work(tx);
        }),
      ),
    );
  }

  private async doWithBooking(command: Command, key: RequestKey | null): Promise<BookingAnswer> {
    const { outcome, replayed } = await this.submit(command, key);
    if (!('booking' in outcome)) throw new Error('the lane answered with something else than a booking');
    return { booking: outcome.booking, replayed };
  }

  private async submit(
    command: Command,
    key: RequestKey | null,
  ): Promise<{ outcome: Outcome; replayed: boolean }> {
    const answer = await this.shards.onOwner(requireSlot(command.eventId), (shard) =>
      this.lanes.of(shard).submit({ command, key, trace: currentTraceparent() }),
    );
    if ('refused' in answer) throw refusalOf(answer.refused);
    return answer;
  }
}
