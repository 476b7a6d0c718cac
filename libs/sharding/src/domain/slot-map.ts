import { SLOT_COUNT, type ShardId } from '#libs/kernel';

/** A range of slots, both ends included, and the shard that owns it. */
export interface SlotRange {
  fromSlot: number;
  toSlot: number;
  shardId: ShardId;
}

/** The map that a new installation starts with: A–F, G–M, N–S, T–Z. */
export const FIRST_SLOT_MAP: readonly SlotRange[] = [
  { fromSlot: 0, toSlot: 161, shardId: 1 },
  { fromSlot: 162, toSlot: 350, shardId: 2 },
  { fromSlot: 351, toSlot: 512, shardId: 3 },
  { fromSlot: 513, toSlot: 701, shardId: 4 },
];

/** One version of the slot map; every slot belongs to exactly one shard. */
export class SlotMap {
  private readonly owners: ShardId[] = [];

  constructor(
    readonly version: number,
    readonly ranges: readonly SlotRange[],
  ) {
    for (const { fromSlot, toSlot, shardId } of ranges) {
      for (let slot = fromSlot; slot <= toSlot; slot++) {
        if (this.owners[slot] !== undefined)
          throw new Error(`slot map ${version}: slot ${slot} has two owners`);
        this.owners[slot] = shardId;
      }
    }
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      if (this.owners[slot] === undefined) throw new Error(`slot map ${version}: slot ${slot} has no owner`);
    }
  }

  /** The shard of a slot from 0 to 701. */
  shardOf(slot: number): ShardId {
    const owner = this.owners[slot];
    if (owner === undefined) throw new RangeError(`slot ${slot} is not in the slot map`);
    return owner;
  }
}
