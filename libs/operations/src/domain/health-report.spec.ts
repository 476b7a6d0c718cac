import { type DatabaseHealth, healthReport, queueHealth } from './health-report.js';

const up: DatabaseHealth = { status: 'up', breaker: 'closed', replica: { status: 'up', lagMs: 3 } };
const down: DatabaseHealth = { status: 'down', breaker: 'open', replica: null };
const redis = { status: 'up', ms: 1 } as const;
const queue = queueHealth([]);

it('is ok while everything answers, with or without replicas', () => {
  const databases = { master: up, 'shard-1': { ...up, replica: null } };
  expect(healthReport({ databases, redis, queue }).status).toBe('ok');
});

it.each([
  ['a shard', { databases: { master: up, 'shard-1': down }, redis, queue }],
  ['the master', { databases: { master: down, 'shard-1': up }, redis, queue }],
  [
    'a replica',
    { databases: { master: { ...up, replica: { status: 'behind', lagMs: 9000 } } }, redis, queue },
  ],
  ['Redis', { databases: { master: up }, redis: { status: 'down', ms: null }, queue }],
  [
    'the queue',
    { databases: { master: up }, redis, queue: queueHealth([{ waiting: 1, oldestSeconds: 61 }]) },
  ],
] as const)('is degraded without %s and says so', (_, parts) => {
  expect(healthReport(parts).status).toBe('degraded');
});

it('is down when no database answers', () => {
  expect(healthReport({ databases: { master: down, 'shard-1': down }, redis, queue }).status).toBe('down');
});

it('adds up what waits in all outboxes and takes the oldest of all', () => {
  const backlogs = [
    { waiting: 3, oldestSeconds: 7 },
    { waiting: 4, oldestSeconds: 2 },
  ];
  expect(queueHealth(backlogs)).toEqual({ status: 'up', waiting: 7, oldestSeconds: 7 });
});
