import type { EffectState, OutboxState, QueuesReport } from '../queues.service.js';

export class OutboxStateDto implements OutboxState {
  /** @example "shard-1" */
  database!: string;
  /** `down`: it does not answer, and the numbers are null. */
  status!: 'up' | 'down';
  /**
   * News that not every consumer has confirmed.
   * @example 3
   */
  pending!: number | null;
  /**
   * News that failed too often and waits for somebody to look.
   * @example 0
   */
  parked!: number | null;
  /**
   * Age of the oldest pending news; null when none is.
   * @example 0.04
   */
  oldestSeconds!: number | null;
}

export class EffectStateDto implements EffectState {
  /**
   * Name of the effect.
   * @example "cancel-bookings"
   */
  queue!: string;
  /** @example 12 */
  waiting!: number;
  /** @example 4 */
  active!: number;
  /**
   * Failed, and to be tried again later.
   * @example 1
   */
  delayed!: number;
  /**
   * When a worker counted; every five seconds while it runs and Redis is there.
   * @example "2026-11-22T12:00:00.000Z"
   */
  countedAt!: string;
}

export class QueuesReportDto implements QueuesReport {
  /** The outbox of each database. */
  data!: OutboxStateDto[];
  /** The queue of each effect; empty while the master is away. */
  effects!: EffectStateDto[];
}
