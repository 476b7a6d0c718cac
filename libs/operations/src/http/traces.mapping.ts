import { hostname } from 'node:os';
import { type FinishedTrace, type SpanRecord, wallClock } from '#libs/tracing';
import type { SpanDto, TraceDto, TracedProcessDto } from './traces.dto.js';

export const thisProcess = (name: string): TracedProcessDto => ({ name, host: hostname(), pid: process.pid });

/** What a job has none of. */
const NO_REQUEST = { method: null, route: null, path: null, status: null };

export function toTraceDto({ trace, name, request, endedAt, failed }: FinishedTrace): TraceDto {
  return {
    traceId: trace.traceId,
    name,
    requestId: trace.requestId,
    ...(request ?? NO_REQUEST),
    failed,
    startedAt: new Date(wallClock(trace.startedAt)).toISOString(),
    durationMs: tenths(endedAt - trace.startedAt),
    userId: trace.userId,
    problem: trace.problem,
    cache: trace.cache,
    timings: Object.fromEntries([...(trace.timings ?? [])].map(([name, ms]) => [name, tenths(ms)])),
  };
}

export function toSpanDto({ startedAt, endedAt, ...span }: SpanRecord): SpanDto {
  return {
    ...span,
    startedAt: new Date(startedAt).toISOString(),
    durationMs: Math.round((endedAt - startedAt) * 1000) / 1000,
  };
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
