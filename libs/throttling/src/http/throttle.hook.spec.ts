import { fastify as createFastify } from 'fastify';
import { policiesOf } from '../domain/policy.js';
import { RateLimiter, throttleRequests } from '../index.js';
import { WindowStorage } from '../window.storage.js';

let now = 1_000_000;
const throttlers = [
  { name: 'ip', limit: 3, ttl: 60_000 },
  { name: 'credentials', limit: 1, ttl: 60_000, routes: ['POST /v1/auth/login'] },
];

/** A server that lets an address ask three times a minute and sign in once; behind a proxy at 127.0.0.1. */
function serve() {
  const fastify = createFastify({ trustProxy: ['127.0.0.1'] });
  throttleRequests(fastify, new RateLimiter({ throttlers }, new WindowStorage(() => now)));
  for (const url of ['/v1/events', '/health/ready', '/docs/*', '/metrics']) fastify.get(url, () => 'ok');
  fastify.post('/v1/auth/login', () => 'ok');
  const ask = (url: string, address = '192.0.2.1', method: 'GET' | 'POST' = 'GET') =>
    fastify.inject({ method, url, headers: { 'x-forwarded-for': address } });
  return { fastify, ask };
}

it('says on every answer which limit binds and how it stands', async () => {
  const { ask } = serve();
  const first = await ask('/v1/events');
  expect(first.headers).toMatchObject({ 'ratelimit-policy': '"ip";q=3;w=60', ratelimit: '"ip";r=2;t=60' });
  now += 30_500;
  const unknown = await ask('/nowhere');
  expect(unknown.statusCode).toBe(404);
  expect(unknown.headers.ratelimit).toBe('"ip";r=1;t=30');
});

it('refuses past the limit, says when to come back, and keeps its word', async () => {
  const { ask } = serve();
  const statuses = [];
  for (let i = 0; i < 4; i++) statuses.push((await ask('/v1/events')).statusCode);
  // Without our filter Fastify answers a refusal with 500; what counts here is what was thrown.
  expect(statuses).toEqual([200, 200, 200, 500]);
  const refused = await ask('/v1/events');
  expect(refused.headers.ratelimit).toBe('"ip";r=0;t=60');
  expect(refused.json()).toMatchObject({ message: expect.stringMatching(/^rate_limited: .*in 60 s/) });
  now += 60_000;
  expect((await ask('/v1/events')).statusCode).toBe(200);
});

it('counts each address for itself, and a /64 as one', async () => {
  const { ask } = serve();
  const left = async (address: string) => (await ask('/v1/events', address)).headers.ratelimit;
  expect(await left('192.0.2.1')).toBe('"ip";r=2;t=60');
  expect(await left('192.0.2.2')).toBe('"ip";r=2;t=60');
  expect(await left('2001:db8:0:1::1')).toBe('"ip";r=2;t=60');
  expect(await left('2001:db8:0:1:ffff::9')).toBe('"ip";r=1;t=60');
});

it('believes only the trusted proxy about the address', async () => {
  const { fastify } = serve();
  const spoof = (address: string) =>
    fastify.inject({
      url: '/v1/events',
      remoteAddress: '198.51.100.7',
      headers: { 'x-forwarded-for': address },
    });
  await spoof('192.0.2.50');
  expect((await spoof('192.0.2.51')).headers.ratelimit).toBe('"ip";r=1;t=60');
});

it('is stricter where passwords are guessed', async () => {
  const { ask } = serve();
  const first = await ask('/v1/auth/login', '192.0.2.1', 'POST');
  expect(first.headers.ratelimit).toBe('"ip";r=2;t=60, "credentials";r=0;t=60');
  const second = await ask('/v1/auth/login', '192.0.2.1', 'POST');
  expect(second.json()).toMatchObject({ message: expect.stringContaining('rate_limited') });
  expect((await ask('/v1/events')).statusCode).toBe(200);
});

it.each(['/health/ready', '/metrics', '/docs/index.css'])('never limits %s', async (url) => {
  const { ask } = serve();
  for (let i = 0; i < 5; i++) {
    const answer = await ask(url);
    expect([answer.statusCode, answer.headers.ratelimit]).toEqual([200, undefined]);
  }
});

it('limits a path that only begins like one without limits', async () => {
  const { ask } = serve();
  expect((await ask('/healthy')).headers.ratelimit).toBe('"ip";r=2;t=60');
});

it('gives a person room and a load test no end', () => {
  const [ip, credentials] = policiesOf('default');
  expect(ip!.limit).toBeGreaterThan(credentials!.limit);
  for (const { limit } of policiesOf('relaxed')) expect(limit).toBeGreaterThanOrEqual(100_000_000);
});
