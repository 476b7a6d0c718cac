import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '#libs/config';
import { answerSocketError } from '#libs/problem';
import { counter } from '#libs/tracing';

/** Milliseconds to send the headers, and the whole request (8 MiB at 280 kB a second). */
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
/** Longer than the idle time of common load balancers (60 s), so that the balancer closes first. */
const KEEP_ALIVE_MS = 72_000;
/** Connections that the kernel holds until they are taken; a crowd comes faster than Node's usual 511. */
const BACKLOG = 4096;
/** Characters of a path parameter: the signed codes of admissions are the longest. */
const MAX_PARAM = 512;

const dropped = counter('connections_dropped_total', 'Connections closed because too many are open.', []);

/** What to do with a request that the router cannot even look up: no hook has seen it. */
export type Unroutable = (error: Error, request: FastifyRequest, reply: FastifyReply) => void;

/** Fastify under Nest, with bounds on what a client may send and how long it may take. */
export function openAdapter(config: Config, unroutable: Unroutable): FastifyAdapter {
  const { trustedProxies, bodyLimit } = config.http;
  const adapter = new FastifyAdapter({
    bodyLimit,
    trustProxy: trustedProxies.length ? trustedProxies : false,
    routerOptions: { maxParamLength: MAX_PARAM },
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // What comes in while the process drains is still answered, as a problem if need be.
    return503OnClosing: false,
    // Node looks for connections past their time every 30 s unless told otherwise.
    http: { headersTimeout: HEADERS_MS, connectionsCheckingInterval: 2000 },
    clientErrorHandler: answerSocketError,
    frameworkErrors: unroutable,
  });
  const fastify = fastifyOf(adapter);
  boundConnections(fastify, config);
  enlargeEventBodies(fastify, config);
  endConnectionsWhenClosing(fastify);
  return adapter;
}

/** Opens the port. */
export async function listen(app: NestFastifyApplication, { http }: Config): Promise<void> {
  await app.listen({ host: http.host, port: http.port, backlog: BACKLOG });
}

/** Nest's adapter types its instance by the server that it may have; here it is always plain HTTP. */
export function fastifyOf(adapter: FastifyAdapter): FastifyInstance {
  return adapter.getInstance<FastifyInstance>();
}

/** What is too many is closed at once: a client that is told so tries elsewhere, one that is kept waiting does not. */
function boundConnections({ server }: FastifyInstance, { http }: Config): void {
  server.maxConnections = http.connections;
  server.on('drop', () => dropped.inc());
}

function enlargeEventBodies(fastify: FastifyInstance, config: Config): void {
  fastify.addHook('onRoute', (route) => {
    if (route.url === '/v1/events' && route.method === 'POST') route.bodyLimit = config.http.eventBodyLimit;
  });
}

const leaving = new WeakSet<FastifyInstance>();

/** From now on each answer ends its connection. */
export function endConnections(fastify: FastifyInstance): void {
  leaving.add(fastify);
}

export function isLeaving(fastify: FastifyInstance): boolean {
  return leaving.has(fastify);
}

/** A connection kept alive past its last answer would hold up the end of the process. */
function endConnectionsWhenClosing(fastify: FastifyInstance): void {
  fastify.addHook('preClose', (done) => {
    endConnections(fastify);
    done();
  });
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (isLeaving(fastify)) reply.header('connection', 'close');
    done();
  });
}
