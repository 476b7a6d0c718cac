import { Injectable } from '@nestjs/common';
import { Shards, type Tx, requireOwner, requireSlot } from '#libs/sharding';
import { lockInventory, lockLane } from './persistence/locks.repository.js';

/** The one way to what is scarce. */
@Injectable()
export class InventoryService {
  constructor(private readonly shards: Shards) {}

  /**
   * Runs an edit of an event (capacity, publishing, canceling, blocking seats) as one transaction on its shard,
   * under the same locks as the sales: nothing is sold while `work` runs. Throws `not_found` for an unknown event.
   * `work` does nothing remote and is short: every sale of the shard waits for it.
   */
  step<T>(eventId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    const slot = requireSlot(eventId);
    return this.shards.onOwner(slot, (shard) =>
      shard.transaction(async (tx) => {
        await lockLane(tx);
        await requireOwner(tx, slot);
        await lockInventory(tx, eventId);
        return work(tx);
      }),
    );
  }
}
