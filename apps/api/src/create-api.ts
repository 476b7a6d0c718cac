import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger } from 'nestjs-pino';
import { answerFromMemory } from '#libs/caching';
import type { Config } from '#libs/config';
import { Authenticator, identifyBy } from '#libs/identity';
import { InputPipe, ProblemFilter, RouteTable, parseBodies, sendProblem } from '#libs/problem';
import { HandshakeAdapter } from '#libs/realtime';
import { LoadShedder, RateLimiter, admitUnrouted, shedRequests, throttleRequests } from '#libs/throttling';
import { openLog, openTrace, serverTiming, traceRequests } from '#libs/tracing';
import { ApiModule } from './api.module.js';
import { type Unroutable, fastifyOf, isLeaving, openAdapter } from './http.adapter.js';
import { serveDocs } from './openapi/openapi.js';
import { serveProblems } from './openapi/problems.page.js';

/**
 * The whole HTTP edge, initialised and not yet listening: `await app.listen(port, host)` opens it. A request goes
 * through trace → throttle → memory of the cache → shedding (hooks) → authenticate (guard) → validate (pipe) → controller.
 */
export async function createApi(config: Config): Promise<NestFastifyApplication> {
  const log = openLog(config);
  // What the router cannot look up passes no hook: it is traced and counted here.
  const unroutable: Unroutable = (error, request, reply) => {
    const trace = openTrace(request, reply);
    admitUnrouted(app.get(RateLimiter), request, reply, (refusal) => {
      reply.header('server-timing', serverTiming(trace));
      sendProblem(refusal ?? error, request, reply);
    });
  };
  const adapter = openAdapter(config, unroutable);
  const fastify = fastifyOf(adapter);
  const routes = new RouteTable(fastify);
  traceRequests(fastify, log);

  const options = { bufferLogs: true, bodyParser: false };
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.for(config, log), adapter, options);
  app.useLogger(app.get(Logger));
  app.useWebSocketAdapter(new HandshakeAdapter(app));
  const identify = identifyBy(app.get(Authenticator, { strict: false }));
  throttleRequests(fastify, app.get(RateLimiter), identify);
  answerFromMemory(fastify, app);
  shedRequests(fastify, app.get(LoadShedder), () => !isLeaving(fastify));
  parseBodies(fastify);
  app.useGlobalFilters(new ProblemFilter(routes));
  app.useGlobalPipes(new InputPipe());
  serveDocs(app);
  serveProblems(fastify);
  await app.init();
  await fastify.ready();
  return app;
}
