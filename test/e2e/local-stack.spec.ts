import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type Server, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Child,
  freePort,
  isFree,
  serverOwner,
  withConnection,
} from '../../apps/cli/src/local-stack/index.js';
import { createDatabases } from '../support/databases.js';

const PORTS = [
  'PORT',
  'WORKER_PORT',
  'LOCAL_POSTGRES_PORT',
  'LOCAL_REPLICA_PORT',
  'LOCAL_REDIS_PORT',
] as const;
const LONG = 600_000;

/** What `npm start` runs, with its own data and ports. */
class Launcher {
  output = '';
  readonly ports: Record<string, string>;
  private readonly checkout: string;
  private readonly env: NodeJS.ProcessEnv;
  private child!: Child;

  private constructor(checkout: string, ports: Record<string, string>, env: Record<string, string>) {
    this.checkout = checkout;
    this.ports = ports;
    this.env = { PATH: process.env.PATH, HOME: '/nonexistent', ...ports, ...env };
  }

  static async in(checkout: string, env: Record<string, string>): Promise<Launcher> {
    const ports: Record<string, string> = {};
    for (const name of PORTS) ports[name] = String(await freePort());
    return new Launcher(checkout, ports, env);
  }

  async start(
    options: { args?: string[]; env?: Record<string, string>; owner?: { uid: number; gid: number } } = {},
  ) {
    this.output = '';
    this.child = await Child.start({
      command: process.execPath,
      args: [join(this.checkout, 'apps/cli/bootstrap.mjs'), 'start', ...(options.args ?? [])],
      cwd: this.checkout,
      env: { ...this.env, ...options.env },
      owner: options.owner,
    });
    for (const stream of [this.child.process.stdout!, this.child.process.stderr!]) {
      stream.on('data', (data: Buffer) => (this.output += data.toString()));
    }
  }

  async startUntilReady(options: Parameters<Launcher['start']>[0] = {}): Promise<void> {
    await this.start(options);
    await this.until('Evently is ready');
  }

  async until(text: string): Promise<void> {
    while (!this.output.includes(text)) {
      if (this.child.ending) throw new Error(`The launcher ended with ${this.child.ending}:\n${this.output}`);
      await sleep(50);
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.process.kill(signal);
  }

  get ended(): Promise<string> {
    this.child.process.ref();
    return this.child.ended;
  }

  async stop(): Promise<string> {
    this.kill('SIGTERM');
    return this.ended;
  }

  async portsInUse(): Promise<string[]> {
    const states = await Promise.all(
      PORTS.map(async (name) => ((await isFree(Number(this.ports[name]))) ? [] : [name])),
    );
    return states.flat();
  }

  async isReady(): Promise<boolean> {
    const answer = await fetch(`http://127.0.0.1:${this.ports.PORT}/health/ready`);
    return answer.status === 200;
  }
}

/** The processes that a data folder's start has noted. */
function processesOf(data: string): { name: string; pid: number }[] {
  return JSON.parse(readFileSync(join(data, 'processes.json'), 'utf8')) as { name: string; pid: number }[];
}

function pidOf(data: string, name: string): number {
  return processesOf(data).find((one) => one.name === name)!.pid;
}

async function gone(pids: number[]): Promise<void> {
  while (pids.some((pid) => existsSync(`/proc/${pid}`))) await sleep(50);
}

function masterOf(launcher: Launcher, data: string, port = 'LOCAL_POSTGRES_PORT'): string {
  const { databasePassword } = JSON.parse(readFileSync(join(data, 'secrets.json'), 'utf8')) as Record<
    string,
    string
  >;
  return `postgres://evently:${databasePassword}@127.0.0.1:${launcher.ports[port]}/evently_master`;
}

const query = (url: string, sql: string) =>
  withConnection(url, async (client) => (await client.query<Record<string, unknown>>(sql)).rows);

/** A folder that servers may pass through, whoever they run as. */
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'evently-start-'));
  chmodSync(folder, 0o711);
  return folder;
}

describe('npm start', () => {
  const data = temporaryFolder();
  let launcher: Launcher;

  beforeAll(async () => {
    launcher = await Launcher.in(process.cwd(), { EVENTLY_DATA_DIR: data });
    await launcher.startUntilReady();
  }, LONG);

  afterAll(async () => {
    await launcher.stop();
    rmSync(data, { recursive: true });
  }, LONG);

  it('serves the API and says where, and who its administrator is', async () => {
    expect(await launcher.isReady()).toBe(true);
    for (const path of ['/docs', '/metrics', '/health/ready']) {
      expect(launcher.output).toContain(`http://127.0.0.1:${launcher.ports.PORT}${path}`);
    }
    expect(launcher.output).toMatch(/Administrator\s+\S+@\S+\n\s+password\s+\S{12,}/);
  });

  it('fills empty databases with a demo, once', async () => {
    expect(launcher.output).toMatch(/\d{3,} events/);
    const events = await fetch(`http://127.0.0.1:${launcher.ports.PORT}/v1/events?limit=1`);
    expect(await events.json()).toMatchObject({ data: [{ status: 'published' }] });
  });

  it('keeps passwords and keys for its owner’s eyes only', () => {
    const { status, stdout } = spawnSync('stat', ['-c', '%a', join(data, 'secrets.json')], {
      encoding: 'utf8',
    });
    expect([status, stdout.trim()]).toEqual([0, '600']);
  });

  it('copies what is written to the replica', async () => {
    await query(masterOf(launcher, data), 'create table kept as select 42 as answer');
    const replica = masterOf(launcher, data, 'LOCAL_REPLICA_PORT');
    await eventually(async () =>
      expect(await query(replica, 'select answer from kept')).toEqual([{ answer: 42 }]),
    );
    expect(await query(replica, 'show fsync')).toEqual([{ fsync: 'on' }]);
  });

  it('refuses a second one on the same data and says so', async () => {
    const second = await Launcher.in(process.cwd(), { EVENTLY_DATA_DIR: data });
    await second.start();
    expect(await second.ended).toBe('exit status 1');
    expect(second.output).toMatch(/already runs on the data in .* \(process \d+/);
    expect(await launcher.isReady()).toBe(true);
  });

  it(
    'starts an API again that died',
    async () => {
      const before = pidOf(data, 'api');
      process.kill(before, 'SIGKILL');
      await launcher.until('api runs again');
      expect(launcher.output).toContain('api ended unexpectedly (signal SIGKILL)');
      expect(await launcher.isReady()).toBe(true);
      expect(pidOf(data, 'api')).not.toBe(before);
    },
    LONG,
  );

  it(
    'stops all that it started on SIGTERM, and finds its data when it starts again',
    async () => {
      const pids = processesOf(data).map(({ pid }) => pid);
      expect(pids).toHaveLength(5);
      expect(await launcher.stop()).toBe('exit status 0');
      expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
      const order = ['stopping Redis', 'stopping PostgreSQL replica', 'stopping PostgreSQL\n'];
      const places = ['stopping api', ...order].map((line) => launcher.output.indexOf(line));
      expect(places).toEqual([...places].sort((a, b) => a - b));
      expect(places[0]).toBeGreaterThan(0);

      await launcher.startUntilReady();
      expect(await query(masterOf(launcher, data), 'select answer from kept')).toEqual([{ answer: 42 }]);
    },
    LONG,
  );

  it(
    'starts again after it was killed together with a frozen API',
    async () => {
      const processes = processesOf(data);
      const api = pidOf(data, 'api');
      process.kill(api, 'SIGSTOP');
      launcher.kill('SIGKILL');
      await launcher.ended;
      // The kernel ends the others, but the frozen one hears nothing and keeps its port.
      await gone(processes.map(({ pid }) => pid).filter((pid) => pid !== api));
      expect(await launcher.portsInUse()).toEqual(['PORT']);

      await launcher.startUntilReady();
      expect(launcher.output).toContain('stopped what an earlier start left running: api');
      expect(await query(masterOf(launcher, data), 'select answer from kept')).toEqual([{ answer: 42 }]);
    },
    LONG,
  );

  it(
    'names the port that is taken, by whom, and the setting that moves it',
    async () => {
      await launcher.stop();
      const other = await listenOn(Number(launcher.ports.LOCAL_REDIS_PORT));
      try {
        await launcher.start();
        expect(await launcher.ended).toBe('exit status 1');
        expect(launcher.output).toContain(`Port ${launcher.ports.LOCAL_REDIS_PORT} is taken by`);
        expect(launcher.output).toContain(`(pid ${process.pid})`);
        expect(launcher.output).toMatch(/LOCAL_REDIS_PORT=\d+ npm start/);
      } finally {
        other.close();
      }
      expect(await launcher.portsInUse()).toEqual([]);
    },
    LONG,
  );

  it(
    'stops while it is still starting',
    async () => {
      await launcher.start();
      await launcher.until('starting its replica');
      expect(await launcher.stop()).toBe('exit status 0');
      expect(await launcher.portsInUse()).toEqual([]);
    },
    LONG,
  );

  it(
    'begins anew with --fresh',
    async () => {
      await launcher.startUntilReady({ args: ['--fresh', '--no-demo'] });
      const tables = `select from pg_tables where tablename = 'kept'`;
      expect(await query(masterOf(launcher, data), tables)).toEqual([]);
    },
    LONG,
  );
});

describe('npm start with servers of one’s own', () => {
  it(
    'uses these and starts no server',
    async () => {
      const data = temporaryFolder();
      const databases = await createDatabases();
      const launcher = await Launcher.in(process.cwd(), { EVENTLY_DATA_DIR: data, ...databases.env });
      try {
        await launcher.startUntilReady({ args: ['--no-demo'] });
        expect(
          processesOf(data)
            .map(({ name }) => name)
            .sort(),
        ).toEqual(['api', 'worker']);
        expect(await launcher.isReady()).toBe(true);
        expect(launcher.output).not.toContain(databases.env.ADMIN_PASSWORD);
      } finally {
        await launcher.stop();
        await databases.drop();
        rmSync(data, { recursive: true });
      }
    },
    LONG,
  );
});

// Only root can run something as somebody else.
const asRoot = serverOwner() ? describe : describe.skip;

asRoot('npm start in a folder that others cannot enter', () => {
  const folder = temporaryFolder();
  const closed = join(folder, 'closed');
  const checkout = join(closed, 'evently');
  const nobody = serverOwner()!;

  beforeAll(() => {
    mkdirSync(closed, { mode: 0o700 });
    copyCheckout(checkout);
  }, LONG);

  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['root', 0, undefined],
    ['another user', nobody.uid, nobody],
  ] as const)(
    'brings everything up for %s and stops it',
    async (_who, uid, owner) => {
      for (const path of [closed, checkout]) chownSync(path, uid, uid);
      const data = owner ? join(checkout, '.evently') : join(folder, 'data');
      const launcher = await Launcher.in(checkout, owner ? {} : { EVENTLY_DATA_DIR: data });
      try {
        await launcher.startUntilReady({ owner, args: ['--no-demo'] });
        expect(await launcher.isReady()).toBe(true);
      } finally {
        await launcher.stop();
      }
      expect(await launcher.portsInUse()).toEqual([]);
    },
    LONG,
  );
});

/** What git would bring, built; packages as links to the same files. */
function copyCheckout(to: string): void {
  const script = `mkdir "$1" && git ls-files -z --cached --others --exclude-standard |
    xargs -0 cp -a --parents -t "$1" && cp -a dist prisma/generated "$1" &&
    mkdir -p "$1/prisma" && mv "$1/generated" "$1/prisma/" &&
    (cp -al node_modules "$1" 2>/dev/null || cp -a node_modules "$1")`;
  const { status, stderr } = spawnSync('sh', ['-c', script, 'sh', to], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

function listenOn(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

async function eventually(check: () => Promise<void>): Promise<void> {
  for (const deadline = Date.now() + 30_000; ; await sleep(100)) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
