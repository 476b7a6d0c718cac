import { randomBytes } from 'node:crypto';
import { existsSync, rmSync, statfsSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  PostgresServer,
  RedisServer,
  debianPostgres,
  findRedis,
  freePort,
  npmPostgres,
  serverOwner,
} from '../../apps/cli/src/local-stack/index.js';
import { makeRunFolder, removeLeftFolders } from './run-folders.js';

/** What a test file is told about the servers of this run. */
export interface ServersInfo {
  /** Holds the servers' data; removed after the run. Own servers of a test go here too. */
  folder: string;
  /** URLs of the servers' database `postgres`; 15 is null where Debian's PostgreSQL 15 is not installed. */
  postgres: { 18: string; 15: string | null };
  /** URL of a logical database of Redis that is this caller's alone. */
  redis: string;
}

const PREFIX = 'evently-test-';
/** A file system in memory, where a database is cloned in 40 ms instead of 400. */
const MEMORY = '/dev/shm';

/** One PostgreSQL 18, one PostgreSQL 15 and one Redis for a whole run of tests, started when first asked for. */
export class TestServers {
  private readonly folder: string;
  /** Where the shared servers have their data: in memory if there is room. */
  private readonly fastFolder: string;
  private readonly broker: Server;
  private starting: Promise<(redisDatabase: number) => ServersInfo> | null = null;
  private running: { stop(): Promise<void> }[] = [];
  private lastRedisDatabase = 0;

  private constructor(folder: string, fastFolder: string) {
    this.folder = folder;
    this.fastFolder = fastFolder;
    this.broker = createServer((_request, response) => {
      this.starting ??= this.start();
      this.starting.then(
        (info) => response.end(JSON.stringify(info(++this.lastRedisDatabase))),
        (error: Error) => response.writeHead(500).end(error.stack),
      );
    });
  }

  /** Answers on a port of 127.0.0.1 whoever asks for the servers. */
  static async offer(): Promise<TestServers> {
    await removeLeftFolders([tmpdir(), MEMORY], PREFIX);
    const folder = await makeRunFolder(tmpdir(), PREFIX);
    const servers = new TestServers(folder, hasRoom(MEMORY) ? await makeRunFolder(MEMORY, PREFIX) : folder);
    await new Promise<void>((resolve) => servers.broker.listen(0, '127.0.0.1', resolve));
    return servers;
  }

  private get folders(): Set<string> {
    return new Set([this.folder, this.fastFolder]);
  }

  get address(): string {
    return `http://127.0.0.1:${(this.broker.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.broker.close();
    this.broker.closeAllConnections();
    await this.starting?.catch(() => undefined); // told to whoever asked
    await Promise.all(this.running.map((server) => server.stop()));
    for (const folder of this.folders) rmSync(folder, { recursive: true, force: true });
  }

  private async start() {
    const owner = serverOwner();
    const redis = findRedis();
    if (!redis)
      throw new Error('The tests need redis-server or valkey-server on PATH: npm test installs it for root');
    const debian = debianPostgres(15);
    if (!debian) warnAbout15();
    const [server18, server15, redisServer] = await Promise.all([
      this.keep(startPostgres(this.fastFolder, npmPostgres(owner, this.folder), '18')),
      debian ? this.keep(startPostgres(this.fastFolder, debian, '15')) : null,
      this.keep(startRedis(this.fastFolder, redis, 'redis')),
    ]);
    return (redisDatabase: number): ServersInfo => ({
      folder: this.folder,
      postgres: { 18: server18.url(), 15: server15?.url() ?? null },
      redis: redisServer.url(redisDatabase),
    });
  }

  private async keep<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
    const server = await starting;
    this.running.push(server);
    return server;
  }
}

/** A PostgreSQL with its data in `folder`/`name`, on a free port. Without fsync unless `durable`. */
export async function startPostgres(
  folder: string,
  binaries: ReturnType<typeof npmPostgres>,
  name: string,
  durable = false,
  settings: Record<string, string> = {},
): Promise<PostgresServer> {
  const options = await postgresOptions(folder, binaries, name, durable);
  return PostgresServer.start({ ...options, settings: { ...options.settings, ...settings } });
}

/** A streaming replica of `primary` on a free port. */
export async function startPostgresReplica(
  folder: string,
  primary: PostgresServer,
  name: string,
): Promise<PostgresServer> {
  const durable = primary.options.settings?.fsync !== 'off';
  return PostgresServer.startReplica(
    primary,
    await postgresOptions(folder, primary.options.binaries, name, durable),
  );
}

async function postgresOptions(
  folder: string,
  binaries: ReturnType<typeof npmPostgres>,
  name: string,
  durable: boolean,
) {
  return {
    binaries,
    dataDir: join(folder, `postgres-${name}`),
    logFile: join(folder, `postgres-${name}.log`),
    port: await freePort(),
    password: randomBytes(12).toString('hex'),
    owner: serverOwner(),
    settings: {
      shared_buffers: '64MB',
      max_wal_size: '256MB',
      ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    },
  };
}

/** A Redis with its data in `folder`/`name`, on a free port; many logical databases, so that each file has its own. */
export async function startRedis(folder: string, binary: string, name: string): Promise<RedisServer> {
  return RedisServer.start({
    binary,
    dir: join(folder, name),
    logFile: join(folder, `${name}.log`),
    port: await freePort(),
    password: randomBytes(12).toString('hex'),
    owner: serverOwner(),
    settings: { databases: 10_000, save: '' },
  });
}

function warnAbout15(): void {
  const line = '!'.repeat(78);
  process.stderr.write(
    `\n${line}\n  PostgreSQL 15 is NOT installed: every database of this run is on PostgreSQL 18 alone.\n` +
      `  As root, npm test installs it; else: sudo apt-get install postgresql-15\n${line}\n\n`,
  );
}

/** At least 4 GiB: containers often have 64 MiB there. */
function hasRoom(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize > 4 * 1024 ** 3;
}
