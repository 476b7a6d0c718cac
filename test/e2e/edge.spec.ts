import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresServer, RedisServer } from '../../apps/cli/src/local-stack/index.js';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { ownPostgres, ownRedis } from '../support/servers.js';
import { type TestStack, startStack } from '../support/stack.js';

interface Health {
  status: string;
  databases: Record<string, { status: string }>;
  redis: { status: string };
}

const ALL = ['master', 'shard_1', 'shard_2', 'shard_3', 'shard_4'] as const;

let postgres: PostgresServer;
let lonely: PostgresServer;
let redis: RedisServer;
let databases: TestDatabases;
let stack: TestStack;

beforeAll(async () => {
  [postgres, lonely, redis] = await Promise.all([ownPostgres(), ownPostgres(), ownRedis()]);
  const on = Object.fromEntries(ALL.map((name) => [name, name === 'shard_4' ? lonely : postgres]));
  databases = await createDatabases({ on, redisUrl: redis.url() });
  stack = await startStack(databases, { apis: 2, workers: 0, env: { LOG_LEVEL: 'info' } });
}, 180_000);

afterAll(async () => {
  await stack?.stop();
  await Promise.all([postgres?.stop(), lonely?.stop(), redis?.stop()]);
});

const get = (path: string, init?: RequestInit) => fetch(`${stack.url}${path}`, init);
const problem = async (answer: Response) => {
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  return (await answer.json()) as { code: string; status: number; traceId: string };
};

it('answers what the router cannot even look up like any other error', async () => {
  for (const [path, status, code] of [
    ['/v1/events/%zz', 400, 'malformed_request'],
    [`/v1/users/${'x'.repeat(600)}`, 404, 'not_found'],
  ] as const) {
    const answer = await get(path, { method: path.includes('users') ? 'PATCH' : 'GET' });
    expect(await problem(answer)).toMatchObject({ status, code });
    for (const name of ['x-request-id', 'traceparent', 'server-timing', 'ratelimit', 'ratelimit-policy']) {
      expect([name, answer.headers.get(name)]).toEqual([name, expect.any(String)]);
    }
  }
});

it('answers errors of the parser with the headers of every answer', async () => {
  const headers = {
    'content-type': 'application/json',
    traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  };
  const answer = await get('/v1/auth/login', { method: 'POST', headers, body: '{' });
  expect(await problem(answer)).toMatchObject({
    status: 400,
    code: 'malformed_json',
    traceId: 'a'.repeat(32),
  });
  expect(answer.headers.get('ratelimit')).toMatch(/"ip";r=\d+;t=\d+, "login";r=\d+;t=\d+/);
});

it('takes a megabyte of body, and eight for an event', async () => {
  const send = (path: string, megabytes: number) => {
    const body = JSON.stringify({ title: 'x'.repeat(megabytes * 1024 * 1024) });
    return get(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  };
  expect(await problem(await send('/v1/auth/login', 2))).toMatchObject({ code: 'payload_too_large' });
  expect((await send('/v1/events', 7)).status).not.toBe(413);
  expect(await problem(await send('/v1/events', 9))).toMatchObject({ code: 'payload_too_large' });
});

it('keeps every route closed to strangers that is not opened', async () => {
  const answer = await get('/v1/me');
  expect(await problem(answer)).toMatchObject({ status: 401, code: 'unauthenticated' });
});

it('shows what this process counted, database by database', async () => {
  await get('/nowhere');
  const text = await (await get('/metrics')).text();
  for (const name of ['master', 'shard-1', 'shard-4']) {
    expect(text).toMatch(
      new RegExp(`db_pool_connections\\{database="${name}",side="primary",state="idle"\\} \\d`),
    );
    expect(text).toMatch(new RegExp(`db_breaker_state\\{database="${name}"\\} 0`));
  }
  expect(text).toMatch(
    /http_request_duration_seconds_count\{method="GET",route="unmatched",status="404"\} \d/,
  );
});

it('keeps secrets out of its log and the trace in it', async () => {
  const trace = 'c'.repeat(32);
  const password = 'a-password-that-is-secret';
  await get('/v1/auth/login?token=secret-in-query', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: 'Bearer secret-token',
      traceparent: `00-${trace}-${'d'.repeat(16)}-01`,
    },
    body: JSON.stringify({ email: 'nobody@example.com', password }),
  });
  const written = () => stack.apis[0]!.output.split('\n').find((line) => line.includes(trace));
  for (let i = 0; i < 200 && !written(); i++) await sleep(25);
  expect(JSON.parse(written()!)).toMatchObject({ traceId: trace, route: '/v1/auth/login', method: 'POST' });
  expect(stack.apis[0]!.output).not.toMatch(/a-password-that-is-secret|secret-in-query|secret-token/);
});

it('finishes the running request after SIGTERM, ends its connection, and ends with status 0', async () => {
  const api = stack.apis[1]!;
  const body = JSON.stringify({ email: 'nobody@example.com', password: 'wrong password' });
  const socket = connect(api.port, '127.0.0.1');
  socket.write(
    `POST /v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`,
  );
  socket.write(body.slice(0, 10));
  let answer = '';
  socket.on('data', (data) => (answer += data.toString()));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await sleep(200);
  api.kill('SIGTERM');
  const refused = () =>
    new Promise<boolean>((resolve) => {
      const late = connect(api.port, '127.0.0.1');
      late.once('connect', () => resolve((late.destroy(), false)));
      late.once('error', () => resolve(true));
    });
  while (!(await refused())) await sleep(20);
  socket.write(body.slice(10));
  await closed;
  expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  expect(answer).toMatch(/\r\nconnection: close\r\n/i);
  expect(await api.ended).toBe('exit status 0');
  await api.restart();
}, 120_000);

describe('readiness', () => {
  const health = async () => {
    const answer = await get('/health/ready');
    return { http: answer.status, ...((await answer.json()) as Health) };
  };
  const until = async (holds: (report: Awaited<ReturnType<typeof health>>) => boolean) => {
    for (let i = 0; i < 600; i++) {
      const report = await health();
      if (holds(report)) return report;
      await sleep(100);
    }
    throw new Error(`still ${JSON.stringify(await health())}`);
  };

  it('is whole while everything answers', async () => {
    expect(await until(({ status }) => status === 'ok')).toMatchObject({
      http: 200,
      redis: { status: 'up' },
    });
  });

  it('shows a shard or Redis that is away and goes on, and is 503 only without any database', async () => {
    await redis.stop();
    await lonely.stop();
    const degraded = await until((report) => report.databases['shard-4']!.status === 'down');
    expect(degraded).toMatchObject({
      http: 200,
      status: 'degraded',
      databases: { master: { status: 'up' } },
    });
    expect((await until((report) => report.redis.status === 'down')).http).toBe(200);
    expect((await get('/v1/me')).status).toBe(401);

    await postgres.stop();
    expect(await until(({ status }) => status === 'down')).toMatchObject({ http: 503 });
    expect((await get('/health/live')).status).toBe(200);

    await Promise.all([postgres.restart(), lonely.restart(), redis.restart()]);
    expect(await until(({ status }) => status === 'ok')).toMatchObject({ http: 200 });
  }, 180_000);
});
