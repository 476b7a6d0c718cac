import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApi } from '../../apps/api/src/create-api.js';
import { ROLE_MATRIX } from '../architecture/role-matrix.table.js';
import { CALLERS, type CallerName, type MatrixRequest, World } from '../architecture/role-matrix.world.js';
import { Collector } from '../support/collector.js';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { withConnection } from '../../apps/cli/src/local-stack/index.js';
import { eventually } from '../support/relay.js';
import { type TestStack, startStack } from '../support/stack.js';

// Every route of the role matrix (which a test holds against the router) is asked with marked secrets in everything that a caller
// sends, as it should be, as it should not be, and while every write and read of the databases fails. Then the marks are looked for.

let databases: TestDatabases;
let collector: Collector;
let stack: TestStack;
let app: NestFastifyApplication;
let world: World;
let count = 0;

/** What was sent and must be nowhere. */
const canaries = new Set<string>();
/** Passwords, tokens and keys of people, and how to reach them. */
const secrets = new Set<string>();
/** What others than attendee A and the own organizer were answered. */
let toOthers = '';
/** By status, so that the test can say that it asked what it meant to. */
const statuses = new Map<number, number>();

beforeAll(async () => {
  databases = await createDatabases();
  collector = await Collector.start();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '100',
    OTEL_BSP_MAX_QUEUE_SIZE: '100000',
    THROTTLE_PROFILE: 'relaxed',
    LOG_LEVEL: 'trace',
  };
  stack = await startStack(databases, { apis: 1, workers: 1, env });
  // Prepares what the rows ask for, on the same databases.
  const quiet = {
    throttle: { profile: 'relaxed', limits: {} },
    log: { level: 'silent', pretty: false },
  } as const;
  app = await createApi({ ...databases.config, ...quiet });
  world = await World.create(app, databases.config.auth.admin!);
}, 600_000);
afterAll(async () => {
  await stack?.stop();
  await app?.close();
  await collector?.stop();
  await databases?.drop();
});

/** A mark that is found again, whatever it is part of. */
function canary(): string {
  const mark = `canary${(++count).toString().padStart(5, '0')}x${Math.imul(count, 2654435761) >>> 0}y`;
  canaries.add(mark);
  return mark;
}

/** The same value with a mark in place of each text; keys stay, so that it reaches the members that it is meant for. */
function marked(value: unknown): unknown {
  if (typeof value === 'string') return value.includes('@') ? `${canary()}@example.com` : canary();
  if (Array.isArray(value)) return value.map(marked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, marked(member)]));
}

interface Sent {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
}

async function send({ method, url, headers, body }: Sent): Promise<string> {
  const response = await fetch(stack.url + url, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    body,
    redirect: 'manual',
  });
  statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
  return response.text();
}

/** The ways to ask a route with marks in it. */
function variants(route: string, request: MatrixRequest, credentials: Record<string, string>): Sent[] {
  const [method, pattern] = route.split(' ') as [string, string];
  const path = request.path ?? pattern;
  const query = `${path.includes('?') ? '&' : '?'}token=${canary()}`;
  // What anybody may send along.
  const more = () => ({
    'idempotency-key': canary(),
    cookie: `session=${canary()}`,
    'x-forwarded-user': canary(),
  });
  const json = request.body && JSON.stringify(request.body);
  const own = { ...credentials, ...request.headers };
  return [
    // As it should be.
    { method, url: path, headers: { ...own, ...more() }, body: json },
    // With what it does not take: in the query, every parameter, every text of the body.
    { method, url: path + query, headers: { ...own, ...more() }, body: json },
    { method, url: pattern.replace(/:\w+/g, canary), headers: { ...own, ...more() }, body: json },
    ...(request.body
      ? [
          { method, url: path, headers: { ...own, ...more() }, body: JSON.stringify(marked(request.body)) },
          { method, url: path, headers: { ...own, ...more() }, body: `{"password":"${canary()}` },
          {
            method,
            url: path,
            headers: own,
            body: JSON.stringify({ ...request.body, [canary()]: canary() }),
          },
        ]
      : []),
    // With credentials that are none.
    { method, url: path, headers: { authorization: `Bearer ${canary()}` }, body: json },
    { method, url: path, headers: { 'x-api-key': canary() }, body: json },
  ];
}

/** Passwords and addresses that were sent, tokens, keys and codes of tickets that came back, by the names of their members. */
function learn(sent: string | undefined, answer: string): void {
  const texts = (text: string, members: string) =>
    text.matchAll(new RegExp(`"(?:${members})":"([^"]{12,})"`, 'g'));
  for (const [, value] of texts(sent ?? '', 'password|email|refreshToken')) secrets.add(value!);
  for (const [, value] of texts(answer, 'accessToken|refreshToken|key')) secrets.add(value!);
  // Problems have short ones.
  for (const [, value] of answer.matchAll(/"code":"([^"]{60,})"/g)) secrets.add(value!);
}

/** A row's request. What it needs is bought first, which a busy machine may refuse for a while. */
async function prepared(request: (typeof ROLE_MATRIX)[number]['request']): Promise<MatrixRequest> {
  for (let tries = 1; ; tries++) {
    try {
      return await request(world);
    } catch (error) {
      if (tries === 20 || !String(error).includes(' 503 ')) throw error;
    }
  }
}

async function askEverything(): Promise<void> {
  for (const { route, scope, cells, request } of ROLE_MATRIX) {
    const may = (['attendeeA', 'organizerOwn', 'admin', 'anonymous'] as const).find(
      (who) => cells[who] < 300,
    );
    const asked = await prepared(request);
    const credentials = await world.credentials(may ?? 'anonymous', scope);
    for (const one of variants(route, asked, credentials)) {
      learn(one.body, await send(one));
    }
    // A link that was mistyped: the router knows nothing of it, and a code may stand in it.
    await send({ method: 'GET', url: `/v1/nowhere/${canary()}${canary()}`, headers: {} });
    for (const value of Object.values(credentials)) secrets.add(value.replace('Bearer ', ''));
  }
}

/** What others see of it: everything that they may ask for, and what they may not. */
async function askAsOthers(): Promise<void> {
  const others: CallerName[] = CALLERS.filter((who) => !['attendeeA', 'organizerOwn', 'admin'].includes(who));
  for (const { route, scope, request } of ROLE_MATRIX) {
    const [method, pattern] = route.split(' ') as [string, string];
    if (method !== 'GET' || pattern.startsWith('/docs')) continue;
    const { path, headers } = await prepared(request);
    for (const who of others) {
      const own = await world.credentials(who, scope);
      const url = path ?? pattern;
      // Whoever asks knows the path that they asked for.
      toOthers += (await send({ method, url, headers: { ...own, ...headers } })).replaceAll(url, '');
    }
  }
}

const TABLES = `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'migrations'`;

/** Does something to every table of every database. */
async function toEveryTable(sql: (table: string) => string): Promise<void> {
  for (const [name, url] of Object.entries(databases.env)) {
    if (!/^(MASTER|SHARD_\d)_URL$/.test(name)) continue;
    await withConnection(url, async (client) => {
      const { rows } = await client.query<{ relname: string }>(TABLES);
      for (const { relname } of rows) await client.query(sql(`"${relname}"`)).catch(() => undefined);
    });
  }
}

/** The places where marks and secrets are found, with a bit of what stands around them. */
async function found(marks: Iterable<string>): Promise<string[]> {
  const [api, worker] = [stack.apis[0]!, stack.workers[0]!];
  const admin = await world.credentials('admin', null);
  const traces = await (await fetch(`${api.url}/v1/admin/traces?limit=100`, { headers: admin })).text();
  const metrics = await Promise.all(
    [api, worker].map(async ({ url }) => (await fetch(`${url}/metrics`)).text()),
  );
  const places = {
    log: api.output + worker.output,
    spans: collector.text,
    traces,
    metrics: metrics.join('\n'),
  };
  return [...marks].flatMap((mark) =>
    Object.entries(places).flatMap(([place, text]) => {
      const at = text.indexOf(mark);
      return at < 0 ? [] : [`${place}: …${text.slice(Math.max(0, at - 300), at + mark.length + 40)}`];
    }),
  );
}

it('asks every route in every way', async () => {
  await askEverything();
  await askAsOthers();
  expect(canaries.size).toBeGreaterThan(ROLE_MATRIX.length * 8);
  expect(secrets.size).toBeGreaterThan(30);
  for (const status of [200, 201, 204, 400, 401, 404, 422]) expect([...statuses.keys()]).toContain(status);
}, 600_000);

it('tells none of it in logs, spans, traces and metrics', async () => {
  const spans = () => Promise.resolve(collector.spans.length);
  await eventually(spans, (sent) => sent > ROLE_MATRIX.length);
  expect(stack.apis[0]!.output).toContain('"problem":"validation_failed"');
  expect((await found(canaries)).slice(0, 5)).toEqual([]);
  expect((await found(secrets)).slice(0, 5)).toEqual([]);
});

it('tells others none of what is secret', () => {
  expect(toOthers.length).toBeGreaterThan(1000);
  expect([...secrets].filter((secret) => toOthers.includes(secret))).toEqual([]);
  expect([...canaries].filter((mark) => toOthers.includes(mark))).toEqual([]);
});

it('tells none of it either while every write is refused by the database, and every read of people', async () => {
  // Prepared while it is still possible.
  const requests: { route: string; asked: MatrixRequest; credentials: Record<string, string> }[] = [];
  for (const { route, scope, cells, request } of ROLE_MATRIX) {
    const may = (['attendeeA', 'organizerOwn', 'admin', 'anonymous'] as const).find(
      (who) => cells[who] < 300,
    );
    requests.push({
      route,
      asked: await prepared(request),
      credentials: await world.credentials(may ?? 'anonymous', scope),
    });
  }
  const errors = () => [...statuses].reduce((sum, [status, n]) => sum + (status >= 500 ? n : 0), 0);
  const ask = async () => {
    for (const { route, asked, credentials } of requests) {
      for (const one of variants(route, asked, credentials).slice(0, 2)) {
        learn(one.body, await send(one));
      }
    }
  };
  const before = errors();
  await toEveryTable((table) => `ALTER TABLE ${table} ADD CONSTRAINT refuses CHECK (false) NOT VALID`);
  await ask();
  await toEveryTable((table) => `ALTER TABLE ${table} DROP CONSTRAINT refuses`);
  const refused = errors() - before;
  await withConnection(databases.env.MASTER_URL!, (client) =>
    client.query('ALTER TABLE users RENAME email TO mail'),
  );
  await ask();
  await withConnection(databases.env.MASTER_URL!, (client) =>
    client.query('ALTER TABLE users RENAME mail TO email'),
  );
  expect(refused).toBeGreaterThan(10);
  expect(errors() - before - refused).toBeGreaterThan(5);
  expect(stack.apis[0]!.output).toContain('"problem":"internal_error"');
  expect((await found(canaries)).slice(0, 5)).toEqual([]);
  expect((await found(secrets)).slice(0, 5)).toEqual([]);
}, 600_000);
