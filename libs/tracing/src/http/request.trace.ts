import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { formatTraceparent } from '../domain/traceparent.js';
import type { Trace } from '../domain/trace.js';
import { startTrace } from '../trace.context.js';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

const TRACE = Symbol('trace');
type Traced = IncomingMessage & { [TRACE]?: Trace };

/** The trace of a request, started when it has none yet. */
export function traceOf(request: Traced): Trace {
  const known = request[TRACE];
  if (known) return known;
  const { 'x-request-id': requestId, traceparent } = request.headers;
  return (request[TRACE] = traceOfHeaders(requestId, traceparent));
}

/** A new trace, by what the caller sent. */
export function traceOfHeaders(requestId: unknown, traceparent: unknown): Trace {
  const isFit = typeof requestId === 'string' && REQUEST_ID.test(requestId);
  return startTrace(traceparent, isFit ? requestId : randomUUID());
}

/** The headers that tell the caller what to quote. */
export function traceHeaders(trace: Trace): Record<string, string> {
  return { 'x-request-id': trace.requestId!, traceparent: formatTraceparent(trace) };
}

/** Tells the caller what to quote. Gives the request's trace, started when it has none yet. */
export function openTrace(request: FastifyRequest, reply: FastifyReply): Trace {
  const trace = traceOf(request.raw);
  reply.header('x-request-id', trace.requestId);
  reply.header('traceparent', formatTraceparent(trace));
  return trace;
}

/** `cache;desc=l1, db;dur=1.2, total;dur=3.4`: https://www.w3.org/TR/server-timing/, in milliseconds. */
export function serverTiming(trace: Trace): string {
  let entries = trace.cache === null ? '' : `cache;desc=${trace.cache}, `;
  if (trace.timings) for (const [name, ms] of trace.timings) entries += `${name};dur=${ms.toFixed(1)}, `;
  return `${entries}total;dur=${(performance.now() - trace.startedAt).toFixed(1)}`;
}
