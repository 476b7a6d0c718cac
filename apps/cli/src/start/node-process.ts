import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../bootstrap/checkout.mjs';
import { V8_FLAGS } from '../../bootstrap/v8.mjs';
import { Child } from '../local-stack/index.js';

export interface NodeProcessOptions {
  /** Absolute path of the compiled main file. */
  script: string;
  env: NodeJS.ProcessEnv;
  /** `http://host:port`, where GET /health/ready answers 200 once it is ready. */
  url: string;
  logFile: string;
}

/** Milliseconds; a first start on a busy machine takes a few seconds. */
const READY_WITHIN = 120_000;

const FLAGS = ['--enable-source-maps', ...V8_FLAGS];

/** An API or a worker. */
export class NodeProcess {
  private readonly options: NodeProcessOptions;
  private child: Child;

  private constructor(options: NodeProcessOptions, child: Child) {
    this.options = options;
    this.child = child;
  }

  /** Resolves when it is ready; throws with the end of its log. `signal` gives up waiting. */
  static async start(options: NodeProcessOptions, signal: AbortSignal): Promise<NodeProcess> {
    return new NodeProcess(options, await run(options, signal));
  }

  get pid(): number {
    return this.child.pid;
  }

  get ended(): Promise<string> {
    return this.child.ended;
  }

  /** It finishes what it is doing. */
  async stop(): Promise<void> {
    await this.child.stop(['SIGTERM', 20_000]);
  }

  async restart(): Promise<void> {
    await this.stop();
    this.child = await run(this.options);
  }
}

async function run(options: NodeProcessOptions, signal?: AbortSignal): Promise<Child> {
  const child = await Child.start({
    command: process.execPath,
    args: [...FLAGS, options.script],
    cwd: root,
    env: options.env,
    logFile: options.logFile,
  });
  let last = 'no answer';
  for (const deadline = Date.now() + READY_WITHIN; Date.now() < deadline; await sleep(100)) {
    if (child.ending || signal?.aborted) break;
    last = await readiness(options.url);
    if (last === 'ready') return child;
  }
  const problem = child.ending ? `ended with ${child.ending}` : `did not get ready: ${last}`;
  await child.stop(['SIGTERM', 5_000]);
  throw new Error(`${problem}\nThe end of ${options.logFile}:\n${endOf(options.logFile)}`);
}

async function readiness(url: string): Promise<string> {
  try {
    const response = await fetch(`${url}/health/ready`, {
      signal: AbortSignal.timeout(5_000),
    });
    return response.status === 200 ? 'ready' : `${response.status} ${(await response.text()).slice(0, 500)}`;
  } catch (error) {
    return (error as Error).message;
  }
}

function endOf(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
}
