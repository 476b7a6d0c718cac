import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import { Health } from '#libs/operations';
import { endConnections, fastifyOf } from './http.adapter.js';

const LOOK_MS = 50;

/**
 * Leaves in good order, before anything closes: readiness says so, so that no new connections come; what comes on those
 * that are open is served, and each answer ends its connection. A connection that is closed while it is idle could be
 * in the middle of its client's next request.
 * @param ms how long, unless no connection is left before
 */
export async function drain(app: NestFastifyApplication, ms: number): Promise<void> {
  app.get(Health, { strict: false }).leave();
  endConnections(fastifyOf(app.getHttpAdapter() as FastifyAdapter));
  const server = app.getHttpServer();
  const open = () =>
    new Promise<number>((resolve, reject) =>
      server.getConnections((error: Error | null, count: number) => (error ? reject(error) : resolve(count))),
    );
  for (const end = performance.now() + ms; performance.now() < end && (await open());) await sleep(LOOK_MS);
}
