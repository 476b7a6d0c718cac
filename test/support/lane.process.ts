import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { dyingWithUs } from '../../apps/cli/bootstrap/run.mjs';
import type { InventoryService } from '#libs/inventory';

/** What can be asked of a lane across processes. */
export type Inventory = Pick<
  InventoryService,
  | 'book'
  | 'hold'
  | 'consume'
  | 'release'
  | 'cancel'
  | 'checkIn'
  | 'cancelSome'
  | 'join'
  | 'accept'
  | 'decline'
  | 'leave'
  | 'prioritize'
  | 'expire'
>;

/** The process ended before it answered: nobody knows what became of the request. */
export class ProcessGone extends Error {
  readonly code = 'process_gone';
}

/** A process of its own with a lane a shard (the built libraries), to be killed and frozen in the middle of its work. */
export class LaneProcess implements Inventory {
  private calls = 0;
  private readonly waiting = new Map<
    number,
    { resolve: (result: any) => void; reject: (error: Error) => void }
  >();

  readonly book = this.method('book');
  readonly hold = this.method('hold');
  readonly consume = this.method('consume');
  readonly release = this.method('release');
  readonly checkIn = this.method('checkIn');
  readonly cancel = this.method('cancel');
  readonly cancelSome = this.method('cancelSome');
  readonly join = this.method('join');
  readonly accept = this.method('accept');
  readonly decline = this.method('decline');
  readonly leave = this.method('leave');
  readonly prioritize = this.method('prioritize');
  readonly expire = this.method('expire');

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (message) => this.hear(message as Heard));
    child.on('exit', () => {
      for (const { reject } of this.waiting.values()) reject(new ProcessGone('the process is gone'));
      this.waiting.clear();
    });
  }

  static async start(env: NodeJS.ProcessEnv): Promise<LaneProcess> {
    const script = join(import.meta.dirname, 'lane.child.mjs');
    const [command, args] = dyingWithUs(process.execPath, ['--enable-source-maps', script], 'TERM');
    const child = spawn(command, args, {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    const started = new LaneProcess(child);
    const [first] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as unknown[];
    if (first !== 'ready') throw new Error(`the process with the lanes did not start: ${String(first)}`);
    return started;
  }

  /** Sends a signal; SIGSTOP and SIGCONT freeze and thaw it. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.child.kill(signal);
  }

  /** Ends it and waits until it is gone. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  private method<Name extends keyof Inventory>(method: Name): Inventory[Name] {
    const call = (...args: unknown[]) =>
      new Promise((resolve, reject) => {
        const number = ++this.calls;
        this.waiting.set(number, { resolve, reject });
        this.child.send({ call: number, method, args }, (error) => {
          if (error && this.waiting.delete(number)) reject(new ProcessGone(error.message));
        });
      });
    return call as Inventory[Name];
  }

  private hear(message: Heard): void {
    if (message === 'ready') return;
    const { call, result, failure } = message;
    const waiting = this.waiting.get(call);
    this.waiting.delete(call);
    if (failure) waiting?.reject(Object.assign(new Error(failure.message), failure));
    else waiting?.resolve(result);
  }
}

type Heard =
  | 'ready'
  | { call: number; result?: unknown; failure?: { message: string; code?: string; members?: object } };
