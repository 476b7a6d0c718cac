import { AsyncLocalStorage } from 'node:async_hooks';
import { pooledRandom } from '#libs/kernel';
import { formatTraceparent, parseTraceparent } from './domain/traceparent.js';
import { type Attributes, MAX_SPANS, Span } from './domain/span.js';
import { Trace } from './domain/trace.js';

const storage = new AsyncLocalStorage<Trace | undefined>();

/** A span of its own in the caller's trace, or in a new trace when the header is missing or invalid. */
export function startTrace(
  traceparent: unknown,
  requestId: string | null = null,
  startedAt = performance.now(),
): Trace {
  const parent = traceparent ? parseTraceparent(traceparent) : null;
  if (parent) {
    const spanId = pooledRandom(8).toString('hex');
    return new Trace(parent.traceId, spanId, parent.spanId, parent.sampled, requestId, startedAt);
  }
  const ids = pooledRandom(24).toString('hex');
  return new Trace(ids.slice(0, 32), ids.slice(32), null, true, requestId, startedAt);
}

/** Runs work so that `currentTrace()` gives this trace (or none) in it, and in everything it starts. */
export function inTrace<T>(trace: Trace | undefined, work: () => T): T {
  return storage.run(trace, work);
}

/** Runs work in no trace, and everything it starts. */
export const outsideTraces: <T>(work: () => T) => T = AsyncLocalStorage.snapshot();

/** The trace of the work in progress; undefined in timers and at start-up. */
export function currentTrace(): Trace | undefined {
  return storage.getStore();
}

/** The header to send along, and to store with a DomainEvent; null outside a trace. */
export function currentTraceparent(): string | null {
  const trace = storage.getStore();
  return trace ? formatTraceparent(trace) : null;
}

/**
 * Adds milliseconds to an entry of the answer's Server-Timing: `lane` (waiting for a batch), `db` (databases, also when
 * they are asked side by side). Another name must be an HTTP token.
 */
export function addTiming(name: string, ms: number, trace = storage.getStore()): void {
  if (!trace) return;
  const timings = (trace.timings ??= new Map<string, number>());
  timings.set(name, (timings.get(name) ?? 0) + ms);
}

/** Tells the log who is asking, by public id. */
export function setTraceUser(userId: string): void {
  const trace = storage.getStore();
  if (trace) trace.userId = userId;
}

/** Adds a part that has a span already; one object may be part of many traces, as a batch is of its requests'. */
export function addSpan(span: Span, trace = storage.getStore()): void {
  if (!trace) return;
  const spans = (trace.spans ??= []);
  if (spans.length < MAX_SPANS) spans.push(span);
  else trace.dropped++;
}

/** Records work as a span of the trace in progress, and what happens in its course as spans below it. */
export async function inSpan<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  const trace = storage.getStore();
  if (!trace) return work();
  const outer = trace.within;
  const span = new Span(name, performance.now(), outer, attributes);
  trace.within = span;
  try {
    return await work();
  } catch (error) {
    span.failed = true;
    throw error;
  } finally {
    span.endedAt = performance.now();
    trace.within = outer;
    addSpan(span, trace);
  }
}
