import { AccountsClient, soon } from './accounts.client.js';

let api: AccountsClient;
beforeAll(async () => {
  api = await AccountsClient.open();
});
afterAll(() => api?.close());

describe('roles', () => {
  it('are felt by living tokens in every process', async () => {
    const { accessToken: token, user } = await api.register();
    const { accessToken: adminToken } = await api.admin();
    const change = (role: string) =>
      api.call('PATCH', `/v1/users/${user.id}`, { role }, { token: adminToken });
    const keys = (process: 0 | 1) => api.call('GET', '/v1/api-keys', undefined, { token, process });
    expect((await keys(1)).status).toBe(403);
    const promoted = await change('organizer');
    expect(promoted.body).toMatchObject({
      role: 'organizer',
      organizationId: expect.stringMatching(/^org_/),
      version: 2,
    });
    expect(promoted.headers.get('etag')).toMatch(/^"2-/);
    expect((await keys(0)).status).toBe(200);
    await soon(async () => (await keys(1)).status === 200);
    await change('attendee');
    await soon(async () => (await keys(1)).status === 403);
    expect((await api.call('GET', '/v1/me', undefined, { token })).body.organizationId).toBeNull();
  });

  it('leave the last admin an admin', async () => {
    const { accessToken: token, user } = await api.admin();
    const { status, body } = await api.call(
      'PATCH',
      `/v1/users/${user.id}`,
      { role: 'organizer' },
      { token },
    );
    expect([status, body.code]).toEqual([409, 'last_admin']);
  });

  it.each([
    [422, { role: 'root' }],
    [422, {}],
    [422, { role: 'organizer', email: 'x@example.com' }],
    [422, { role: 'organizer', organizationId: 'org_01kb2m5v00zzzr0r0h3a4d6n8q' }],
  ])('answer %i to %j', async (status, body) => {
    const { user } = await api.register();
    const { accessToken: token } = await api.admin();
    expect((await api.call('PATCH', `/v1/users/${user.id}`, body, { token })).status).toBe(status);
  });

  it.each([
    'usr_01kb2m5v00zzzr0r0h3a4d6n8q',
    'usr_1',
    'org_01kb2m5v00zzzr0r0h3a4d6n8q',
    "'; DROP TABLE users --",
  ])('know no user %s', async (id) => {
    const { accessToken: token } = await api.admin();
    const path = `/v1/users/${encodeURIComponent(id)}`;
    expect((await api.call('PATCH', path, { role: 'organizer' }, { token })).status).toBe(404);
  });
});

describe('the list of users', () => {
  it('gives every user once, page by page, also while others register', async () => {
    const { accessToken: token } = await api.admin();
    const before = new Set<string>();
    for (let i = 0; i < 5; i++) before.add((await api.register()).user.id);
    const seen: string[] = [];
    for (let cursor = ''; ;) {
      const { status, body } = await api.call('GET', `/v1/users?limit=3${cursor}`, undefined, { token });
      expect(status).toBe(200);
      seen.push(...(body.data as { id: string }[]).map(({ id }) => id));
      if (body.nextCursor === null) break;
      cursor = `&cursor=${body.nextCursor}`;
      await api.register();
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining([...before]));
  });

  it('finds an address in whatever case', async () => {
    const { user } = await api.register();
    const { accessToken: token } = await api.admin();
    const find = (email: string) =>
      api.call('GET', `/v1/users?email=${encodeURIComponent(email)}`, undefined, { token });
    expect((await find(user.email.toUpperCase())).body).toEqual({ data: [user], nextCursor: null });
    expect((await find('nobody@example.com')).body).toEqual({ data: [], nextCursor: null });
  });

  it.each([
    ['limit=0', 'validation_failed'],
    ['limit=101', 'validation_failed'],
    ['limit=ten', 'validation_failed'],
    ['role=admin', 'validation_failed'],
    ['email=', 'validation_failed'],
    ['cursor=x', 'invalid_cursor'],
    ['cursor=WyJ1c2VycyIsIngiXQ', 'invalid_cursor'],
    ['cursor=WyJhcGkta2V5cyIsIngiXQ', 'invalid_cursor'],
  ])('refuses the query %s', async (query, code) => {
    const { accessToken: token } = await api.admin();
    const { status, body } = await api.call('GET', `/v1/users?${query}`, undefined, { token });
    expect([status, body.code]).toEqual([422, code]);
  });
});

describe('api keys', () => {
  it('are shown once, listed without their secret, and good nowhere once deleted', async () => {
    const { accessToken: token } = await api.organizer();
    const made = await api.call(
      'POST',
      '/v1/api-keys',
      { name: 'Box office', scopes: ['checkin', 'events:read'] },
      { token },
    );
    expect(made.status).toBe(201);
    expect(made.headers.get('cache-control')).toBe('no-store');
    const { key, ...shown } = made.body as { key: string; id: string };
    expect(made.body).toEqual({
      id: expect.stringMatching(/^key_/),
      name: 'Box office',
      scopes: ['checkin', 'events:read'],
      prefix: key.slice(0, 12),
      createdAt: expect.any(String),
      key: expect.stringMatching(/^evk_[\w-]{43}$/),
    });
    expect((await api.call('GET', '/v1/api-keys', undefined, { token })).body).toEqual({
      data: [shown],
      nextCursor: null,
    });

    // 403: known, and this route is for no key. 401: not known any more.
    const use = async (process: 0 | 1) =>
      (await api.call('GET', '/v1/me', undefined, { key, process })).status;
    expect([await use(0), await use(1)]).toEqual([403, 403]);
    expect((await api.call('DELETE', `/v1/api-keys/${shown.id}`, undefined, { token })).status).toBe(204);
    expect(await use(0)).toBe(401);
    await soon(async () => (await use(1)) === 401);
    expect((await api.call('DELETE', `/v1/api-keys/${shown.id}`, undefined, { token })).status).toBe(404);
  });

  it('end with the role of who made them', async () => {
    const { accessToken: token, user } = await api.organizer();
    const { body } = await api.call('POST', '/v1/api-keys', { name: 'x', scopes: ['checkin'] }, { token });
    const use = async (process: 0 | 1) =>
      (await api.call('GET', '/v1/me', undefined, { key: body.key as string, process })).status;
    expect([await use(0), await use(1)]).toEqual([403, 403]);
    await api.call(
      'PATCH',
      `/v1/users/${user.id}`,
      { role: 'attendee' },
      { token: (await api.admin()).accessToken },
    );
    expect(await use(0)).toBe(401);
    await soon(async () => (await use(1)) === 401);
  });

  it('come in pages, each organization’s own', async () => {
    const { accessToken: token } = await api.organizer();
    const { accessToken: foreign } = await api.organizer();
    for (const name of ['one', 'two', 'three']) {
      await api.call('POST', '/v1/api-keys', { name, scopes: ['checkin'] }, { token });
    }
    const first = await api.call('GET', '/v1/api-keys?limit=2', undefined, { token });
    const second = await api.call('GET', `/v1/api-keys?limit=2&cursor=${first.body.nextCursor}`, undefined, {
      token,
    });
    const names = [first, second].map(({ body }) =>
      (body.data as { name: string }[]).map(({ name }) => name),
    );
    expect(names).toEqual([['three', 'two'], ['one']]);
    expect((await api.call('GET', '/v1/api-keys', undefined, { token: foreign })).body.data).toEqual([]);
  });

  it.each([
    ['scopes', { scopes: [] }],
    ['scopes', { scopes: ['events:read', 'everything'] }],
    ['scopes', { scopes: ['checkin', 'checkin'] }],
    ['scopes', { scopes: 'checkin' }],
    ['name', { name: '' }],
    ['key', { key: 'evk_mine' }],
    ['organizationId', { organizationId: 'org_01kb2m5v00zzzr0r0h3a4d6n8q' }],
    ['hash', { hash: 'x' }],
  ])('are refused at fault in %s: %j', async (path, fault) => {
    const { accessToken: token } = await api.organizer();
    const { status, body } = await api.call(
      'POST',
      '/v1/api-keys',
      { name: 'x', scopes: ['checkin'], ...fault },
      { token },
    );
    expect([status, body.code]).toEqual([422, 'validation_failed']);
    expect(body.errors).toEqual([{ path, message: expect.any(String) }]);
  });

  it.each(['', 'evk_', `evk_${'A'.repeat(43)}`, "' OR 1=1 --"])('that are %j are refused', async (key) => {
    expect((await api.call('GET', '/v1/me', undefined, { key })).status).toBe(401);
    expect((await api.call('GET', '/v1/events', undefined, { key })).status).toBe(401);
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
