import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApi } from '../../apps/api/src/create-api.js';
import { readConfig } from '#libs/config';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { ownRedis } from '../support/servers.js';
import { type TestStack, startStack } from '../support/stack.js';
import type { RedisServer } from '../../apps/cli/src/local-stack/index.js';

/** Windows so long that none ends within a test. */
const PER_ADDRESS = 60;
const LIMITS = `ip=${PER_ADDRESS}/999999,endpoint=500/999999,account=3/999999,login=50/999999`;

interface Limits {
  decidedBy: string;
  data: { tier: string; limit: number; refused: number; busiest: { subject: string; used: number }[] }[];
}

let redis: RedisServer;
let databases: TestDatabases;

beforeAll(async () => {
  redis = await ownRedis();
  databases = await createDatabases({ redisUrl: redis.url() });
});
afterAll(async () => {
  await databases?.drop();
  await redis?.stop();
});

describe('two processes', () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startStack(databases, { apis: 2, workers: 0, env: { THROTTLE_LIMITS: LIMITS } });
  }, 180_000);
  afterAll(() => stack?.stop());

  it('grant an address together what its limit allows, whatever address it claims to have', async () => {
    const ask = (i: number) =>
      fetch(`${stack.apis[i % 2]!.url}/v1/events`, {
        headers: { 'x-forwarded-for': `203.0.113.${i}`, forwarded: `for=203.0.113.${i}` },
      });
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => ask(i)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(PER_ADDRESS);
    expect(refused).toHaveLength(100 - PER_ADDRESS);
    for (const { headers } of refused) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused[0]!.json()).toMatchObject({ code: 'rate_limited', tier: 'ip', tiers: ['ip'] });
  });

  it('answer who watches over them all the same', async () => {
    expect((await fetch(`${stack.url}/health/live`)).status).toBe(200);
  });

  it('still serve checkout to an address that has read too much', async () => {
    const answer = await fetch(`${stack.url}/v1/bookings`, { method: 'POST' });
    expect([answer.status, answer.headers.get('ratelimit')]).toEqual([
      401,
      expect.stringMatching(/"ip";r=14;/),
    ]);
  });
});

describe('behind a trusted proxy', () => {
  let app: NestFastifyApplication;
  beforeAll(async () => {
    const env = { TRUSTED_PROXIES: '127.0.0.1', THROTTLE_LIMITS: LIMITS };
    app = await createApi(readConfig('api', { ...databases.env, ...env }));
  });
  afterAll(() => app?.close());

  const ask = (method: 'GET' | 'POST', url: string, address: string, payload?: object, headers = {}) =>
    app.inject({ method, url, payload, headers: { 'x-forwarded-for': address, ...headers } });
  const left = ({ headers }: Awaited<ReturnType<typeof ask>>) =>
    Number(/"ip";r=(\d+)/.exec(String(headers.ratelimit))![1]);

  it('gives nobody more for turning through the addresses of his /64', async () => {
    const lefts = [];
    for (let i = 1; i <= 5; i++) lefts.push(left(await ask('GET', '/v1/events', `2001:db8:7:7:${i}::${i}`)));
    expect(lefts).toEqual([59, 58, 57, 56, 55]);
  });

  it('believes what the proxy adds and not what its client said', async () => {
    const lefts = [];
    for (let i = 1; i <= 3; i++)
      lefts.push(left(await ask('GET', '/v1/events', `192.0.2.${i}, 198.51.100.9`)));
    expect(lefts).toEqual([59, 58, 57]);
  });

  it('limits the tries at one account from many addresses, and leaves the others alone', async () => {
    const tryAt = (email: string, i: number) =>
      ask('POST', '/v1/auth/login', `192.0.2.${100 + i}`, { email, password: 'not the password' });
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await tryAt(i % 2 ? 'Ada@Example.com' : 'ada@example.com', i));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([401, 401, 401, 429, 429]);
    expect(answers[4]!.json()).toMatchObject({ code: 'rate_limited', tier: 'account' });
    expect(Number(answers[4]!.headers['retry-after'])).toBeGreaterThan(0);
    expect((await tryAt('grace@example.com', 6)).statusCode).toBe(401);
  });

  it('shows an administrator the limits, who uses them, and what was refused', async () => {
    const { email, password } = databases.config.auth.admin ?? {};
    const login = await ask('POST', '/v1/auth/login', '192.0.2.200', { email, password });
    const { accessToken } = login.json<{ accessToken: string }>();
    const authorization = `Bearer ${accessToken}`;
    const answer = await ask('GET', '/v1/admin/limits', '192.0.2.200', undefined, { authorization });
    const report = answer.json<Limits>();
    expect(report.decidedBy).toBe('redis');
    const tier = (name: string) => report.data.find((one) => one.tier === name)!;
    expect(tier('ip')).toMatchObject({ limit: PER_ADDRESS, busiest: expect.any(Array) });
    expect(tier('ip').busiest[0]).toMatchObject({ subject: 'ip:2001:db8:7:7::/64', used: 5 });
    expect(tier('account').refused).toBe(2);
    expect(tier('user').busiest[0]).toMatchObject({ subject: expect.stringMatching(/^user:/), used: 1 });
    expect(answer.body).not.toMatch(/ada@|grace@/i);
  });
});
