import { type TestDatabases, createDatabases } from '../support/databases.js';
import { type OpenDatabases, openDatabases } from '../support/open.js';
import { eventually } from '../support/relay.js';
import { runProgram } from '../support/program.js';
import { type TestStack, startStack } from '../support/stack.js';

const ADMIN = { ADMIN_EMAIL: 'admin@evently.example', ADMIN_PASSWORD: 'an admin of tests' };

let databases: TestDatabases;
let open: OpenDatabases;
let stack: TestStack | undefined;

beforeAll(async () => {
  databases = await createDatabases();
  open = await openDatabases(databases.config);
});

afterAll(async () => {
  await stack?.stop();
  await open?.close();
  await databases?.drop();
});

async function total(sql: string): Promise<number> {
  const rows = open.shards
    .all()
    .map(async (shard) => (await shard.primary.sql.query<{ n: number }>(sql)).rows[0]!.n);
  return (await Promise.all(rows)).reduce((a, b) => a + b, 0);
}

it('fills empty databases, and leaves them alone the second time', async () => {
  const env = { ...databases.env, ...ADMIN };
  const first = await runProgram(['seed', '--demo-passwords'], env);
  expect(first).toMatchObject({ status: 0, output: expect.stringMatching(/^\d{3} events, as planned:/) });
  expect(first.output).toMatch(/by shard: shard-1 \d+, shard-2 \d+, shard-3 \d+, shard-4 \d+\n/);
  expect(first.output).toMatch(
    /by sales: .*nearly sold out 24, not open yet 45, open \d+, over 20, sold out 4/,
  );

  const events = await total('SELECT count(*)::int AS n FROM events');
  expect(events).toBeGreaterThanOrEqual(300);
  expect(await total(`SELECT count(*)::int AS n FROM bookings`)).toBeGreaterThan(1000);
  const waiting = `SELECT count(*)::int AS n FROM waitlist_entries WHERE status = 'waiting'`;
  expect(await total(waiting)).toBe(4 * 12);
  const largest =
    'SELECT coalesce(max(count), 0)::int AS n FROM (SELECT count(*) FROM seats GROUP BY event_id) s';
  expect(await total(largest)).toBeGreaterThanOrEqual(2440);

  const second = await runProgram(['seed'], env);
  expect(second).toEqual({ status: 0, output: 'The databases are in use: nothing was seeded.\n' });
  expect(await total('SELECT count(*)::int AS n FROM events')).toBe(events);
});

it('shows the demo to everybody, and lets its accounts in by the documented password', async () => {
  stack = await startStack(databases, { env: ADMIN });
  const email = 'attendee-1@evently.example';
  const login = await fetch(`${stack.url}/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: 'evently-demo' }),
  });
  expect(login.status).toBe(200);
  const titles = async () => {
    const answer = await fetch(`${stack!.url}/v1/events?search=mahler`);
    const { data } = (await answer.json()) as { data: { title: string }[] };
    return data.map(({ title }) => title);
  };
  expect(await eventually(titles, (found) => found.length > 1)).toContain('Mahler 5');
});
