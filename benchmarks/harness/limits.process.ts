// A server that does nothing but limit its requests, in one way or another. Environment: that of libs/config, and BENCH_LIMITS.
import 'reflect-metadata';
import '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type FastifyInstance, fastify as createFastify } from 'fastify';
import { Redis } from 'ioredis';
import { ConfigModule, readConfig } from '#libs/config';
import { RateLimiter, ThrottlingModule, throttleRequests } from '#libs/throttling';
import { answer } from './worker.process.js';

/** How requests are limited: not at all, by four calls, by a call of one script, or as the product does. */
export type LimitsStrategy = 'none' | 'four-trips' | 'one-lua' | 'evently';

/** What each limit allows in a minute: never reached. */
const LIMIT = 100_000_000;
const TIERS = ['global', 'ip', 'endpoint', 'user'];
const WINDOW_MS = 60_000;
const ONE_LUA = `
for i = 1, #KEYS do
  if tonumber(redis.call('GET', KEYS[i]) or 0) >= tonumber(ARGV[1]) then return i end
end
for i = 1, #KEYS do
  if redis.call('INCR', KEYS[i]) == 1 then redis.call('PEXPIRE', KEYS[i], ARGV[2]) end
end
return 0`;

const config = readConfig('api');
const BODY = Buffer.from('{"data":[]}');

const limits: Record<LimitsStrategy, (fastify: FastifyInstance) => Promise<void>> = {
  none: () => Promise.resolve(),
  'four-trips': (fastify) => {
    const redis = new Redis(config.redis.url);
    fastify.addHook('onRequest', async ({ ip }, reply) => {
      for (const tier of TIERS) {
        const key = `${tier}:${ip}`;
        const count = await redis.incr(key);
        if (count === 1) await redis.pexpire(key, WINDOW_MS);
        if (count > LIMIT) return reply.status(429).send();
      }
    });
    return Promise.resolve();
  },
  'one-lua': async (fastify) => {
    const redis = new Redis(config.redis.url);
    const sha = (await redis.script('LOAD', ONE_LUA)) as string;
    fastify.addHook('onRequest', async ({ ip }, reply) => {
      const keys = TIERS.map((tier) => `${tier}:${ip}`);
      const full = (await redis.evalsha(sha, keys.length, ...keys, LIMIT, WINDOW_MS)) as number;
      if (full) return reply.status(429).send();
    });
  },
  evently: async (fastify) => {
    const imports = [ConfigModule.for(config), ThrottlingModule.for(config)];
    const app = await NestFactory.createApplicationContext({ module: class {}, imports }, { logger: false });
    throttleRequests(fastify, app.get(RateLimiter), () => 'user:bench');
  },
};

const fastify = createFastify();
await limits[process.env.BENCH_LIMITS as LimitsStrategy](fastify);
fastify.get('/v1/events', (_request, reply) => {
  reply.header('content-type', 'application/json').send(BODY);
});
await fastify.listen({ host: '127.0.0.1', port: config.http.port });
answer({ ready: () => true });
process.once('SIGTERM', () => process.exit());
