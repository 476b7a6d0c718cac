/** Bounds of a lane. Times in milliseconds. */
export interface LaneLimits {
  /** Entries that may wait; the next is `overloaded`. */
  queue: number;
  /** How long an entry may wait before its batch begins: longer than the second that a frozen process costs. */
  age: number;
  /** From an entry's arrival to its answer: then `outcome_unknown` where a commit's outcome could not be learned. */
  answer: number;
  /** Entries a batch. 512: 17 % more throughput, but 13 instead of 8 ms of locks. */
  batch: number;
  /** Rows a batch writes, estimated by `weightOf`. */
  rows: number;
  /** One transaction, waiting for its locks (2 s by the session's lock_timeout) included. */
  transaction: number;
  connect: number;
}

export const LANE_LIMITS: LaneLimits = {
  queue: 5000,
  age: 2000,
  answer: 8000,
  batch: 256,
  rows: 5000,
  transaction: 4000,
  connect: 1000,
};
