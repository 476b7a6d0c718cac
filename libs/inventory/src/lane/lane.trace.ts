import { addSpan, addTiming, currentTrace, endedSpan, inTrace } from '#libs/tracing';
import type { Entry } from './waiting.entry.js';

/** One run of a batch, by the monotonic clock in milliseconds. */
export interface Run {
  shard: string;
  begun: number;
  /** When its writes and COMMIT were sent; null when it did not come so far. */
  sent: number | null;
  /** `committed`, `undone` or `unknown`. */
  ending: string;
}

/** Tells the callers of a batch how long they waited for it to begin. */
export function traceWaiting(entries: readonly Entry[], shard: string): void {
  const now = performance.now();
  const attributes = { 'evently.shard': shard };
  for (const { trace, since } of entries) {
    if (!trace) continue;
    addTiming('lane', now - since, trace);
    addSpan(endedSpan('lane wait', since, now, attributes), trace);
  }
}

/** Tells the callers of a batch what a run of it was: the same spans for all, since it was one transaction for all. */
export function traceRun(entries: readonly Entry[], { shard, begun, sent, ending }: Run): void {
  const now = performance.now();
  const attributes = {
    'evently.shard': shard,
    'evently.lane.requests': entries.length,
    'evently.lane.ending': ending,
  };
  const batch = endedSpan('lane batch', begun, now, attributes, { failed: ending !== 'committed' });
  const sql = { 'db.system.name': 'postgresql', 'db.namespace': shard };
  const below = { parent: batch, kind: 'client' } as const;
  const spans = [
    batch,
    endedSpan('lock, read and decide', begun, sent ?? now, sql, below),
    ...(sent === null ? [] : [endedSpan('write and COMMIT', sent, now, sql, below)]),
  ];
  for (const { trace } of entries) {
    if (!trace) continue;
    addTiming('db', now - begun, trace);
    for (const span of spans) addSpan(span, trace);
  }
}

/** Work that runs alone in the lane, in the trace of whoever asked for it, not of whoever woke the lane. */
export function tracedAlone<T>(shard: string, work: () => Promise<T>): () => Promise<T> {
  const trace = currentTrace();
  const since = performance.now();
  const within = trace?.within ?? null;
  return () => {
    const now = performance.now();
    addTiming('lane', now - since, trace);
    addSpan(endedSpan('lane wait', since, now, { 'evently.shard': shard }, { parent: within }), trace);
    return inTrace(trace, work);
  };
}
