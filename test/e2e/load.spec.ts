import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApi } from '../../apps/api/src/create-api.js';
import { readConfig } from '#libs/config';
import { LoadShedder } from '#libs/throttling';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { until } from '../support/until.js';

let databases: TestDatabases;
beforeAll(async () => {
  databases = await createDatabases();
});
afterAll(() => databases?.drop());

const open = (env: Record<string, string>) => createApi(readConfig('api', { ...databases.env, ...env }));
/** A read of the directory that no cache knows: each asks a database. */
const search = (app: NestFastifyApplication, n: number) => app.inject(`/v1/events?search=nothing${n}`);
const book = (app: NestFastifyApplication) =>
  app.inject({ method: 'POST', url: '/v1/bookings', payload: { some: 'thing' } });

describe('with more at once than there is room for', () => {
  let app: NestFastifyApplication;
  beforeAll(async () => {
    // Room for six reads, and eight with checkout.
    app = await open({ LOAD_AT_ONCE: '4', LOG_LEVEL: 'silent' });
  });
  afterAll(() => app?.close());
  // On a busy machine requests were late, and less than that is let in until nobody was refused for a second.
  beforeEach(() => until(() => !app.get(LoadShedder).narrowed));

  it('refuses reads at once, with a problem that says when to come back and how the limits stand', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => search(app, n)));
    const refused = answers.filter(({ statusCode }) => statusCode === 503);
    expect(answers.filter(({ statusCode }) => statusCode === 200).length).toBeGreaterThanOrEqual(6);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expect(answer.json()).toMatchObject({ code: 'overloaded', status: 503, instance: '/v1/events' });
      expect(answer.headers).toMatchObject({
        'content-type': expect.stringMatching(/^application\/problem\+json/),
        'retry-after': '1',
        'ratelimit-policy': expect.stringMatching(/"ip";q=/),
        ratelimit: expect.stringMatching(/"ip";r=\d+;t=\d+/),
        'x-request-id': expect.any(String),
        'server-timing': expect.stringMatching(/total;dur=/),
      });
    }
  });

  it('goes on serving checkout, those who watch over it, and what is in memory', async () => {
    await app.inject('/v1/events');
    const shedder = app.get(LoadShedder);
    for (let n = 0; n < 6; n++) expect(shedder.enter(false, null)).toBe(true);
    try {
      expect((await search(app, 100)).statusCode).toBe(503);
      const others = await Promise.all([
        book(app),
        app.inject('/health/live'),
        app.inject('/health/ready'),
        app.inject('/metrics'),
        app.inject('/v1/events'),
      ]);
      expect(others.map(({ statusCode }) => statusCode)).toEqual([401, 200, 200, 200, 200]);
    } finally {
      const ended = { target: null, worked: false } as Parameters<LoadShedder['leave']>[0];
      for (let n = 0; n < 6; n++) shedder.leave(ended);
    }
  });

  it('tells what is at work, how much may be, and what was shed', async () => {
    const { body } = await app.inject('/metrics');
    expect(body).toMatch(/^requests_in_flight 0$/m);
    expect(body).toMatch(/^requests_limit\{class="priority"\} 8$/m);
    expect(body).toMatch(/^requests_limit\{class="ordinary"\} 6$/m);
    expect(Number(/^requests_shed_total\{class="ordinary"\} (\d+)$/m.exec(body)![1])).toBeGreaterThan(0);
  });
});

it('sheds nobody of a few hundred that come at once', async () => {
  const app = await open({ THROTTLE_PROFILE: 'relaxed', LOG_LEVEL: 'silent' });
  try {
    const asks = Array.from({ length: 500 }, (_, n) => (n % 2 ? search(app, n) : book(app)));
    const answers = await Promise.all(asks);
    expect(answers.filter(({ body }) => body.includes('"overloaded"'))).toEqual([]);
    expect(answers.filter(({ statusCode }) => statusCode === 401)).toHaveLength(250);
  } finally {
    await app.close();
  }
});
