import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type PostgresServer,
  type RedisServer,
  findRedis,
  npmPostgres,
  serverOwner,
} from '../../apps/cli/src/local-stack/index.js';
import { makeRunFolder, removeLeftFolders } from '../../test/support/run-folders.js';
import { startPostgres, startRedis } from '../../test/support/test-servers.js';
import { type Config, readConfig } from '#libs/config';
import { migrateAll } from '#libs/sharding';
import { root } from './machine.js';

const PREFIX = 'evently-bench-';
const DATABASES = ['master', 'shard_1', 'shard_2', 'shard_3', 'shard_4'];

/** PostgreSQL 18 as npm brings it, with all five databases as `npm start` has them, and a Redis. Durable. */
export interface Servers {
  /** On a disk; removed at the end. Logs and profiles go here. */
  folder: string;
  /** What a process of the product is told, in the environment variables of libs/config. */
  env: Record<string, string>;
  config: Config;
}

/** Settings of PostgreSQL that a machine of production would have too. fsync stays on: it is the default. */
const POSTGRES = { shared_buffers: '256MB', max_wal_size: '2GB' };

/** Starts them on free ports, with their data in a folder of this run, and migrates. */
export async function startServers(
  defer: (undo: () => Promise<unknown>) => void,
  given: Record<string, string> = {},
): Promise<Servers> {
  await removeLeftFolders([tmpdir()], PREFIX);
  const redisBinary = findRedis();
  if (!redisBinary) throw new Error('Redis is not installed: npm run bench installs it for root');
  const folder = await makeRunFolder(tmpdir(), PREFIX);
  defer(async () => rmSync(folder, { recursive: true, force: true }));
  const binaries = npmPostgres(serverOwner(), folder);
  const postgres = await startPostgres(folder, binaries, 'bench', true, POSTGRES);
  defer(() => postgres.stop());
  const redis = await startRedis(folder, redisBinary, 'redis');
  defer(() => redis.stop());
  await postgres.ensureDatabases(DATABASES);
  const env = { ...environment(postgres, redis), ...given };
  const config = readConfig('cli', env);
  await migrateAll(config.databases, join(root, 'prisma'));
  return { folder, env, config };
}

function environment(postgres: PostgresServer, redis: RedisServer): Record<string, string> {
  const { privateKey } = generateKeyPairSync('ed25519');
  return {
    ...Object.fromEntries(DATABASES.map((name) => [`${name.toUpperCase()}_URL`, postgres.url(name)])),
    REDIS_URL: redis.url(),
    JWT_SECRET: randomBytes(32).toString('hex'),
    TICKET_SIGNING_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    // Limits are counted for every request, and never reached.
    THROTTLE_PROFILE: 'relaxed',
    HOST: '127.0.0.1',
  };
}
