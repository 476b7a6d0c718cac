import { randomBytes } from 'node:crypto';
import {
  type PostgresServer,
  type RedisServer,
  debianPostgres,
  findRedis,
  npmPostgres,
  serverOwner,
} from '../../apps/cli/src/local-stack/index.js';
import { type ServersInfo, startPostgres, startPostgresReplica, startRedis } from './test-servers.js';

/** The servers that all test files share; starts them if no other file has yet. */
export async function sharedServers(): Promise<ServersInfo> {
  const address = process.env.EVENTLY_TEST_SERVERS;
  if (!address)
    throw new Error('EVENTLY_TEST_SERVERS is missing: jest.config.mjs must name the global set-up');
  const response = await fetch(address);
  if (!response.ok) throw new Error(`The test servers did not start: ${await response.text()}`);
  return (await response.json()) as ServersInfo;
}

/** A folder's name that no other test has: a counter would begin anew in each file, which has its own modules. */
const unique = (name: string) => `${name}-${randomBytes(6).toString('hex')}`;

/**
 * A PostgreSQL of the test's own, to be killed, restarted or promoted; durable (fsync on). Stop it in
 * `afterAll`: should the test die before, the kernel stops it.
 */
export async function ownPostgres(options: { version?: 15 | 18 } = {}): Promise<PostgresServer> {
  const { folder } = await sharedServers();
  const binaries = (options.version === 15 ? debianPostgres(15) : null) ?? npmPostgres(serverOwner(), folder);
  return startPostgres(folder, binaries, unique('own'), true);
}

/** A streaming replica of such a server. Stop it before its primary. */
export async function ownReplica(primary: PostgresServer): Promise<PostgresServer> {
  const { folder } = await sharedServers();
  return startPostgresReplica(folder, primary, unique('replica'));
}

/** A Redis of the test's own, to be stopped, frozen or flushed. Stop it in `afterAll`. */
export async function ownRedis(): Promise<RedisServer> {
  const { folder } = await sharedServers();
  return startRedis(folder, findRedis()!, unique('redis'));
}
