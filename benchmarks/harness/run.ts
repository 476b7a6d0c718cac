import type { Benchmark, Context } from './benchmark.js';
import { describeCommit, describeMachine, measureSyncs } from './machine.js';
import { type Result, resultOf } from './report.js';
import { type Servers, startServers } from './servers.js';

export interface RunOptions {
  name: string;
  quick: boolean;
  say?: (text: string) => void;
  /** Instead of servers of the run's own. */
  servers?: Servers;
}

/** Undoes what was done, the last first, once. What cannot be undone does not keep the rest from being undone. */
export class Undoing {
  private readonly steps: (() => Promise<unknown>)[] = [];
  private running: Promise<void> | null = null;
  private ending = false;
  private beginning: Promise<unknown> = Promise.resolve();

  /** Nothing is undone before this has begun entirely. */
  readonly wait = <T>(beginning: Promise<T>): Promise<T> => {
    this.beginning = beginning;
    return beginning;
  };

  /** Throws when all is being undone already, for nothing more shall begin then. */
  readonly defer = (undo: () => Promise<unknown>): void => {
    this.steps.push(undo);
    if (this.ending) throw new Error('the run is being ended');
  };

  /** Throws the first error in the end. Who calls while it runs waits for it, and for what has come on top since. */
  async all(): Promise<void> {
    await this.running;
    await (this.running = this.run());
  }

  private async run(): Promise<void> {
    const errors: unknown[] = [];
    await this.beginning.catch(() => undefined); // told to whoever asked for it
    this.ending = true;
    for (let undo = this.steps.pop(); undo; undo = this.steps.pop()) {
      await undo().catch((error: unknown) => errors.push(error));
    }
    if (errors.length) throw errors[0];
  }
}

/** Runs a benchmark, and undoes what it set up. */
export async function runBenchmark(
  benchmark: Benchmark,
  { name, quick, say = () => undefined, servers: given }: RunOptions,
  undoing = new Undoing(),
): Promise<Result> {
  const machine = describeMachine();
  let starting: Promise<Servers> | null = given ? Promise.resolve(given) : null;
  const context: Context = {
    quick,
    say,
    defer: undoing.defer,
    servers: () => (starting ??= undoing.wait(startServers(undoing.defer))),
  };
  try {
    const findings = await benchmark.run(context);
    if (starting) machine.syncsPerSecond = measureSyncs((await starting).folder);
    return resultOf({ name, commit: describeCommit(), machine, quick }, findings);
  } finally {
    await undoing.all();
  }
}
