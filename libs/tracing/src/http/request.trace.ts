import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { formatTraceparent } from '../domain/traceparent.js';
import { type Trace, startTrace } from '../trace.context.js';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

const traces = new WeakMap<IncomingMessage, Trace>();

/** The trace of a request, started when it has none yet. */
export function traceOf(request: IncomingMessage): Trace {
  const known = traces.get(request);
  if (known) return known;
  const sent = request.headers['x-request-id'];
  const requestId = typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : randomUUID();
  const trace = startTrace(request.headers.traceparent, requestId);
  traces.set(request, trace);
  return trace;
}

/** The headers that tell the caller what to quote. */
export function traceHeaders(trace: Trace): Record<string, string> {
  return { 'x-request-id': trace.requestId!, traceparent: formatTraceparent(trace) };
}

/** Starts the request's trace and tells the caller. */
export function openTrace(request: FastifyRequest, reply: FastifyReply): Trace {
  const trace = traceOf(request.raw);
  reply.headers(traceHeaders(trace));
  return trace;
}

/** `db;dur=1.2, total;dur=3.4`: https://www.w3.org/TR/server-timing/, in milliseconds. */
export function serverTiming(trace: Trace): string {
  const entries = [...trace.timings, ['total', performance.now() - trace.startedAt] as const];
  return entries.map(([name, ms]) => `${name};dur=${ms.toFixed(1)}`).join(', ');
}
