import { SignJWT, UnsecuredJWT, decodeJwt } from 'jose';
import { type Account, AccountsClient, type CallOptions, soon } from './accounts.client.js';

let api: AccountsClient;
beforeAll(async () => {
  api = await AccountsClient.open();
});
afterAll(() => api?.close());

describe('access tokens', () => {
  const key = () => new TextEncoder().encode(api.databases.env.JWT_SECRET);
  /** A token as the API makes it, for the claims and the header given. */
  const forge = (account: Account, claims: object = {}, header: object = {}, secret: Uint8Array = key()) =>
    new SignJWT({ ...decodeJwt(account.accessToken), ...claims })
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', ...header })
      .sign(secret);
  const now = () => Math.floor(Date.now() / 1000);
  const withHeader = (token: string, header: object) =>
    [Buffer.from(JSON.stringify(header)).toString('base64url'), ...token.split('.').slice(1)].join('.');

  it('made in the same way are good, so that what follows is refused for its one fault', async () => {
    const account = await api.register();
    const { status, body } = await api.call('GET', '/v1/me', undefined, { token: await forge(account) });
    expect([status, body.id]).toEqual([200, account.user.id]);
  });

  const forgeries: [string, (account: Account) => Promise<string> | string][] = [
    ['alg none', ({ accessToken }) => new UnsecuredJWT(decodeJwt(accessToken)).encode()],
    [
      'alg none over a good signature',
      async (a) => withHeader(await forge(a), { alg: 'none', typ: 'at+jwt' }),
    ],
    [
      'a confused algorithm (RS256)',
      async (a) => withHeader(await forge(a), { alg: 'RS256', typ: 'at+jwt' }),
    ],
    ['another algorithm of the same family', (a) => forge(a, {}, { alg: 'HS384' })],
    ['another secret', (a) => forge(a, {}, {}, new TextEncoder().encode('x'.repeat(64)))],
    ['an empty secret’s signature', async (a) => `${(await forge(a)).split('.').slice(0, 2).join('.')}.`],
    ['another audience', (a) => forge(a, { aud: 'someone-else' })],
    ['the audience of refresh tokens', (a) => forge(a, { aud: 'evently-refresh' })],
    ['no audience', (a) => forge(a, { aud: undefined })],
    ['another issuer', (a) => forge(a, { iss: 'someone-else' })],
    ['another type', (a) => forge(a, {}, { typ: 'JWT' })],
    ['an end in the past', (a) => forge(a, { iat: now() - 1000, exp: now() - 1 })],
    ['no end', (a) => forge(a, { exp: undefined })],
    ['a start in the future', (a) => forge(a, { iat: now() + 600, exp: now() + 1200 })],
    ['a time before which it is not valid', (a) => forge(a, { nbf: now() + 600 })],
    ['a role that there is not', (a) => forge(a, { role: 'root' })],
    ['a subject that is no user', (a) => forge(a, { sub: 'org_01kb2m5v00zzzr0r0h3a4d6n8q' })],
    ['no session', (a) => forge(a, { sid: undefined })],
    [
      'a critical header that nobody knows',
      async (a) => withHeader(await forge(a), { alg: 'HS256', crit: ['x'], x: 1 }),
    ],
    ['its end cut off', ({ accessToken }) => accessToken.slice(0, -4)],
    ['its signature cut off', ({ accessToken }) => accessToken.split('.').slice(0, 2).join('.')],
    [
      'a claim changed under the signature',
      ({ accessToken }) => {
        const [header, , signature] = accessToken.split('.');
        const claims = { ...decodeJwt(accessToken), role: 'admin' };
        return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
      },
    ],
    ['a refresh token in its place', ({ refreshToken }) => refreshToken],
    ['nothing but dots', () => '..'],
  ];

  it.each(forgeries)('with %s are refused', async (_, make) => {
    const token = await make(await api.register());
    const { status, body, headers } = await api.call('GET', '/v1/me', undefined, { token });
    expect([status, body.code]).toEqual([401, 'unauthenticated']);
    expect(headers.get('www-authenticate')).toContain('Bearer');
    expect((await api.call('GET', '/v1/events', undefined, { token })).status).toBe(401);
  });

  it.each([
    ['Basic', 'Basic YTpi'],
    ['a bare token', 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln'],
    ['Bearer and nothing', 'Bearer '],
    ['Bearer and two tokens', 'Bearer a b'],
  ])('sent as %s are refused', async (_, authorization) => {
    const { status } = await api.call('GET', '/v1/me', undefined, { headers: { authorization } });
    expect(status).toBe(401);
  });

  it('are not sent beside an api key', async () => {
    const { accessToken: token } = await api.register();
    expect((await api.call('GET', '/v1/me', undefined, { token, key: 'evk_x' })).status).toBe(401);
  });
});

describe('refresh tokens', () => {
  const refresh = (refreshToken: string, options?: CallOptions) =>
    api.call('POST', '/v1/auth/refresh', { refreshToken }, options);

  it('give a new pair once; used again they end the session in every process', async () => {
    const first = await api.register();
    const second = await refresh(first.refreshToken, { token: 'expired, and not looked at' });
    expect(second.status).toBe(200);
    expect(second.body.user).toEqual(first.user);
    const token = second.body.accessToken as string;
    expect((await api.call('GET', '/v1/me', undefined, { token, process: 1 })).status).toBe(200);

    const reused = await refresh(first.refreshToken, { process: 1 });
    expect([reused.status, reused.body.code]).toEqual([401, 'token_reused']);
    const after = await refresh(second.body.refreshToken as string);
    expect([after.status, after.body.code]).toEqual([401, 'invalid_refresh_token']);
    await soon(async () => (await api.call('GET', '/v1/me', undefined, { token })).status === 401);
  });

  it('let one of two win that come at once, and then end the session', async () => {
    const { refreshToken } = await api.register();
    const answers = await Promise.all(
      [0, 1].map((process) => refresh(refreshToken, { process: process as 0 | 1 })),
    );
    expect(answers.map(({ status, body }) => body.code ?? status).sort()).toEqual([200, 'token_reused']);
    const won = answers.find(({ status }) => status === 200)!;
    expect((await refresh(won.body.refreshToken as string)).status).toBe(401);
  });

  it('end with the session on logout, also the access token', async () => {
    const { accessToken: token, refreshToken } = await api.register();
    const out = () => api.call('POST', '/v1/auth/logout', { refreshToken });
    expect([(await out()).status, (await out()).status]).toEqual([204, 204]);
    expect((await refresh(refreshToken)).body.code).toBe('invalid_refresh_token');
    expect((await api.call('GET', '/v1/me', undefined, { token })).status).toBe(401);
    await soon(
      async () => (await api.call('GET', '/v1/me', undefined, { token, process: 1 })).status === 401,
    );
  });

  it.each(['', 'x', 'a.b.c'])('are refused when they are %j', async (refreshToken) => {
    const { status, body } = await refresh(refreshToken);
    expect([status, body.code]).toEqual(
      refreshToken ? [401, 'invalid_refresh_token'] : [422, 'validation_failed'],
    );
  });
});

// Last, when everything secret has passed through.
it('leaves no secret in a table or in the log', async () => {
  const { secrets, tables, log } = await api.traces();
  expect(secrets.length).toBeGreaterThan(50);
  const places = { ...tables, log };
  const found = Object.entries(places).flatMap(([place, text]) =>
    secrets.filter((secret) => text.includes(secret)).map(() => place),
  );
  expect(found).toEqual([]);
  // The log has a line for every request, and neither it nor what is announced says who somebody is.
  expect(log.split('"/v1/auth/register"').length).toBeGreaterThan(20);
  for (const text of [log, tables.outbox!]) expect(text).not.toMatch(/@example\.com|Ada/);
  expect(log).not.toContain('"level":"error"');
});
