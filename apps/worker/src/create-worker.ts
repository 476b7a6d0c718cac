import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger } from 'nestjs-pino';
import type { Config } from '#libs/config';
import { openLog } from '#libs/tracing';
import { WorkerModule } from './worker.module.js';

/** The worker, at work. `await app.listen(port, host)` opens its health and metrics. */
export async function createWorker(config: Config): Promise<NestFastifyApplication> {
  const module = WorkerModule.for(config, openLog(config));
  const options = { bufferLogs: true };
  const app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), options);
  app.useLogger(app.get(Logger));
  await app.init();
  return app;
}
