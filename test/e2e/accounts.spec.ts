import { decodeJwt } from 'jose';
import { AccountsClient, PASSWORD } from './accounts.client.js';

let api: AccountsClient;
beforeAll(async () => {
  api = await AccountsClient.open();
});
afterAll(() => api?.close());

describe('registering', () => {
  it('answers with the user and a pair of tokens, which no cache may keep', async () => {
    const email = api.newEmail();
    const answer = await api.call('POST', '/v1/auth/register', {
      email: `  ${email.toUpperCase()} `,
      password: PASSWORD,
      name: ' Ada Lovelace ',
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const topics = (prices: boolean) => ({ bookings: true, waitlist: true, prices, reminders: true });
    expect(answer.body).toEqual({
      user: {
        id: expect.stringMatching(/^usr_[0-9a-z]{26}$/),
        email,
        name: 'Ada Lovelace',
        phone: null,
        locale: 'en',
        role: 'attendee',
        organizationId: null,
        channels: {
          email: topics(false),
          sms: { bookings: false, waitlist: false, prices: false, reminders: false },
          push: topics(false),
          inApp: topics(true),
          quietHours: { from: '22:00', to: '07:00', timezone: 'UTC' },
        },
        version: 1,
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        updatedAt: expect.any(String),
      },
      accessToken: expect.any(String),
      refreshToken: expect.any(String),
      expiresIn: 900,
    });
    const again = await api.call('POST', '/v1/auth/register', { email, password: PASSWORD, name: 'Eve' });
    expect([again.status, again.body.code]).toEqual([409, 'email_taken']);
  });

  it.each([
    ['password', { password: 'nine char' }],
    ['password', { password: 'x'.repeat(257) }],
    ['password', { password: 1234567890 }],
    ['password', { password: undefined }],
    ['email', { email: 'not an address' }],
    ['email', { email: ['a@example.com'] }],
    ['email', { email: { $gt: '' } }],
    ['email', { email: `${'x'.repeat(250)}@example.com` }],
    ['email', { email: 'nul\0@example.com' }],
    ['name', { name: '   ' }],
    ['name', { name: 'two\nlines' }],
    ['name', { name: 'x'.repeat(201) }],
    ['name', { name: '\ud800 lone' }],
    ['role', { role: 'admin' }],
    ['organizationId', { organizationId: 'org_01kb2m5v00zzzr0r0h3a4d6n8q' }],
    ['id', { id: 'usr_01kb2m5v00zzzr0r0h3a4d6n8q' }],
    ['version', { version: 7 }],
    ['passwordHash', { passwordHash: 'x' }],
    ['channels', { channels: {} }],
  ])('refuses a body at fault in %s: %j', async (path, fault) => {
    const body = { email: api.newEmail(), password: PASSWORD, name: 'Ada', ...fault };
    const answer = await api.call('POST', '/v1/auth/register', body);
    expect([answer.status, answer.body.code]).toEqual([422, 'validation_failed']);
    expect(answer.body.errors).toEqual([{ path, message: expect.any(String) }]);
  });

  it('takes ten characters of any script for a password', async () => {
    const password = '🔑пароль-密碼';
    api.secrets.add(password);
    const email = api.newEmail();
    expect((await api.call('POST', '/v1/auth/register', { email, password, name: '李' })).status).toBe(201);
    expect((await api.call('POST', '/v1/auth/login', { email, password })).status).toBe(200);
  });
});

describe('signing in', () => {
  it('gives a session of its own each time', async () => {
    const { user } = await api.register();
    const credentials = { email: user.email.toUpperCase(), password: PASSWORD };
    const [one, two] = [
      await api.call('POST', '/v1/auth/login', credentials),
      await api.call('POST', '/v1/auth/login', credentials),
    ];
    expect([one.status, two.status]).toEqual([200, 200]);
    expect(decodeJwt(one.body.accessToken as string).sid).not.toBe(
      decodeJwt(two.body.accessToken as string).sid,
    );
  });

  it('does not tell an unknown address from a wrong password', async () => {
    const { user } = await api.register();
    const told = [];
    for (const email of [user.email, api.newEmail()]) {
      const { status, body, headers } = await api.call('POST', '/v1/auth/login', {
        email,
        password: 'wrong-password',
      });
      const { traceId: _, ...problem } = body as Record<string, unknown>;
      told.push({ status, problem, type: headers.get('content-type') });
    }
    expect(told[0]).toMatchObject({ status: 401, problem: { code: 'invalid_credentials' } });
    expect(told[1]).toEqual(told[0]);
  });
});

describe('the own account', () => {
  it('is tagged with its version, and answers 304 while it is the same', async () => {
    const { accessToken: token } = await api.register();
    const read = await api.call('GET', '/v1/me', undefined, { token });
    const etag = read.headers.get('etag')!;
    expect(etag).toMatch(/^"1-[\w-]+"$/);
    const headers = { 'if-none-match': etag };
    expect((await api.call('GET', '/v1/me', undefined, { token, headers })).status).toBe(304);
    await api.call('PATCH', '/v1/me', { name: 'Grace' }, { token });
    expect((await api.call('GET', '/v1/me', undefined, { token, headers })).body).toMatchObject({
      name: 'Grace',
      version: 2,
    });
  });

  it('changes only what is named, read by any process', async () => {
    const { accessToken: token, user } = await api.register();
    const changes = {
      phone: '+493012345678',
      locale: 'DE-at',
      channels: { sms: { bookings: true }, quietHours: { timezone: 'Europe/Vienna' } },
    };
    expect((await api.call('PATCH', '/v1/me', changes, { token })).status).toBe(200);
    await api.call('PATCH', '/v1/me', { channels: { sms: { waitlist: true } } }, { token, process: 1 });
    const { body } = await api.call('GET', '/v1/me', undefined, { token });
    expect(body).toMatchObject({
      name: 'Ada',
      email: user.email,
      phone: '+493012345678',
      locale: 'de-AT',
      channels: {
        email: { bookings: true, prices: false },
        sms: { bookings: true, waitlist: true, prices: false, reminders: false },
        quietHours: { from: '22:00', to: '07:00', timezone: 'Europe/Vienna' },
      },
      version: 3,
    });
    const off = { phone: null, channels: { quietHours: null } };
    const cleared = await api.call('PATCH', '/v1/me', off, { token });
    expect(cleared.body).toMatchObject({ phone: null, channels: { quietHours: null } });
  });

  it('stays as it is when nothing is named', async () => {
    const { accessToken: token } = await api.register();
    expect((await api.call('PATCH', '/v1/me', {}, { token })).body.version).toBe(1);
    expect((await api.call('PATCH', '/v1/me', undefined, { token })).body.version).toBe(1);
  });

  it('loses no change when many come at once', async () => {
    const { accessToken: token } = await api.register();
    const topics = ['bookings', 'waitlist', 'prices', 'reminders'];
    await Promise.all(
      topics.map((topic, i) =>
        api.call(
          'PATCH',
          '/v1/me',
          { channels: { sms: { [topic]: true } } },
          { token, process: (i % 2) as 0 | 1 },
        ),
      ),
    );
    const { body } = await api.call('GET', '/v1/me', undefined, { token });
    expect(body.channels.sms).toEqual({ bookings: true, waitlist: true, prices: true, reminders: true });
    expect(body.version).toBe(5);
  });

  it.each([
    ['role', { role: 'admin' }],
    ['email', { email: 'other@example.com' }],
    ['password', { password: 'another password' }],
    ['organizationId', { organizationId: 'org_01kb2m5v00zzzr0r0h3a4d6n8q' }],
    ['version', { version: 9 }],
    ['name', { name: null }],
    ['phone', { phone: '030 123456' }],
    ['phone', { phone: '+0301234567' }],
    ['locale', { locale: 'de_DE' }],
    ['channels', { channels: [] }],
    ['channels', { channels: null }],
    ['channels.fax', { channels: { fax: {} } }],
    ['channels.email.spam', { channels: { email: { spam: true } } }],
    ['channels.email.prices', { channels: { email: { prices: 'yes' } } }],
    ['channels.quietHours.from', { channels: { quietHours: { from: '24:00' } } }],
    ['channels.quietHours.timezone', { channels: { quietHours: { timezone: '+01:00' } } }],
    ['__proto__', JSON.parse('{"__proto__":{"role":"admin"}}') as object],
  ])('refuses a change at fault in %s: %j', async (path, change) => {
    const { accessToken: token } = await api.register();
    const { status, body } = await api.call('PATCH', '/v1/me', change, { token });
    expect([status, body.code]).toEqual([422, 'validation_failed']);
    expect(body.errors).toEqual([{ path, message: expect.any(String) }]);
    expect((await api.call('GET', '/v1/me', undefined, { token })).body).toMatchObject({
      role: 'attendee',
      version: 1,
    });
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
