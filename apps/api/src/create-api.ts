import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from '#libs/config';
import { ProblemFilter, inputPipe } from '#libs/problem';
import { ApiModule } from './api.module.js';

/** The whole HTTP edge, initialised and not yet listening: `await app.listen(port, host)` opens it. */
export async function createApi(config: Config): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: config.http.bodyLimit,
    trustProxy: config.http.trustedProxies.length ? config.http.trustedProxies : false,
  });
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.for(config), adapter, {
    logger: ['warn', 'error', 'fatal'],
  });
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalPipes(inputPipe());
  await app.init();
  await adapter.getInstance().ready();
  return app;
}
