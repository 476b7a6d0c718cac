import { Injectable } from '@nestjs/common';
import type { DomainEvent } from '#libs/contracts';
import { InventoryService } from '#libs/inventory';
import type { Effect, EffectRunner } from '#libs/outbox';
import { Shards } from '#libs/sharding';
import { noteCanceled } from '../persistence/events.repository.js';

/** Bookings canceled, holds released, and entries taken off the waitlist, in one step of the lane: sales of the shard's other events wait some 20 ms for it. */
const STEP = 200;

/**
 * Cancels the bookings of a canceled event, releases its holds and empties its waitlist, step by step. Safe to run again, and twice at
 * once: a step cancels what is still confirmed or held, or waits.
 */
@Injectable()
export class CancelBookings implements EffectRunner<'event.canceled'> {
  constructor(
    private readonly inventory: InventoryService,
    private readonly shards: Shards,
  ) {}

  async run({ payload: { eventId } }: DomainEvent<'event.canceled'>): Promise<void> {
    const shard = this.shards.ofId(eventId);
    for (let finished = false; !finished;) {
      const { canceled, released, left } = await this.inventory.cancelSome(eventId, STEP);
      // Fewer than a step may also mean that buyers canceled some of them in the same batch.
      finished = canceled === 0 && released === 0 && left === 0;
      await shard.onPrimary(({ sql }) => noteCanceled(sql, eventId, canceled, finished));
    }
  }
}

export const cancelBookings: Effect<'event.canceled'> = {
  name: 'cancel-bookings',
  types: ['event.canceled'],
  use: CancelBookings,
};
