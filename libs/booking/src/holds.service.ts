import { Injectable } from '@nestjs/common';
import { refusals } from '#libs/kernel';
import { type Ask, type HoldAnswer, type HoldRecord, InventoryService } from '#libs/inventory';
import { Shards } from '#libs/sharding';
import { requireQuantities } from './asks.check.js';
import { type Booker, type SentKey, keyOf } from './booker.types.js';
import { findHold } from './persistence/holds.repository.js';

/** Keeping places for a user for a while. */
@Injectable()
export class HoldsService {
  constructor(
    private readonly inventory: InventoryService,
    private readonly shards: Shards,
  ) {}

  /** Keeps free places at today's price; refused with the codes of `inventoryRefusals`, `not_found`. */
  async hold(
    booker: Booker,
    eventId: string,
    asks: readonly Ask[],
    ttlSeconds: number,
    sent: SentKey | null,
  ): Promise<HoldAnswer> {
    requireQuantities(asks);
    return this.inventory.hold(eventId, booker.userId, asks, ttlSeconds * 1000, keyOf(booker, sent));
  }

  /** A hold of the caller's own, also when it is over; `not_found` otherwise. */
  async get(booker: Booker, holdId: string): Promise<HoldRecord> {
    const hold = await this.shards.ofId(holdId).readNow(({ sql }) => findHold(sql, holdId));
    if (!hold || hold.userId !== booker.userId) throw refusals.not_found('There is no such hold.');
    return hold;
  }

  /** Gives the places of a hold back; of one that is over already, nothing. Throws `hold_consumed`. */
  async release(booker: Booker, holdId: string): Promise<void> {
    await this.inventory.release(await this.get(booker, holdId));
  }
}
