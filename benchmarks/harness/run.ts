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

  readonly defer = (undo: () => Promise<unknown>): void => {
    this.steps.push(undo);
  };

  /** Throws the first error in the end. */
  async all(): Promise<void> {
    const errors: unknown[] = [];
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
    servers: () => (starting ??= startServers(undoing.defer)),
  };
  try {
    const findings = await benchmark.run(context);
    if (starting) machine.syncsPerSecond = measureSyncs((await starting).folder);
    return resultOf({ name, commit: describeCommit(), machine, quick }, findings);
  } finally {
    await undoing.all();
  }
}
