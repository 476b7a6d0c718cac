import { AsyncLocalStorage } from 'node:async_hooks';
import { pooledRandom } from '#libs/kernel';
import { type TraceParent, formatTraceparent, parseTraceparent } from './domain/traceparent.js';

/** What is known of the work in progress: a request, or a job that continues one. */
export interface Trace extends TraceParent {
  /** The caller's X-Request-Id or a new one; null outside requests. */
  requestId: string | null;
  /** `performance.now()` at the start. */
  startedAt: number;
  /** Milliseconds by name, for Server-Timing. */
  timings: Map<string, number>;
  /** The public id of whoever is authenticated, for the log. */
  userId: string | null;
  /** The code of the problem that it ended in, for the log. */
  problem: string | null;
}

const storage = new AsyncLocalStorage<Trace>();

/** A span of its own in the caller's trace, or in a new trace when the header is missing or invalid. */
export function startTrace(traceparent: unknown, requestId: string | null = null): Trace {
  const parent = parseTraceparent(traceparent);
  return {
    traceId: parent?.traceId ?? pooledRandom(16).toString('hex'),
    spanId: pooledRandom(8).toString('hex'),
    sampled: parent?.sampled ?? true,
    requestId,
    startedAt: performance.now(),
    timings: new Map(),
    userId: null,
    problem: null,
  };
}

/** Runs work so that `currentTrace()` gives this trace in it, and in everything it starts. */
export function inTrace<T>(trace: Trace, work: () => T): T {
  return storage.run(trace, work);
}

/** The trace of the work in progress; undefined in timers and at start-up. */
export function currentTrace(): Trace | undefined {
  return storage.getStore();
}

/** The header to send along, and to store with a DomainEvent; null outside a trace. */
export function currentTraceparent(): string | null {
  const trace = storage.getStore();
  return trace ? formatTraceparent(trace) : null;
}

/** Adds milliseconds to an entry of the answer's Server-Timing. `name` is an HTTP token: `db`, `cache`, `lane`. */
export function addTiming(name: string, ms: number): void {
  const timings = storage.getStore()?.timings;
  timings?.set(name, (timings.get(name) ?? 0) + ms);
}

/** Tells the log who is asking, by public id. */
export function setTraceUser(userId: string): void {
  const trace = storage.getStore();
  if (trace) trace.userId = userId;
}
