import { counter, gauge, histogram } from '#libs/tracing';
import type { Answer } from '../domain/batch.js';

const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

const batches = counter('lane_batches_total', 'Transactions of a lane, by how they ended.', [
  'shard',
  'ending',
]);
const size = histogram('lane_batch_size', 'Requests a batch.', [1, 2, 4, 8, 16, 32, 64, 128, 256], ['shard']);
const wait = histogram(
  'lane_wait_seconds',
  'From the arrival of a batch’s oldest request to its begin.',
  SECONDS,
  ['shard'],
);
const lock = histogram('lane_lock_wait_seconds', 'From BEGIN to having the lane’s row.', SECONDS, ['shard']);
const duration = histogram('lane_batch_seconds', 'A batch’s transaction, both round trips.', SECONDS, [
  'shard',
]);
const refusals = counter('lane_refusals_total', 'Requests that were declined, by code.', ['shard', 'code']);
const unblocked = counter(
  'lane_unblocked_total',
  'Sessions of frozen processes that were ended, since this one waited for them.',
  ['shard'],
);
const lookUpsFailed = counter('lane_look_ups_failed_total', 'Look-ups of frozen sessions that failed.', [
  'shard',
]);

/** What a lane tells about itself. */
export class LaneMetrics {
  constructor(private readonly shard: string) {}

  began(requests: number, oldestMs: number): void {
    size.observe({ shard: this.shard }, requests);
    wait.observe({ shard: this.shard }, oldestMs / 1000);
  }

  locked(ms: number): void {
    lock.observe({ shard: this.shard }, ms / 1000);
  }

  ended(ending: string, ms: number): void {
    batches.inc({ shard: this.shard, ending });
    duration.observe({ shard: this.shard }, ms / 1000);
  }

  looked(result: { ended: number } | { failed: unknown }): void {
    if ('failed' in result) lookUpsFailed.inc({ shard: this.shard });
    else unblocked.inc({ shard: this.shard }, result.ended);
  }

  answered(answers: readonly Answer[]): void {
    for (const answer of answers) if ('refused' in answer) this.refused(answer.refused.code);
  }

  refused(code: string, count = 1): void {
    refusals.inc({ shard: this.shard, code }, count);
  }

  /** Tells how many wait, when somebody looks. */
  static watch(depths: () => Iterable<[shard: string, depth: number]>): void {
    gauge('lane_depth', 'Requests that wait for a batch.', ['shard'], (depth) => {
      for (const [shard, waiting] of depths()) depth.set({ shard }, waiting);
    });
  }
}
