import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { type TestStack, startStack } from '../support/stack.js';

const ADMIN = { ADMIN_EMAIL: 'admin@evently.example', ADMIN_PASSWORD: 'an admin of tests' };

let databases: TestDatabases;
let stack: TestStack;

beforeAll(async () => {
  databases = await createDatabases();
  stack = await startStack(databases, { env: ADMIN });
});

afterAll(async () => {
  await stack?.stop();
  await databases?.drop();
});

it('takes the tour of the README, command by command', () => {
  const blocks = [...readFileSync('README.md', 'utf8').matchAll(/^```sh tour\n([^]*?)^```/gm)];
  const script = blocks.map(([, block]) => block).join('\n');
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['--norc', '-e', '-u', '-o', 'pipefail', '-c', script],
    {
      env: { PATH: process.env.PATH, BASE: stack.url, ...ADMIN },
      encoding: 'utf8',
    },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const lines = stdout.trim().split('\n');
  for (const line of ['organizer', 'shard-1', 'published', 'quantity_out_of_range', 'canceled', '500'])
    expect(lines).toContain(line);
  expect(stdout).toMatch(/available: 498/);
  expect(stdout).toMatch(/'Élégie for 500'/);
  expect(stdout).toMatch(/http_request_duration_seconds_count\{.*\/v1\/bookings/);
});
