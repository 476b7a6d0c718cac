import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { histogram } from '../metrics.registry.js';
import { type Trace, currentTrace, inTrace } from '../trace.context.js';
import { openTrace, serverTiming, traceOf } from './request.trace.js';

const duration = histogram(
  'http_request_duration_seconds',
  'From the request line to the end of the answer, by route pattern.',
  [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  ['method', 'route', 'status'],
);

/** nginx's status for a client that went away before the answer. */
const CLIENT_CLOSED = 499;
/** Asked for all the time by machines: logged only at level `debug`. */
const ROUTINE = /^\/(health|metrics)(\/|$)/;

/** Each request gets its trace, its headers, its line in the log and its place in the metrics. */
export function traceRequests(fastify: FastifyInstance, log: Logger): void {
  // The members of these lines are all named below and none is secret: looking for secrets cost a sixteenth of a booking.
  const lines = log.child({}, { redact: [] });
  fastify.addHook('onRequest', (request, reply, done) => {
    const trace = openTrace(request, reply);
    reply.raw.once('close', () => inTrace(trace, () => finish(request, reply, trace, lines)));
    inTrace(trace, done);
  });
  // A body ends in an event of the socket, outside the trace.
  fastify.addHook('preValidation', (request, _reply, done) => {
    const trace = traceOf(request.raw);
    if (currentTrace() === trace) done();
    else inTrace(trace, done);
  });
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    reply.header('server-timing', serverTiming(traceOf(request.raw)));
    done();
  });
}

function finish(request: FastifyRequest, reply: FastifyReply, trace: Trace, log: Logger): void {
  const ms = performance.now() - trace.startedAt;
  const status = reply.raw.writableEnded ? reply.raw.statusCode : CLIENT_CLOSED;
  const route = request.routeOptions.url ?? 'unmatched';
  duration.observe({ method: request.method, route, status }, ms / 1000);
  const level = status >= 500 ? 'error' : ROUTINE.test(route) ? 'debug' : 'info';
  const path = request.url.split('?', 1)[0];
  const problem = trace.problem ?? undefined;
  log[level](
    { method: request.method, route, path, status, problem, ms: Math.round(ms * 10) / 10 },
    'request',
  );
}
