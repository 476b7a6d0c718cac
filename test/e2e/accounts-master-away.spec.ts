import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApi } from '../../apps/api/src/create-api.js';
import type { PostgresServer } from '../../apps/cli/src/local-stack/index.js';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { ownPostgres } from '../support/servers.js';
import { soon } from './accounts.client.js';

/** One story: the master comes late, goes away and comes back, and who is signed in goes on. */
describe('while the master is away', () => {
  let server: PostgresServer;
  let databases: TestDatabases;
  let here: NestFastifyApplication;
  let there: NestFastifyApplication | undefined;

  const start = () => createApi({ ...databases.config, throttle: { profile: 'relaxed', limits: {} } });
  const ask = async (
    app: NestFastifyApplication,
    method: 'GET' | 'POST' | 'PATCH',
    url: string,
    given: object = {},
  ) => {
    const { statusCode, body } = await app.inject({ method, url, ...given });
    const answer = body ? (JSON.parse(body) as Record<string, unknown>) : {};
    return { status: statusCode, code: answer.code, answer };
  };
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const signIn = (app: NestFastifyApplication) => {
    const { email, password } = databases.config.auth.admin!;
    return ask(app, 'POST', '/v1/auth/login', { payload: { email, password } });
  };
  /** 403 when the credentials are good: the route is for admins, and asks no database to know that. */
  const judge = async (app: NestFastifyApplication, headers: Record<string, string>) =>
    (await ask(app, 'GET', '/v1/users', { headers })).status;

  beforeAll(async () => {
    server = await ownPostgres();
    databases = await createDatabases({ on: { master: server } });
    await server.kill();
    here = await start();
  });
  afterAll(async () => {
    await here?.close();
    await there?.close();
    await databases?.drop();
    await server?.stop();
  });

  let attendee: { accessToken: string; refreshToken: string };
  let key: string;

  it('an API starts without it, and makes the first admin once it is there', async () => {
    expect(await signIn(here)).toMatchObject({ status: 503, code: 'service_unavailable' });
    await server.restart();
    await soon(async () => (await signIn(here)).status === 200);
  });

  it('tokens and keys are judged by what was known last, and nothing else is certain', async () => {
    const payload = { email: 'ada@example.com', password: 'a long password', name: 'Ada' };
    attendee = (await ask(here, 'POST', '/v1/auth/register', { payload })).answer as typeof attendee;
    const admin = bearer((await signIn(here)).answer.accessToken as string);
    const made = await ask(here, 'POST', '/v1/api-keys', {
      ...admin,
      payload: { name: 'x', scopes: ['checkin'] },
    });
    key = made.answer.key as string;
    expect(await judge(here, { 'x-api-key': key })).toBe(403);

    await server.kill();
    const token = bearer(attendee.accessToken);
    expect(await judge(here, token.headers)).toBe(403);
    expect(await judge(here, bearer(`${attendee.accessToken}x`).headers)).toBe(401);
    expect(await ask(here, 'GET', '/v1/me', token)).toMatchObject({
      status: 503,
      code: 'service_unavailable',
    });
    expect(await signIn(here)).toMatchObject({ status: 503, code: 'service_unavailable' });
    // Longer than a key is good without asking.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    expect(await judge(here, { 'x-api-key': key })).toBe(403);
    expect((await ask(here, 'GET', '/v1/users', { headers: { 'x-api-key': 'evk_unknown' } })).status).toBe(
      503,
    );
  });

  it('a process that starts then takes tokens too', async () => {
    there = await start();
    expect(await judge(there, bearer(attendee.accessToken).headers)).toBe(403);
  });

  it('every process hears again when it is back', async () => {
    await server.restart();
    const { refreshToken, accessToken } = attendee;
    await soon(
      async () => (await ask(here, 'POST', '/v1/auth/logout', { payload: { refreshToken } })).status === 204,
    );
    for (const app of [here, there!])
      await soon(async () => (await judge(app, bearer(accessToken).headers)) === 401);
    expect(await judge(there!, { 'x-api-key': key })).toBe(403);
  });
});
