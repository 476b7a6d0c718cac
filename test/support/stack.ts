import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { Child, freePort } from '../../apps/cli/src/local-stack/index.js';
import type { TestDatabases } from './databases.js';

type Kind = 'api' | 'worker';

/** Milliseconds; it takes a few seconds on a busy machine. */
const READY_WITHIN = 90_000;

/** A built API or worker (`dist/`) in a process of its own, as in production. */
export class TestProcess {
  readonly kind: Kind;
  readonly port: number;
  /** Everything that its processes wrote, restarts included. */
  output = '';
  private readonly env: NodeJS.ProcessEnv;
  private child!: Child;

  private constructor(kind: Kind, port: number, env: NodeJS.ProcessEnv) {
    this.kind = kind;
    this.port = port;
    this.env = { PATH: process.env.PATH, ...env, [kind === 'api' ? 'PORT' : 'WORKER_PORT']: String(port) };
  }

  /** Resolves when GET /health/ready is 200. */
  static async start(kind: Kind, env: NodeJS.ProcessEnv): Promise<TestProcess> {
    const started = new TestProcess(kind, await freePort(), env);
    try {
      await started.run();
      return started;
    } catch (error) {
      await started.stop();
      throw error;
    }
  }

  /** `http://127.0.0.1:<port>` */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Settles with how the process of now ended: "exit status 0", "signal SIGKILL". */
  get ended(): Promise<string> {
    return this.child.ended;
  }

  /** Sends a signal; SIGSTOP and SIGCONT freeze and thaw it. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.child.process.kill(signal);
  }

  /** Ends it as an operator would. Gives how it ended. */
  async stop(): Promise<string> {
    this.kill('SIGCONT');
    return this.child.stop(['SIGTERM', 30_000]);
  }

  /** Waits until it is gone, and starts it again on the same port. */
  async restart(): Promise<void> {
    await this.stop();
    await this.run();
  }

  /** Without waiting for readiness. */
  async launch(): Promise<void> {
    const script = join('dist', 'apps', this.kind, 'src', 'main.js');
    if (!existsSync(script)) throw new Error(`${script} is not there: npm run build`);
    this.child = await Child.start({
      command: process.execPath,
      args: ['--enable-source-maps', script],
      env: this.env,
    });
    for (const stream of [this.child.process.stdout!, this.child.process.stderr!]) {
      stream.on('data', (data: Buffer) => (this.output += data.toString()));
    }
  }

  /** Resolves when GET /health/ready answers 200; throws with what the process wrote when it does not in time. */
  async untilReady(): Promise<void> {
    let last = 'no answer';
    for (const deadline = Date.now() + READY_WITHIN; Date.now() < deadline; await sleep(50)) {
      if (this.child.ending) break;
      last = await fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(5_000) }).then(
        async (response) => (response.ok ? 'ready' : `${response.status} ${await response.text()}`),
        (error: Error) => error.message,
      );
      if (last === 'ready') return;
    }
    const why = this.child.ending ?? last;
    throw new Error(`The ${this.kind} is not ready (${why}). It wrote:\n${this.output.slice(-4_000)}`);
  }

  private async run(): Promise<void> {
    await this.launch();
    await this.untilReady();
  }
}

/** Several processes on the same databases. */
export interface TestStack {
  apis: TestProcess[];
  workers: TestProcess[];
  /** The first API's address; empty without one. */
  url: string;
  stop(): Promise<void>;
}

export interface StackOptions {
  apis?: number;
  workers?: number;
  /** Further settings, like `THROTTLE_PROFILE: 'relaxed'`. */
  env?: Record<string, string>;
}

/**
 * Starts the built processes on these databases: one API and one worker unless told otherwise. Call `stop` in
 * `afterAll`, before dropping the databases; should the test die before, the kernel ends them.
 */
export async function startStack(databases: TestDatabases, options: StackOptions = {}): Promise<TestStack> {
  const env = { ...databases.env, ...options.env };
  const kinds: Kind[] = [
    ...Array.from({ length: options.apis ?? 1 }, () => 'api' as const),
    ...Array.from({ length: options.workers ?? 1 }, () => 'worker' as const),
  ];
  const results = await Promise.allSettled(kinds.map((kind) => TestProcess.start(kind, env)));
  const processes = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const stop = async () => {
    await Promise.all(processes.map((one) => one.stop()));
  };
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason as Error;
  }
  const of = (kind: Kind) => processes.filter((one) => one.kind === kind);
  return { apis: of('api'), workers: of('worker'), url: of('api')[0]?.url ?? '', stop };
}
