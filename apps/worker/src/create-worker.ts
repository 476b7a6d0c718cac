import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { Logger } from 'nestjs-pino';
import type { Config } from '#libs/config';
import { InputPipe, ProblemFilter, RouteTable } from '#libs/problem';
import { openLog, traceRequests } from '#libs/tracing';
import { WorkerModule } from './worker.module.js';

/** The worker, at work. `await app.listen(port, host)` opens its health, metrics and traces. */
export async function createWorker(config: Config): Promise<NestFastifyApplication> {
  const log = openLog(config);
  const adapter = new FastifyAdapter();
  const fastify = adapter.getInstance<FastifyInstance>();
  const routes = new RouteTable(fastify);
  traceRequests(fastify, log);
  const options = { bufferLogs: true };
  const module = WorkerModule.for(config, log);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, options);
  app.useLogger(app.get(Logger));
  app.useGlobalFilters(new ProblemFilter(routes));
  app.useGlobalPipes(new InputPipe());
  await app.init();
  return app;
}
