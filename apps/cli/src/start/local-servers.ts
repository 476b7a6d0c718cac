import { rmSync } from 'node:fs';
import { ensureRedis } from '../../bootstrap/debian.mjs';
import { step } from '../../bootstrap/steps.mjs';
import { PostgresServer, RedisServer, findRedis, npmPostgres, serverOwner } from '../local-stack/index.js';
import type { DataFolder } from './data-folder.js';
import type { Secrets } from './secrets.js';
import type { Settings } from './settings.js';
import type { Supervisor } from './supervisor.js';

/** Where the other processes find the servers that we started, as environment variables. */
export type Urls = Record<string, string>;

/** Starts PostgreSQL and its replica for the databases that were not given, and creates these. */
export async function startPostgres(
  settings: Settings,
  folder: DataFolder,
  secrets: Secrets,
  supervisor: Supervisor,
): Promise<Urls> {
  if (!settings.localDatabases.length) return {};
  const owner = serverOwner();
  const binaries = npmPostgres(owner, folder.path);
  const common = { binaries, owner, password: secrets.databasePassword };
  const primary = await step('starting PostgreSQL', () =>
    supervisor.keep('PostgreSQL', () =>
      PostgresServer.start({
        ...common,
        dataDir: folder.primary,
        port: settings.ports.LOCAL_POSTGRES_PORT,
        logFile: `${folder.logs}/postgresql.log`,
      }),
    ),
  );
  const replicaOptions = {
    ...common,
    dataDir: folder.replica,
    port: settings.ports.LOCAL_REPLICA_PORT,
    logFile: `${folder.logs}/postgresql-replica.log`,
  };
  const replica = await step('starting its replica', () =>
    supervisor.keep('PostgreSQL replica', () => replicaOf(primary, replicaOptions)),
  );
  // After the replica, whose first copy is then a small one.
  await step('creating databases', () =>
    primary.ensureDatabases(settings.localDatabases.map(({ name }) => name)),
  );
  return Object.fromEntries(
    settings.localDatabases.flatMap(({ variable, name }) => [
      [`${variable}_URL`, primary.url(name)],
      [`${variable}_REPLICA_URL`, replica.url(name)],
    ]),
  );
}

/** One that cannot follow any more (it was away too long, or its files are damaged) is copied anew. */
async function replicaOf(
  primary: PostgresServer,
  options: Parameters<typeof PostgresServer.startReplica>[1],
): Promise<PostgresServer> {
  try {
    return await PostgresServer.startReplica(primary, options);
  } catch (error) {
    console.log(`  ! ${(error as Error).message.split('\n')[0]} It is copied anew.`);
    rmSync(options.dataDir, { recursive: true, force: true });
    return PostgresServer.startReplica(primary, options);
  }
}

/** Starts Redis, unless REDIS_URL was given. */
export async function startRedis(
  settings: Settings,
  folder: DataFolder,
  secrets: Secrets,
  supervisor: Supervisor,
): Promise<Urls> {
  if (!settings.localRedis) return {};
  await ensureRedis();
  const redis = await step('starting Redis', () =>
    supervisor.keep('Redis', () =>
      RedisServer.start({
        binary: findRedis()!,
        dir: folder.redis,
        port: settings.ports.LOCAL_REDIS_PORT,
        password: secrets.redisPassword,
        logFile: `${folder.logs}/redis.log`,
        owner: serverOwner(),
      }),
    ),
  );
  return { REDIS_URL: redis.url() };
}
