import { Test, type TestingModule } from '@nestjs/testing';
import { type TestDatabases, createDatabases } from '../../../test/support/databases.js';
import { ConfigModule } from '#libs/config';
import { Master, ShardingModule } from '#libs/sharding';
import { Accounts } from './accounts.service.js';
import { Authenticator } from './authenticator.service.js';
import { IdentityModule } from './identity.module.js';
import { readAccessChanges } from './persistence/access-changes.repository.js';
import { Users } from './users.service.js';

const PASSWORD = 'correct horse battery';
const refused = (code: string) => expect.objectContaining({ code });

/** Waits until the other process has heard; the contract gives five seconds, a slow machine gets ten times that. */
async function soon(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 50_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('not heard within 50 s');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe.each([15, 18] as const)('accounts on PostgreSQL %i', (postgres) => {
  let databases: TestDatabases;
  let here: TestingModule;
  let there: TestingModule;
  let accounts: Accounts;
  let users: Users;
  let people = 0;

  const start = async (): Promise<TestingModule> => {
    const imports = [ConfigModule.for(databases.config), ShardingModule, IdentityModule];
    return (await Test.createTestingModule({ imports }).compile()).init();
  };
  const register = (email = `person-${++people}@example.com`) =>
    accounts.register({ email, password: PASSWORD, name: 'Ada' });
  const sql = async <Row>(text: string, values: unknown[] = []): Promise<Row[]> => {
    const { rows } = await here.get(Master).primary.sql.query(text, values);
    return rows as Row[];
  };
  const callerOf = (process: TestingModule, token: string) =>
    process.get(Authenticator).authenticate({ authorization: `Bearer ${token}` });
  const isRefused = (process: TestingModule, token: string) =>
    callerOf(process, token).then(
      () => false,
      (error: { code: string }) => error.code === 'unauthenticated',
    );

  beforeAll(async () => {
    databases = await createDatabases({ postgres });
    // Both at once: each makes sure of the first admin.
    [here, there] = await Promise.all([start(), start()]);
    accounts = here.get(Accounts);
    users = here.get(Users);
  });
  afterAll(async () => {
    await here?.close();
    await there?.close();
    await databases?.drop();
  });

  it('has one first admin, who owns an organization, though two processes started at once', async () => {
    const { email, password } = databases.config.auth.admin!;
    const { user } = await accounts.login({ email, password });
    expect(user).toMatchObject({ role: 'admin', organizationId: expect.any(String) });
    expect(await sql(`SELECT count(*)::int FROM users WHERE role = 'admin'`)).toEqual([{ count: 1 }]);
    expect(await sql('SELECT count(*)::int FROM organizations')).toEqual([{ count: 1 }]);
  });

  describe('signing up', () => {
    it('makes an attendee with the defaults, signed in, and tells the outbox no more than the id', async () => {
      const { user, accessToken, expiresIn } = await register('  Zoë@Example.COM ');
      expect(user).toMatchObject({
        email: 'zoë@example.com',
        role: 'attendee',
        organizationId: null,
        version: 1,
      });
      expect(user.channels.quietHours).toEqual({ from: '22:00', to: '07:00', timezone: 'UTC' });
      expect(expiresIn).toBe(900);
      expect(await callerOf(there, accessToken)).toMatchObject({
        userId: user.id,
        role: 'attendee',
        scopes: null,
      });
      const rows = await sql('SELECT type, payload FROM outbox WHERE subject = $1', [user.id]);
      expect(rows).toEqual([{ type: 'user.changed', payload: { userId: user.id, change: 'registered' } }]);
    });

    it('stores passwords as Argon2id with 19 MiB, two passes and one lane', async () => {
      const { user } = await register();
      const [row] = await sql<{ hash: string }>('SELECT password_hash AS hash FROM users WHERE id = $1', [
        user.id,
      ]);
      expect(row!.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    });

    it('gives an address to one of ten who ask at once, and leaves nothing of the others', async () => {
      const before = await sql('SELECT count(*) FROM outbox');
      const results = await Promise.allSettled(
        Array.from({ length: 10 }, (_, i) => register(i % 2 ? 'Race@example.com' : 'race@example.com')),
      );
      const lost = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason);
      expect(lost).toEqual(Array(9).fill(refused('email_taken')));
      expect(Number((await sql<{ count: number }>('SELECT count(*) FROM outbox'))[0]!.count)).toBe(
        Number((before[0] as { count: number }).count) + 1,
      );
    });
  });

  describe('signing in', () => {
    it('takes the address in any case, and the password however it is composed', async () => {
      await accounts.register({ email: 'compose@example.com', password: 'pässwört-långt', name: 'Åse' });
      const { user } = await accounts.login({
        email: 'COMPOSE@example.com',
        password: 'pässwört-långt'.normalize('NFD'),
      });
      expect(user.name).toBe('Åse');
    });

    it('says the same of a wrong password and of an unknown address', async () => {
      const { user } = await register();
      const errors = await Promise.all(
        [user.email, 'nobody@example.com'].map((email) =>
          accounts.login({ email, password: 'not the password' }).catch((error: unknown) => error),
        ),
      );
      expect(errors[0]).toEqual(refused('invalid_credentials'));
      expect(errors[1]).toEqual(errors[0]);
      expect((errors[1] as Error).message).toBe((errors[0] as Error).message);
    });
  });

  describe('refreshing', () => {
    it('gives a new pair again and again', async () => {
      let { refreshToken } = await register();
      const seen = new Set([refreshToken]);
      for (let i = 0; i < 5; i++) {
        ({ refreshToken } = await accounts.refresh(refreshToken));
        seen.add(refreshToken);
      }
      expect(seen.size).toBe(6);
    });

    it('ends the session when a spent token comes back, for every token of it, in every process', async () => {
      const first = await register();
      const second = await accounts.refresh(first.refreshToken);
      const other = await accounts.login({ email: first.user.email, password: PASSWORD });
      await expect(accounts.refresh(first.refreshToken)).rejects.toEqual(refused('token_reused'));
      await expect(accounts.refresh(first.refreshToken)).rejects.toEqual(refused('token_reused'));
      await expect(accounts.refresh(second.refreshToken)).rejects.toEqual(refused('invalid_refresh_token'));
      for (const { accessToken } of [first, second]) {
        expect(await isRefused(here, accessToken)).toBe(true);
        await soon(() => isRefused(there, accessToken));
      }
      // Another session of the same user goes on.
      expect(await isRefused(there, other.accessToken)).toBe(false);
      await accounts.refresh(other.refreshToken);
    });

    it('lets one of many win who come with the same token at once, and ends the session', async () => {
      for (let round = 0; round < 5; round++) {
        const { refreshToken } = await register();
        const results = await Promise.allSettled(
          Array.from({ length: 8 }, (_, i) => (i % 2 ? here : there).get(Accounts).refresh(refreshToken)),
        );
        const won = results.filter((result) => result.status === 'fulfilled');
        const lost = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason);
        expect(won).toHaveLength(1);
        expect(lost).toEqual(Array(7).fill(refused('token_reused')));
        await expect(accounts.refresh(won[0]!.value.refreshToken)).rejects.toEqual(
          refused('invalid_refresh_token'),
        );
      }
    });

    it('refuses what is no refresh token of ours, and one that has expired', async () => {
      const { accessToken, refreshToken } = await register();
      for (const token of ['', 'x', accessToken, refreshToken.slice(0, -1), `${refreshToken}x`]) {
        await expect(accounts.refresh(token)).rejects.toEqual(refused('invalid_refresh_token'));
      }
      await sql(`UPDATE sessions SET expires_at = clock_timestamp() - interval '1 ms' WHERE id = $1`, [
        (await callerOf(here, accessToken))!.sessionId,
      ]);
      await expect(accounts.refresh(refreshToken)).rejects.toEqual(refused('invalid_refresh_token'));
    });

    it('does not take a refresh token for an access token', async () => {
      const { refreshToken } = await register();
      expect(await isRefused(here, refreshToken)).toBe(true);
    });
  });

  it('ends a session on logout, once and for all', async () => {
    const { accessToken, refreshToken, user } = await register();
    await accounts.logout(refreshToken);
    await accounts.logout(refreshToken);
    await expect(accounts.refresh(refreshToken)).rejects.toEqual(refused('invalid_refresh_token'));
    await soon(() => isRefused(there, accessToken));
    const rows = await sql(`SELECT payload->>'change' AS change FROM outbox WHERE subject = $1 ORDER BY id`, [
      user.id,
    ]);
    expect(rows).toEqual([{ change: 'registered' }, { change: 'sessions' }]);
  });

  describe('roles', () => {
    it('give an organizer an organization, felt by living tokens everywhere, and take it back', async () => {
      const { user, accessToken } = await register();
      const organizer = await users.changeRole(user.id, 'organizer');
      expect(organizer).toMatchObject({ role: 'organizer', organizationId: expect.any(String), version: 2 });
      expect(await callerOf(here, accessToken)).toMatchObject({ role: 'organizer' });
      await soon(async () => (await callerOf(there, accessToken))!.role === 'organizer');
      expect((await callerOf(there, accessToken))!.organizationId).toBe(organizer.organizationId);

      expect(await users.changeRole(user.id, 'attendee')).toMatchObject({ organizationId: null });
      await soon(async () => (await callerOf(there, accessToken))!.organizationId === null);
      const again = await users.changeRole(user.id, 'organizer');
      expect(again.organizationId).toBe(organizer.organizationId);
    });

    it('say nothing when nothing changes', async () => {
      const { user } = await register();
      expect(await users.changeRole(user.id, 'attendee')).toEqual(user);
      expect(await sql('SELECT FROM outbox WHERE subject = $1', [user.id])).toHaveLength(1);
    });

    it('always leave an admin, also when two demote each other at once', async () => {
      const [first] = await sql<{ id: string }>(`SELECT id FROM users WHERE role = 'admin'`);
      await expect(users.changeRole(first!.id, 'attendee')).rejects.toEqual(refused('last_admin'));
      const { user } = await register();
      for (let round = 0; round < 10; round++) {
        await users.changeRole(user.id, 'admin');
        await users.changeRole(first!.id, 'admin');
        const results = await Promise.allSettled([
          here.get(Users).changeRole(user.id, 'organizer'),
          there.get(Users).changeRole(first!.id, 'organizer'),
        ]);
        expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        expect(await sql(`SELECT FROM users WHERE role = 'admin'`)).toHaveLength(1);
      }
      await users.changeRole(first!.id, 'admin');
    });
  });

  it('hears a change that commits after later ones were heard', async () => {
    const early = await register();
    const late = await register();
    const sessionOf = async (token: string) => (await callerOf(here, token))!.sessionId!;
    const client = await here.get(Master).primary.sql.connect();
    try {
      await client.query('BEGIN');
      await client.query(
        `INSERT INTO access_changes (id, kind, user_id, target_id) VALUES (gen_random_uuid(), 'session', $1, $2)`,
        [early.user.id, await sessionOf(early.accessToken)],
      );
      await accounts.logout(late.refreshToken);
      await soon(() => isRefused(there, late.accessToken));
      await new Promise((resolve) => setTimeout(resolve, 2500));
      expect(await isRefused(there, early.accessToken)).toBe(false);
      await client.query('COMMIT');
    } finally {
      client.release();
    }
    await soon(() => isRefused(there, early.accessToken));
  });

  it('reads all changes again on a server restored from elsewhere, whose transactions count from lower', async () => {
    const pool = here.get(Master).primary.sql;
    await accounts.logout((await register()).refreshToken);
    const ahead = await readAccessChanges(pool, '999999999999', 960);
    expect(ahead).toEqual({ readOnFrom: '0', changes: [] });
    expect((await readAccessChanges(pool, ahead.readOnFrom, 960)).changes.length).toBeGreaterThan(0);
  });
});
