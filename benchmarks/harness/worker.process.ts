import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { dyingWithUs } from '../../apps/cli/bootstrap/run.mjs';
import { V8_FLAGS } from '../../apps/cli/bootstrap/v8.mjs';
import { root } from './machine.js';

/** A file of benchmarks/ in a process of its own, which answers messages. The kernel ends it with us. */
export class WorkerProcess {
  private readonly child: ChildProcess;
  private readonly logFile: string;
  private readonly ended: Promise<unknown>;
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private asked = 0;

  private constructor(child: ChildProcess, logFile: string) {
    this.child = child;
    this.logFile = logFile;
    this.ended = once(child, 'exit').then(([code, signal]) => {
      const error = `${logFile}: the process ended with ${signal ?? code}`;
      for (const answer of this.waiting.values()) answer({ id: 0, error });
    });
    child.on('message', (answer: Answer) => {
      this.waiting.get(answer.id)?.(answer);
      this.waiting.delete(answer.id);
    });
  }

  /**
   * @param script below benchmarks/
   * @param env nothing else is in its environment, but NODE_OPTIONS (for a profile, for instance)
   */
  static start(script: string, env: Record<string, string>, logFile: string): WorkerProcess {
    const log = openSync(logFile, 'a');
    const hooks = join(root, 'test/support/source-hooks.mjs');
    const args = [...V8_FLAGS, '--import', hooks, join(root, 'benchmarks', script)];
    const { PATH, NODE_OPTIONS = '' } = process.env;
    const child = spawn(...dyingWithUs(process.execPath, args, 'TERM'), {
      cwd: root,
      env: { PATH, NODE_OPTIONS, ...env },
      detached: true, // Ctrl-C reaches us alone, and we stop things in order
      stdio: ['ignore', log, log, 'ipc'],
      serialization: 'advanced',
    });
    closeSync(log);
    return new WorkerProcess(child, logFile);
  }

  /** Asks the process to do something, and waits for what it says. Throws what went wrong there. */
  ask<T>(what: string, values: object = {}): Promise<T> {
    const id = ++this.asked;
    return new Promise((resolve, reject) => {
      if (this.child.exitCode !== null) return reject(new Error(`${this.logFile}: the process has ended`));
      this.waiting.set(id, ({ error, value }) =>
        error === undefined ? resolve(value as T) : reject(new Error(`${this.logFile}: ${error}`)),
      );
      this.child.send({ id, what, ...values }, (error) => error && reject(error));
    });
  }

  /** CPU that it has used so far, microseconds. */
  async cpuMicros(): Promise<number> {
    return this.ask<number>('cpu');
  }

  /** Memory that it has, bytes, after it has collected its garbage. */
  async memory(): Promise<number> {
    return this.ask<number>('memory');
  }

  /** The most memory that it ever had, bytes. */
  async peakMemory(): Promise<number> {
    return this.ask<number>('peakMemory');
  }

  async stop(): Promise<void> {
    const patience = setTimeout(() => this.child.kill('SIGKILL'), 30_000);
    this.child.kill('SIGTERM');
    if (this.child.connected) this.child.disconnect(); // an open channel would keep it running
    await this.ended;
    clearTimeout(patience);
  }
}

interface Answer {
  id: number;
  error?: string;
  value?: unknown;
}

/** On the other side: answers messages by the handler of their name; `cpu`, `memory` and `peakMemory` are always there. */
export function answer(handlers: Record<string, (values: never) => unknown>): void {
  const all: typeof handlers = { ...handlers, cpu: cpuSoFar, memory: memoryNow, peakMemory };
  process.on('message', ({ id, what, ...values }: { id: number; what: string }) => {
    Promise.resolve()
      .then(() => all[what]!(values as never))
      .then(
        (value) => process.send!({ id, value }),
        (error: Error) => process.send!({ id, error: error.stack }),
      );
  });
}

function cpuSoFar(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function peakMemory(): number {
  return 1024 * process.resourceUsage().maxRSS;
}

/** Bytes that are resident once nothing is left to collect: what is freed by one collection may free more. */
async function memoryNow(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let n = 0; n < 4; n++) {
    collect();
    await sleep(50);
  }
  return process.memoryUsage.rss();
}
