import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { FinishedTrace, RequestFacts, Trace } from '../domain/trace.js';
import { histogram } from '../metrics.registry.js';
import { currentTrace, inTrace, outsideTraces } from '../trace.context.js';
import { SLOW_MS, recorder } from '../trace.recorder.js';
import { type Told, requestLines } from './request.line.js';
import { tellablePath } from './request.path.js';
import { openTrace, serverTiming, traceOf } from './request.trace.js';
import { type TracedRoute, TracedRoutes } from './traced.route.js';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const duration = histogram(
  'http_request_duration_seconds',
  'From the request line to the end of the answer, by route pattern.',
  SECONDS,
  ['method', 'route', 'status'],
);
const cached = histogram(
  'http_cached_duration_seconds',
  'The same for answers that went through the cache, by the tier that had them.',
  [0.0001, 0.00025, 0.0005, ...SECONDS],
  ['tier'],
);

/** nginx's status for a client that went away before the answer. */
const CLIENT_CLOSED = 499;

/** Problems of a flood: of those that it meets, samples tell enough, and a line for each would feed it. */
const OF_A_FLOOD: ReadonlySet<string | null> = new Set(['rate_limited', 'overloaded']);

/** Each request gets its trace, its headers, its line in the log and its place in the metrics. */
export function traceRequests(fastify: FastifyInstance, log: Logger): void {
  const tell = requestLines(log);
  const routes = new TracedRoutes();
  fastify.addHook('onRequest', (request, reply, done) => {
    const trace = traceOf(request.raw);
    const route = routes.of(request);
    const sample = route.samples.take(trace.startedAt);
    // Callers may ask for less to be recorded, not for more.
    if (!sample) trace.sampled = false;
    openTrace(request, reply);
    reply.raw.on('close', () => finish({ request, reply, trace, route, sample }, tell));
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
    // Where the answer ends, Node begins to wait for the next request of the connection: a timer that would keep the trace until then.
    outsideTraces(done);
  });
}

interface Running {
  request: FastifyRequest;
  reply: FastifyReply;
  trace: Trace;
  route: TracedRoute;
  /** Whether it is among the samples of its route. */
  sample: boolean;
}

function finish(running: Running, tell: (told: Told) => void): void {
  const { reply, trace, route, sample } = running;
  const now = performance.now();
  const ms = now - trace.startedAt;
  // A WebSocket takes over after 101: that answer never ends.
  const { writableEnded, statusCode } = reply.raw;
  const status = writableEnded || statusCode === 101 ? statusCode : CLIENT_CLOSED;
  duration.observe({ method: route.method, route: route.pattern, status }, ms / 1000);
  if (trace.cache !== null) cached.observe({ tier: trace.cache }, ms / 1000);

  const flood = OF_A_FLOOD.has(trace.problem);
  const failed = status >= 500 && !flood;
  const kept = !route.routine && recorder.wants(trace.sampled, route.name, ms, failed, now);
  const told = sample || (!flood && (status >= 400 || route.method !== 'GET' || ms > SLOW_MS));
  if (!kept && !told) return;
  const facts = { method: route.method, route: route.pattern, path: tellablePath(running.request), status };
  if (kept) recorder.request(finishedRequest(running, facts, now));
  if (told) tell({ trace, route, facts, ms });
}

function finishedRequest({ trace, route }: Running, request: RequestFacts, endedAt: number): FinishedTrace {
  const failed = request.status >= 500;
  return { trace, name: route.name, kind: 'server', endedAt, failed, attributes: NONE, request };
}

const NONE = {};
