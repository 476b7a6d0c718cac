import { Logger } from '@nestjs/common';
import { type FastifyInstance, fastify as createFastify } from 'fastify';
import type { RedisServer } from '../../../../apps/cli/src/local-stack/index.js';
import { ownRedis } from '../../../../test/support/servers.js';
import { RedisConnection } from '#libs/caching';
import type { Config } from '#libs/config';
import { type Policies, policiesOf } from '../domain/policy.js';
import { LimitStorage, RateLimiter, throttleRequests } from '../index.js';

/** So long that no window ends within a test. */
const ttl = 999_999_000;
const limits = {
  ip: { limit: 4, ttl },
  endpoint: { limit: 3, ttl },
  user: { limit: 100, ttl },
  key: { limit: 100, ttl },
  login: { limit: 1, ttl },
  booking: { limit: 2, ttl },
};

let server: RedisServer;
let connection: RedisConnection;
let storage: LimitStorage;
let fastify: FastifyInstance;

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await ownRedis();
  connection = new RedisConnection({ redis: { url: server.url() }, processName: 'api' } as Config);
  storage = new LimitStorage(connection);
  while ((await connection.ping()) === null) await new Promise((resolve) => setTimeout(resolve, 20));
});
afterAll(async () => {
  connection.onApplicationShutdown();
  await server.stop();
});
beforeEach(async () => {
  await connection.client.flushall();
  fastify = serve(policiesOf('default', limits));
});

/** A server behind a proxy at 127.0.0.1, which believes whoever says `x-user`. */
function serve(policies: Policies): FastifyInstance {
  const made = createFastify({ trustProxy: ['127.0.0.1'] });
  const identify = ({ headers }: { headers: Record<string, unknown> }) =>
    typeof headers['x-user'] === 'string' ? headers['x-user'] : null;
  throttleRequests(made, new RateLimiter(policies, storage), identify);
  made.setErrorHandler((error: { code?: string; kind?: { status: number }; members?: object }, _, reply) =>
    reply.status(error.kind?.status ?? 500).send({ code: error.code, ...error.members, ...error.kind }),
  );
  for (const url of ['/v1/events', '/v1/prices', '/health/ready', '/docs/*', '/metrics', '/healthy']) {
    made.get(url, () => 'ok');
  }
  made.post('/v1/auth/login', { config: { limits: { operation: 'login', account: true } } }, () => 'ok');
  made.post('/v1/bookings', { config: { limits: { operation: 'booking', priority: true } } }, () => 'ok');
  return made;
}

const ask = (url: string, address = '192.0.2.1', user?: string, method: 'GET' | 'POST' = 'GET') =>
  fastify.inject({
    method,
    url,
    headers: { 'x-forwarded-for': address, ...(user !== undefined && { 'x-user': user }) },
  });
/** What is left under the limits of an answer, by name. */
const left = ({ headers }: Awaited<ReturnType<typeof ask>>) =>
  Object.fromEntries(
    [...String(headers.ratelimit).matchAll(/"([a-z-]+)";r=(\d+);t=\d+/g)].map((m) => [m[1], Number(m[2])]),
  );

it('says on every answer which limits bind and how they stand', async () => {
  const first = await ask('/v1/events');
  expect(first.headers['ratelimit-policy']).toBe('"ip";q=4;w=999999, "endpoint";q=3;w=999999');
  expect(first.headers.ratelimit).toMatch(/^"ip";r=3;t=\d+, "endpoint";r=2;t=\d+$/);
  const unknown = await ask('/nowhere');
  expect([unknown.statusCode, left(unknown)]).toEqual([404, { ip: 2, endpoint: 2 }]);
});

it('refuses past a limit, names it, and says when to come back', async () => {
  const statuses = [];
  for (let i = 0; i < 4; i++) statuses.push((await ask('/v1/events')).statusCode);
  expect(statuses).toEqual([200, 200, 200, 429]);
  const refused = (await ask('/v1/events')).json<{ tier: string; retryAfter: number }>();
  expect(refused).toMatchObject({ code: 'rate_limited', tier: 'endpoint', tiers: ['endpoint'] });
  expect(refused.retryAfter).toBeGreaterThan(0);
  // What was refused was not counted: the address has one request left, for another endpoint.
  expect(left(await ask('/v1/prices'))).toEqual({ ip: 0, endpoint: 2 });
  expect((await ask('/v1/prices')).json()).toMatchObject({ tier: 'ip' });
});

it('counts each address for itself, and a /64 as one', async () => {
  expect(left(await ask('/v1/events', '192.0.2.1')).ip).toBe(3);
  expect(left(await ask('/v1/events', '192.0.2.2')).ip).toBe(3);
  expect(left(await ask('/v1/events', '2001:db8:0:1::1')).ip).toBe(3);
  expect(left(await ask('/v1/events', '2001:db8:0:1:ffff::9')).ip).toBe(2);
});

it('believes only the trusted proxy about the address', async () => {
  const spoof = (address: string) =>
    fastify.inject({
      url: '/v1/events',
      remoteAddress: '198.51.100.7',
      headers: { 'x-forwarded-for': address },
    });
  await spoof('192.0.2.50');
  expect(left(await spoof('192.0.2.51')).ip).toBe(2);
});

it('counts a caller wherever he is, and his endpoints apart from those of his neighbours', async () => {
  expect(left(await ask('/v1/events', '192.0.2.1', 'user:a'))).toEqual({ ip: 3, user: 99, endpoint: 2 });
  expect(left(await ask('/v1/events', '192.0.2.2', 'user:a'))).toEqual({ ip: 3, user: 98, endpoint: 1 });
  expect(left(await ask('/v1/events', '192.0.2.1', 'user:b'))).toEqual({ ip: 2, user: 99, endpoint: 2 });
  expect(left(await ask('/v1/events', '192.0.2.1', 'key:b'))).toEqual({ ip: 1, key: 99, endpoint: 2 });
});

it('is stricter where passwords are guessed, and does not care who the guesser says he is', async () => {
  const first = await ask('/v1/auth/login', '192.0.2.1', 'user:a', 'POST');
  expect(left(first)).toEqual({ ip: 3, login: 0, endpoint: 2 });
  const second = await ask('/v1/auth/login', '192.0.2.1', 'user:b', 'POST');
  expect(second.json()).toMatchObject({ tier: 'login' });
  expect((await ask('/v1/events')).statusCode).toBe(200);
});

it('lets checkout through when reads have used up what they may', async () => {
  for (const url of ['/v1/events', '/v1/events', '/v1/events', '/v1/prices']) await ask(url);
  expect((await ask('/v1/prices')).statusCode).toBe(429);
  const booking = await ask('/v1/bookings', '192.0.2.1', undefined, 'POST');
  expect([booking.statusCode, left(booking)]).toEqual([200, { ip: 0, booking: 1, endpoint: 2 }]);
});

it('survives a flood by everybody: reads are refused, bookings are not', async () => {
  fastify = serve(policiesOf('default', { ...limits, global: { limit: 4, ttl } }));
  const read = (i: number) => ask('/v1/events', `192.0.2.${i}`);
  const statuses = [];
  for (let i = 1; i < 7; i++) statuses.push((await read(i)).statusCode);
  expect(statuses).toEqual([200, 200, 200, 200, 429, 429]);
  expect((await read(9)).json()).toMatchObject({ tier: 'global' });
  expect((await ask('/v1/bookings', '192.0.2.10', undefined, 'POST')).statusCode).toBe(200);
});

it.each(['/health/ready', '/metrics', '/docs/index.css'])('never limits %s', async (url) => {
  for (let i = 0; i < 6; i++) {
    const answer = await ask(url);
    expect([answer.statusCode, answer.headers.ratelimit]).toEqual([200, undefined]);
  }
});

it('limits a path that only begins like one without limits', async () => {
  expect(left(await ask('/healthy')).ip).toBe(3);
});

it('counts HEAD as the GET that it is', async () => {
  await ask('/v1/events');
  const head = await fastify.inject({
    method: 'HEAD',
    url: '/v1/events',
    headers: { 'x-forwarded-for': '192.0.2.1' },
  });
  expect(left(head)).toEqual({ ip: 2, endpoint: 1 });
});
