import { generateKeyPairSync, randomBytes } from 'node:crypto';
import {
  type PostgresServer,
  createDatabase,
  databaseExists,
  dropDatabase,
  renameDatabase,
  withConnection,
} from '../../apps/cli/src/local-stack/index.js';
import { type Config, readConfig } from '#libs/config';
import { migrateAll } from '#libs/sharding';
import { sharedServers } from './servers.js';

const DATABASES = ['master', 'shard_1', 'shard_2', 'shard_3', 'shard_4'] as const;
type DatabaseName = (typeof DATABASES)[number];

export interface DatabasesOptions {
  /** Which PostgreSQL serves what: by default master, shard 1 and 2 are on 18, shard 3 and 4 on 15. */
  postgres?: 'both' | 15 | 18;
  /** Servers of the test's own (`ownPostgres()`) for some of the databases. */
  on?: Partial<Record<DatabaseName, PostgresServer>>;
  /** URL of a Redis of the test's own; else a logical database that is this caller's alone. */
  redisUrl?: string;
}

/** Fresh, migrated databases of one test file. */
export interface TestDatabases {
  /** What a process is told about them, in the environment variables of libs/config; complete enough to start one. */
  env: Record<string, string>;
  config: Config;
  /** Drops them, with whoever is still connected. */
  drop(): Promise<void>;
}

/** Clones master and four shards from migrated templates (some 0.1 s a database). Call `drop` in `afterAll`. */
export async function createDatabases(options: DatabasesOptions = {}): Promise<TestDatabases> {
  const servers = await sharedServers();
  const serverOf = (database: DatabaseName): string => {
    const old =
      options.postgres === 15 || (options.postgres !== 18 && ['shard_3', 'shard_4'].includes(database));
    return options.on?.[database]?.url() ?? (old ? servers.postgres[15] : null) ?? servers.postgres[18];
  };
  await makeTemplates(servers.postgres[18], serverOf);
  const run = randomBytes(4).toString('hex');
  await forEach((name) => createDatabase(serverOf(name), `${name}_${run}`, templateOf(name)));
  const urls = urlsOf((name) => databaseAt(serverOf(name), `${name}_${run}`));
  const env = { ...urls, REDIS_URL: options.redisUrl ?? servers.redis, ...secrets() };
  return {
    env,
    config: readConfig('cli', env),
    drop: () => forEach((name) => dropDatabase(serverOf(name), `${name}_${run}`)),
  };
}

function secrets(): Record<string, string> {
  const { privateKey } = generateKeyPairSync('ed25519');
  return {
    JWT_SECRET: randomBytes(32).toString('hex'),
    TICKET_SIGNING_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ADMIN_EMAIL: 'admin@evently.test',
    ADMIN_PASSWORD: 'a long admin password',
    LOG_LEVEL: 'warn',
    // Ten times the product's: a busy machine is no reason to refuse.
    LANE_PATIENCE_MS: '20000',
    // Nobody in front of it has to notice.
    DRAIN_SECONDS: '0',
  };
}

const templateOf = (name: DatabaseName) => `template_${name}`;
const unfinished = (name: DatabaseName) => `unfinished_${name}`;

/** Migrates the templates that a server still lacks; whoever comes first does, the others wait. */
async function makeTemplates(lockAt: string, serverOf: (name: DatabaseName) => string): Promise<void> {
  await withConnection(lockAt, async (client) => {
    await client.query(`select pg_advisory_lock(hashtext('templates'))`);
    const there = await Promise.all(
      DATABASES.map((name) => databaseExists(serverOf(name), templateOf(name))),
    );
    if (there.every(Boolean)) return;
    for (const name of DATABASES) {
      await dropDatabase(serverOf(name), unfinished(name));
      await createDatabase(serverOf(name), unfinished(name));
    }
    const urls = urlsOf((name) => databaseAt(serverOf(name), unfinished(name)));
    await migrateAll(
      readConfig('cli', { ...urls, REDIS_URL: 'redis://unused', ...secrets() }).databases,
      'prisma',
    );
    for (const [i, name] of DATABASES.entries()) {
      if (there[i]) await dropDatabase(serverOf(name), unfinished(name));
      else await renameDatabase(serverOf(name), unfinished(name), templateOf(name));
    }
  });
}

async function forEach(work: (name: DatabaseName) => Promise<void>): Promise<void> {
  await Promise.all(DATABASES.map(work));
}

function urlsOf(url: (name: DatabaseName) => string): Record<string, string> {
  return Object.fromEntries(DATABASES.map((name) => [`${name.toUpperCase()}_URL`, url(name)]));
}

function databaseAt(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.toString();
}
