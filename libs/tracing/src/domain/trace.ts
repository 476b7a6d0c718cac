import type { Attributes, Span } from './span.js';
import type { TraceParent } from './traceparent.js';

/** What is known of the work in progress: a request, or a job that continues one. */
export class Trace implements TraceParent {
  /** The public id of whoever is authenticated, for the log. */
  userId: string | null = null;
  /** The code of the problem that it ended in, for the log. */
  problem: string | null = null;
  /** Which tier of the cache answered (`l1`, `l2`, `l3`), for Server-Timing and metrics. */
  cache: string | null = null;
  /** Milliseconds by name, for Server-Timing; null while there are none. */
  timings: Map<string, number> | null = null;
  /** Its parts; null while there are none. */
  spans: Span[] | null = null;
  /** Spans that there was no room for. */
  dropped = 0;
  /** The span in whose course others begin; null: the work as a whole. */
  within: Span | null = null;

  constructor(
    readonly traceId: string,
    readonly spanId: string,
    /** The caller's span; null where the trace begins here. */
    readonly parentSpanId: string | null,
    /** Whether it is recorded wherever it goes. What is slow or fails is recorded all the same. */
    public sampled: boolean,
    /** The caller's X-Request-Id or a new one; null outside requests. */
    readonly requestId: string | null,
    /** By the monotonic clock, milliseconds. */
    readonly startedAt: number,
  ) {}
}

/** What there is to say of a request besides its trace. */
export interface RequestFacts {
  method: string;
  /** The pattern, or `unmatched`. */
  route: string;
  /** Without its query, and without what a path may hold of secrets. */
  path: string;
  status: number;
}

/** A request or a job that is over. */
export interface FinishedTrace {
  trace: Trace;
  /** `POST /v1/bookings`, `relay booking.confirmed`, `effect cancel-bookings`. */
  name: string;
  kind: 'server' | 'consumer';
  /** By the monotonic clock, milliseconds. */
  endedAt: number;
  failed: boolean;
  attributes: Attributes;
  /** Null for a job. */
  request: RequestFacts | null;
}
