import { newId } from '#libs/kernel';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { type OpenDatabases, openDatabases } from '../support/open.js';
import { appendOn, availability, eventually } from '../support/relay.js';
import { type TestProcess, type TestStack, startStack } from '../support/stack.js';

describe('the worker as a process', () => {
  let databases: TestDatabases;
  let open: OpenDatabases;
  let stack: TestStack;
  let worker: TestProcess;
  let token: string;

  beforeAll(async () => {
    databases = await createDatabases();
    open = await openDatabases(databases.config);
    stack = await startStack(databases, {
      apis: 1,
      workers: 1,
      env: { LOG_LEVEL: 'info', THROTTLE_PROFILE: 'relaxed' },
    });
    worker = stack.workers[0]!;
    token = await signIn();
  });
  afterAll(async () => {
    await stack.stop();
    await open.close();
    await databases.drop();
  });

  const metric = async (line: string) => {
    const text = await (await fetch(`${worker.url}/metrics`)).text();
    return text.split('\n').find((l) => l.startsWith(line));
  };

  const signIn = async (): Promise<string> => {
    const { email, password } = databases.config.auth.admin!;
    const login = await fetch(`${stack.url}/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    });
    expect(login.status).toBe(200);
    return ((await login.json()) as { accessToken: string }).accessToken;
  };

  const queues = async (): Promise<{
    data: Record<string, unknown>[];
    effects: Record<string, unknown>[];
  }> => {
    const answer = await fetch(`${stack.url}/v1/admin/queues`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.status).toBe(200);
    return answer.json() as never;
  };

  it('empties the outboxes, and says so in its metrics and to admins', async () => {
    await appendOn(open.shards.get(3), [availability(newId(400), 1)]);
    await appendOn(open.master, [availability(newId(400), 2)]);
    const state = await eventually(queues, ({ data }) => data.every((database) => database.pending === 0));
    expect(state.data.map(({ database, status, parked }) => ({ database, status, parked }))).toEqual(
      ['master', 'shard-1', 'shard-2', 'shard-3', 'shard-4'].map((database) => {
        return { database, status: 'up', parked: 0 };
      }),
    );
    expect(await metric('outbox_pending{database="shard-3"}')).toBe('outbox_pending{database="shard-3"} 0');
    expect(await metric('relay_batch_rows_count{database="shard-3"}')).toMatch(/ [1-9]/);
  });

  it('counts its queues for the admins', async () => {
    const { effects } = await eventually(queues, (state) => state.effects.length > 0);
    expect(effects).toContainEqual(
      expect.objectContaining({ queue: 'cancel-bookings', waiting: 0, active: 0, delayed: 0 }),
    );
  });

  it('shows its jobs to admins, and to nobody else', async () => {
    const ask = (headers: Record<string, string>) =>
      fetch(`${worker.url}/v1/admin/traces?route=relay%20availability.changed`, { headers });
    const { data } = (await (await ask({ authorization: `Bearer ${token}` })).json()) as {
      data: Record<string, unknown>[];
    };
    expect(data[0]).toMatchObject({ name: 'relay availability.changed', status: null, failed: false });
    const refused = await ask({});
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
      401,
      'unauthenticated',
    ]);
    const { spans } = (await (
      await fetch(`${worker.url}/v1/admin/traces/${data[0]!.traceId as string}`, {
        headers: { authorization: `Bearer ${token}` },
      })
    ).json()) as { spans: { name: string }[] };
    expect(spans.map(({ name }) => name)).toContain('outbox wait');
  });

  it('ends with status 0 when told to', async () => {
    expect(await worker.stop()).toBe('exit status 0');
    expect(worker.output).toContain('drained');
  });
});
