import { pooledRandom } from '#libs/kernel';
import type { Attributes, Span } from './domain/span.js';
import type { FinishedTrace, Trace } from './domain/trace.js';

/** A span as it is shown and sent: with ids, by the wall clock. */
export interface SpanRecord {
  spanId: string;
  parentSpanId: string | null;
  name: string;
  kind: Span['kind'] | FinishedTrace['kind'];
  /** Milliseconds since 1970, with their fraction. */
  startedAt: number;
  endedAt: number;
  failed: boolean;
  attributes: Attributes;
}

/** The request or job and its parts, in the order in which they began. */
export function spansOf(finished: FinishedTrace): SpanRecord[] {
  const { trace } = finished;
  const parts = [...(trace.spans ?? [])].sort((a, b) => a.startedAt - b.startedAt);
  return [rootOf(finished), ...parts.map((span) => partOf(span, trace))];
}

/** The wall clock's time of a reading of the monotonic clock. */
export function wallClock(monotonicMs: number): number {
  return Date.now() - performance.now() + monotonicMs;
}

function rootOf({ trace, name, kind, endedAt, failed, attributes, request }: FinishedTrace): SpanRecord {
  return {
    spanId: trace.spanId,
    parentSpanId: trace.parentSpanId,
    name,
    kind,
    startedAt: wallClock(trace.startedAt),
    endedAt: wallClock(endedAt),
    failed,
    attributes: {
      ...attributes,
      ...(request && {
        'http.request.method': request.method,
        'http.route': request.route,
        'url.path': request.path,
        'http.response.status_code': request.status,
      }),
      ...(trace.requestId !== null && { 'evently.request.id': trace.requestId }),
      ...(trace.userId !== null && { 'user.id': trace.userId }),
      ...(trace.problem !== null && { 'error.type': trace.problem }),
      ...(trace.cache !== null && { 'evently.cache.tier': trace.cache }),
      ...(trace.dropped > 0 && { 'evently.spans.dropped': trace.dropped }),
    },
  };
}

function partOf(span: Span, trace: Trace): SpanRecord {
  return {
    spanId: spanIdIn(trace, span),
    parentSpanId: span.parent ? spanIdIn(trace, span.parent) : trace.spanId,
    name: span.name,
    kind: span.kind,
    startedAt: wallClock(span.startedAt),
    endedAt: wallClock(span.endedAt),
    failed: span.failed,
    attributes: span.attributes,
  };
}

/** A span's id in one request or job: 16 hexadecimal digits. A span that is part of many has another in each. */
export function spanIdIn({ spanId }: Trace, span: Span): string {
  span.bits ??= pooledRandom(8).readBigUInt64BE();
  return (span.bits ^ BigInt(`0x${spanId}`)).toString(16).padStart(16, '0');
}
