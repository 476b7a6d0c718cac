import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from './child.js';
import { type Owner, giveTo, makePrivateFolder } from './owner.js';
import * as admin from './persistence/postgres.admin.js';
import type { PostgresBinaries } from './postgres.binaries.js';
import { copyOfRunning } from './postgres.copy.js';

export interface PostgresOptions {
  binaries: PostgresBinaries;
  /** Absolute. Made when it is not there. */
  dataDir: string;
  port: number;
  /** Of the superuser `evently`. Letters and digits only: it goes into files of settings. */
  password: string;
  logFile: string;
  owner: Owner | null;
  /** Settings beyond the ones below; written anew at every start. */
  settings?: Record<string, string | number>;
}

const USER = 'evently';
/** Initialising a slow disk's 1,000 files, or replaying after a crash, may take this long (milliseconds). */
const PATIENCE = 120_000;

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: 300,
  timezone: 'UTC',
  log_timezone: 'UTC',
  wal_level: 'logical', // slots move between shards by logical replication
  max_wal_senders: 20,
  max_replication_slots: 20,
  wal_keep_size: '256MB', // a replica that was away for a while catches up
};

/**
 * A batch of the lane needs a megabyte or two for a few milliseconds. As glibc is set, each session gives that back to the kernel and
 * asks for it again, a page fault for every 4 kB: a third of what a booking cost PostgreSQL. So sessions keep what they had, up to 32 MiB.
 */
const ALLOCATOR = {
  MALLOC_TRIM_THRESHOLD_: String(32 * 1024 ** 2),
  MALLOC_MMAP_THRESHOLD_: String(32 * 1024 ** 2),
  MALLOC_TOP_PAD_: String(1024 ** 2),
};

/** A running PostgreSQL that we started. */
export class PostgresServer {
  readonly options: PostgresOptions;
  private child: Child;

  private constructor(options: PostgresOptions, child: Child) {
    this.options = options;
    this.child = child;
  }

  /** Starts the server on its data, which is initialised first if there is none. Throws with the end of its log. */
  static async start(options: PostgresOptions): Promise<PostgresServer> {
    if (!existsSync(options.dataDir)) initialise(options);
    return new PostgresServer(options, await run(options));
  }

  /** Starts a streaming replica of `primary`; its data is copied from there first if there is none. */
  static async startReplica(
    primary: PostgresServer,
    options: Omit<PostgresOptions, 'password'>,
  ): Promise<PostgresServer> {
    const name = `replica_${options.port}`;
    const { port, password } = primary.options;
    const conninfo = `host=127.0.0.1 port=${port} user=${USER} password=${password} application_name=${name}`;
    const all = { ...options, password, settings: { ...options.settings, primary_conninfo: conninfo } };
    if (!existsSync(all.dataDir))
      await copyOfRunning(primary.url(), primary.options.dataDir, all.dataDir, all.owner);
    const replica = new PostgresServer(all, await run(all));
    if (await admin.isStreaming(primary.url(), name, PATIENCE / 8)) return replica;
    await replica.stop();
    throw new Error(`The replica does not follow its primary. ${endOfLog(all)}`);
  }

  get pid(): number {
    return this.child.pid;
  }

  /** Settles when the server ends, with how. */
  get ended(): Promise<string> {
    return this.child.ended;
  }

  url(database = 'postgres'): string {
    return urlOf(this.options, database);
  }

  /** Disconnects everybody, writes a checkpoint and ends. */
  async stop(): Promise<void> {
    await this.child.stop(['SIGINT', 60_000], ['SIGQUIT', 10_000]);
  }

  /** The crash: SIGKILL to the postmaster, whose sessions then end by themselves. */
  async kill(): Promise<void> {
    await this.child.stop();
  }

  /** Starts again on the same data and port after `stop` or `kill`. */
  async restart(): Promise<void> {
    await this.stop();
    this.child = await run(this.options);
  }

  /** Creates the databases that are not there. */
  async ensureDatabases(names: string[]): Promise<void> {
    for (const name of names) {
      if (!(await admin.databaseExists(this.url(), name))) await admin.createDatabase(this.url(), name);
    }
  }

  /** A replica becomes a primary. */
  promote(): Promise<void> {
    return admin.promote(this.url());
  }
}

function urlOf(options: PostgresOptions, database = 'postgres'): string {
  return `postgres://${USER}:${options.password}@127.0.0.1:${options.port}/${database}`;
}

/** Appears under its name only when complete, so that a crash in between leaves nothing half made. */
function initialise(options: PostgresOptions): void {
  const { dataDir, owner } = options;
  const unfinished = `${dataDir}.new`;
  const passwordFile = `${dataDir}.password`;
  rmSync(unfinished, { recursive: true, force: true });
  makePrivateFolder(unfinished, owner);
  try {
    writeFileSync(passwordFile, options.password, { mode: 0o600 });
    giveTo(owner, passwordFile);
    const flags = [
      '-U',
      USER,
      '-A',
      'scram-sha-256',
      `--pwfile=${passwordFile}`,
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
      '-k',
    ];
    const sync = options.settings?.fsync === 'off' ? ['--no-sync'] : [];
    const result = spawnSync(join(options.binaries.bin, 'initdb'), ['-D', unfinished, ...flags, ...sync], {
      ...owner,
      cwd: '/',
      env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' },
      encoding: 'utf8',
    });
    if (result.status !== 0) throw new Error(`initdb failed: ${result.error?.message ?? result.stderr}`);
    appendFileSync(join(unfinished, 'postgresql.conf'), `include 'evently.conf'\n`);
    renameSync(unfinished, dataDir);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

async function run(options: PostgresOptions): Promise<Child> {
  refuseOtherVersion(options);
  writeSettings(options);
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const child = await launch(options);
    const problem = await notReadyBecause(options, child, deadline);
    if (!problem) return child;
    await child.stop(['SIGQUIT', 5_000]);
    // The sessions of a killed server take a moment to end; until then their shared memory is in the way.
    if (!problem.includes('is still in use') || Date.now() > deadline) throw new Error(problem);
    await sleep(200);
  }
}

function launch({ binaries, dataDir, logFile, owner }: PostgresOptions): Promise<Child> {
  return Child.start({
    command: join(binaries.bin, 'postgres'),
    args: ['-D', dataDir],
    cwd: '/',
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', ...ALLOCATOR },
    logFile,
    owner,
    onParentDeath: 'INT',
  });
}

/** Null as soon as the server answers and serves our data; else what is wrong. */
async function notReadyBecause(
  options: PostgresOptions,
  child: Child,
  deadline: number,
): Promise<string | null> {
  while (!child.ending && Date.now() < deadline) {
    try {
      const served = await admin.dataDirectoryAt(urlOf(options));
      if (realpathSync(served) === realpathSync(options.dataDir)) return null;
      return `Port ${options.port} is held by another PostgreSQL, which serves ${served}`;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === '28P01') return `The PostgreSQL on port ${options.port} does not know our password`;
      await sleep(50); // refused, or still starting up (57P03)
    }
  }
  return `PostgreSQL ${child.ending ? `ended with ${child.ending}` : 'did not get ready'}. ${endOfLog(options)}`;
}

function refuseOtherVersion({ dataDir, binaries }: PostgresOptions): void {
  const version = readFileSync(join(dataDir, 'PG_VERSION'), 'utf8').trim();
  if (version === String(binaries.major)) return;
  throw new Error(`${dataDir} was made by PostgreSQL ${version} and cannot be served by ${binaries.major}`);
}

function writeSettings({ dataDir, port, owner, settings }: PostgresOptions): void {
  const lines = Object.entries({ ...SETTINGS, port, ...settings }).map(
    ([key, value]) => `${key} = '${value}'\n`,
  );
  const file = join(dataDir, 'evently.conf');
  writeFileSync(file, lines.join(''), { mode: 0o600 });
  giveTo(owner, file);
}

function endOfLog({ logFile }: PostgresOptions): string {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-8);
  return `The end of ${logFile}:\n${lines.join('\n')}`;
}
