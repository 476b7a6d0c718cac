import { generateKeyPairSync, randomBytes } from 'node:crypto';
import {
  type PostgresServer,
  createDatabase,
  dropDatabase,
  withConnection,
} from '../../apps/cli/src/local-stack/index.js';
import { type Config, SHARD_IDS, type ShardId, readConfig } from '#libs/config';
import { sharedServers } from './servers.js';
import { migrateTemplate } from './templates.js';

export interface DatabasesOptions {
  /** Which PostgreSQL serves what: by default master, shard 1 and 2 are on 18, shard 3 and 4 on 15. */
  postgres?: 'both' | 15 | 18;
  /** Servers of the test's own (`ownPostgres()`) for some of the databases. */
  on?: Partial<Record<'master' | ShardId, PostgresServer>>;
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
  const serverOf = (database: 'master' | ShardId): string => {
    const old = options.postgres === 15 || (options.postgres !== 18 && (database === 3 || database === 4));
    return options.on?.[database]?.url() ?? (old ? servers.postgres[15] : null) ?? servers.postgres[18];
  };
  const run = randomBytes(4).toString('hex');
  const created: { server: string; name: string }[] = [];
  const create = async (database: 'master' | ShardId): Promise<string> => {
    const server = serverOf(database);
    const name = database === 'master' ? `master_${run}` : `shard_${database}_${run}`;
    await createDatabase(server, name, await template(server, database === 'master' ? 'master' : 'shard'));
    created.push({ server, name });
    return databaseAt(server, name);
  };
  const env: Record<string, string> = { MASTER_URL: await create('master') };
  for (const shard of SHARD_IDS) env[`SHARD_${shard}_URL`] = await create(shard);
  Object.assign(env, { REDIS_URL: options.redisUrl ?? servers.redis, ...secrets() });
  return {
    env,
    config: readConfig('cli', env),
    async drop() {
      for (const { server, name } of created) await dropDatabase(server, name);
    },
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
  };
}

/** The name of the server's migrated template, made by whoever comes first while the others wait. */
async function template(server: string, kind: 'master' | 'shard'): Promise<string> {
  const name = `template_${kind}`;
  await withConnection(server, async (client) => {
    await client.query('select pg_advisory_lock(hashtext($1))', [name]);
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount) return;
    await dropDatabase(server, `${name}_unfinished`);
    await createDatabase(server, `${name}_unfinished`);
    await migrateTemplate(databaseAt(server, `${name}_unfinished`), kind);
    await client.query(`alter database ${name}_unfinished rename to ${name}`);
  });
  return name;
}

function databaseAt(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.toString();
}
