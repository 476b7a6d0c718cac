import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from './child.js';
import { type Owner, giveTo, makePrivateFolder } from './owner.js';

export interface RedisOptions {
  /** `redis-server` or `valkey-server`. */
  binary: string;
  /** Absolute; holds the settings and the dump. Made when it is not there. */
  dir: string;
  port: number;
  /** Letters and digits only. */
  password: string;
  logFile: string;
  owner: Owner | null;
  settings?: Record<string, string | number>;
}

/** A running Redis that we started. */
export class RedisServer {
  readonly options: RedisOptions;
  private child: Child;

  private constructor(options: RedisOptions, child: Child) {
    this.options = options;
    this.child = child;
  }

  static async start(options: RedisOptions): Promise<RedisServer> {
    return new RedisServer(options, await run(options));
  }

  get pid(): number {
    return this.child.pid;
  }

  /** Settles when the server ends, with how. */
  get ended(): Promise<string> {
    return this.child.ended;
  }

  url(database = 0): string {
    return `redis://:${this.options.password}@127.0.0.1:${this.options.port}/${database}`;
  }

  /** Saves its data and ends. */
  async stop(): Promise<void> {
    this.thaw();
    await this.child.stop(['SIGTERM', 30_000]);
  }

  /** The crash. */
  async kill(): Promise<void> {
    await this.child.stop();
  }

  /** Stops it in its tracks (connections stay open, nothing answers) until `thaw`. */
  freeze(): void {
    this.child.process.kill('SIGSTOP');
  }

  thaw(): void {
    this.child.process.kill('SIGCONT');
  }

  /** Starts again on the same data and port after `stop` or `kill`. */
  async restart(): Promise<void> {
    await this.stop();
    this.child = await run(this.options);
  }
}

async function run(options: RedisOptions): Promise<Child> {
  const { binary, dir, port, password, logFile, owner, settings } = options;
  makePrivateFolder(dir, owner);
  const file = join(dir, 'evently.conf');
  const all = {
    bind: '127.0.0.1',
    port,
    requirepass: password,
    dir,
    save: '300 1',
    daemonize: 'no',
    ...settings,
  };
  const lines = Object.entries(all).map(([key, value]) => `${key} ${value === '' ? '""' : value}\n`);
  writeFileSync(file, lines.join(''), { mode: 0o600 });
  giveTo(owner, file);
  const child = await Child.start({
    command: binary,
    args: [file],
    cwd: '/',
    env: { PATH: process.env.PATH },
    logFile,
    owner,
  });
  for (const deadline = Date.now() + 30_000; Date.now() < deadline && !child.ending; await sleep(50)) {
    if (await answers(port, password)) return child;
  }
  const problem = child.ending ? `ended with ${child.ending}` : 'did not get ready';
  await child.stop(['SIGTERM', 5_000]);
  const end = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-8).join('\n');
  throw new Error(`Redis ${problem}. The end of ${logFile}:\n${end}`);
}

/** Whether a Redis that knows our password answers PING on this port. */
function answers(port: number, password: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 2_000 });
    let text = '';
    const finish = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.on('connect', () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    socket.on('data', (data) => {
      text += data.toString();
      if (text.includes('+PONG')) finish(true);
      else if (text.includes('-')) finish(false);
    });
    socket.on('error', () => finish(false));
    socket.on('timeout', () => finish(false));
    socket.on('close', () => finish(false));
  });
}
