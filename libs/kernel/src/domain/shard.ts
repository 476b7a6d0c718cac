export const SHARD_IDS = [1, 2, 3, 4] as const;
/** A shard's number; in the API and in the slot map it is `shard-1` to `shard-4`. */
export type ShardId = (typeof SHARD_IDS)[number];
