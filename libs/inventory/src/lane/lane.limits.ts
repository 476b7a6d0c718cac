/** Bounds of a lane. Times in milliseconds. */
export interface LaneLimits {
  /** Entries that may wait; the next is `overloaded`. */
  queue: number;
  /** How long an entry may wait before its batch begins; then it is `overloaded`. */
  age: number;
  /** How long beyond that its caller waits while a commit's outcome cannot be learned; then it is `outcome_unknown`. */
  outcome: number;
  /** Entries a batch. 512: 17 % more throughput, but 13 instead of 8 ms of locks. */
  batch: number;
  /** Rows a batch writes, estimated by `weightOf`. */
  rows: number;
  /** One transaction, waiting for its locks (2 s by the session's lock_timeout) included. */
  transaction: number;
  connect: number;
}

export const LANE_LIMITS: Omit<LaneLimits, 'age'> = {
  queue: 5000,
  outcome: 6000,
  batch: 256,
  rows: 5000,
  transaction: 4000,
  connect: 1000,
};
