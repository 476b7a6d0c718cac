import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { dyingWithUs } from '../../bootstrap/run.mjs';
import type { Owner } from './owner.js';

export interface ChildOptions {
  command: string;
  args: string[];
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Where its output is appended; without it the output comes through `Child.process.stdout`. */
  logFile?: string;
  owner?: Owner | null;
  /** Sent by the kernel should this process die without stopping its children. */
  onParentDeath?: 'TERM' | 'INT';
}

/**
 * A process that we started: it lives in its own session, so that Ctrl-C reaches us alone and we stop things in
 * order. It does not keep us running: a test that failed before it could stop its server still ends, and the
 * server with it.
 */
export class Child {
  readonly process: ChildProcess;
  /** Settles, and never rejects, when the process is gone: "exit status 1" or "signal SIGKILL". */
  readonly ended: Promise<string>;
  /** How it ended; null while it runs. */
  ending: string | null = null;

  private constructor(process: ChildProcess) {
    this.process = process;
    this.ended = new Promise((resolve) => {
      process.once('exit', (code, signal) => {
        this.ending = signal ? `signal ${signal}` : `exit status ${code}`;
        resolve(this.ending);
      });
    });
  }

  /** Throws when the command cannot be run. */
  static async start(options: ChildOptions): Promise<Child> {
    const log = options.logFile ? openSync(options.logFile, 'a', 0o600) : null;
    try {
      const [command, args] = dyingWithUs(options.command, options.args, options.onParentDeath ?? 'TERM');
      const child = spawn(command, args, {
        cwd: options.cwd,
        env: options.env,
        detached: true,
        stdio: ['ignore', log ?? 'pipe', log ?? 'pipe'],
        ...(options.owner ? { uid: options.owner.uid, gid: options.owner.gid } : {}),
      });
      const started = new Child(child);
      await once(child, 'spawn');
      child.unref();
      for (const stream of [child.stdout, child.stderr]) (stream as Socket | null)?.unref();
      return started;
    } finally {
      if (log !== null) closeSync(log);
    }
  }

  get pid(): number {
    return this.process.pid!;
  }

  /** Sends the signals one after the other, each given its patience (milliseconds), until the process is gone. */
  async stop(...steps: [signal: NodeJS.Signals, patience: number][]): Promise<string> {
    for (const [signal, patience] of [...steps, ['SIGKILL', 10_000] as const]) {
      if (this.ending) return this.ending;
      this.process.ref();
      this.process.kill(signal);
      await Promise.race([this.ended, sleep(patience, undefined, { ref: false })]);
    }
    return this.ending ?? 'still there after SIGKILL';
  }
}
