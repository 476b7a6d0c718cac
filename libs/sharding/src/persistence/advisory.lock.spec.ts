import { type TestDatabases, createDatabases } from '../../../../test/support/databases.js';
import { type OpenDatabases, openDatabases } from '../../../../test/support/open.js';
import { ownPostgres } from '../../../../test/support/servers.js';
import { exclusively } from './advisory.lock.js';

let databases: TestDatabases;
let workers: OpenDatabases[];

beforeAll(async () => {
  databases = await createDatabases();
  workers = await Promise.all([openDatabases(databases.config), openDatabases(databases.config)]);
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.close()));
  await databases.drop();
});

it('lets only one of two workers do the same, and the other again afterwards', async () => {
  const [one, two] = workers.map((worker) => worker.shards.get(1)) as [never, never];
  const done: string[] = [];
  const first = await exclusively(one, 'clean', async () => {
    done.push('one');
    expect(await exclusively(two, 'clean', async () => void done.push('two'))).toBe(false);
    expect(await exclusively(two, 'other', async () => void done.push('other'))).toBe(true);
  });
  expect(first).toBe(true);
  expect(await exclusively(two, 'clean', async () => void done.push('two'))).toBe(true);
  expect(done).toEqual(['one', 'other', 'two']);
});

it('gives the lock back when the work fails', async () => {
  const [one, two] = workers.map((worker) => worker.shards.get(2)) as [never, never];
  await expect(exclusively(one, 'clean', () => Promise.reject(new Error('broken')))).rejects.toThrow(
    'broken',
  );
  expect(await exclusively(two, 'clean', () => Promise.resolve())).toBe(true);
});

it('is no obstacle to its own work when the database has just come back', async () => {
  const server = await ownPostgres();
  const own = await createDatabases({ on: { master: server } });
  const opened = await openDatabases(own.config);
  const { master } = opened;
  const look = () => master.onPrimary(({ sql }) => sql.query('SELECT 1'));
  try {
    await server.stop();
    while (master.state !== 'open') await look().catch(() => undefined);
    await server.restart();
    // The breaker tries again after a second; this is the call with which it does.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await exclusively(master, 'clean', async () => void (await look()))).toBe(true);
    expect(master.state).toBe('closed');
  } finally {
    await opened.close();
    await own.drop();
    await server.stop();
  }
});
