import type { Servers } from './servers.js';

/** One question that is answered by measuring. `benchmarks/NAME.bench.ts` exports one as its default. */
export interface Benchmark {
  /** The question, in one line. */
  asks: string;
  run(context: Context): Promise<Findings>;
}

/** What a benchmark is given. */
export interface Context {
  /** Shorter and coarser, within 60 s, set-up included. */
  quick: boolean;
  /** Starts servers of this run's own (fsync on, migrated); a second call gives the same ones. */
  servers: () => Promise<Servers>;
  /** Registers what is to be undone at the end, in reverse order, also when the run fails or is interrupted. */
  defer: (undo: () => Promise<unknown>) => void;
  /** Tells whoever watches what goes on. */
  say: (text: string) => void;
}

/** Figures of one run. */
export interface Figures {
  /** Successes a second. */
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** CPU a request, microseconds; `setting.cpu` says of which processes. */
  cpuMicros: number;
}

/** Figures of one run, with those that only some benchmarks have, such as the generator's share of a CPU. */
export type Measured = Figures & Record<string, number>;

/** What was found out about one strategy, or one variant of it: medians of its rounds. */
export interface Row extends Figures {
  strategy: string;
  [more: string]: number | string;
}

/** A budget of the design, and what was measured for it. */
export interface Bar {
  what: string;
  /** Such as `>= 25`. */
  bar: string;
  measured: number;
  met: boolean;
}

export interface Findings {
  rows: Row[];
  ratios: Record<string, number>;
  bars: Bar[];
  /** What must always hold and was seen broken, in words; empty when all is well. */
  faults: string[];
  /** What was looked at to say so: bookings, rows of the outbox, seats and the like. */
  checked: Record<string, number>;
  /** How the figures are to be read: clients, rounds, what `cpuMicros` counts, pool sizes. */
  setting: Record<string, number | string>;
}

/** `at least` or `at most` a number. */
export function bar(what: string, sign: '>=' | '<=', limit: number, measured: number): Bar {
  const met = sign === '>=' ? measured >= limit : measured <= limit;
  return { what, bar: `${sign} ${limit}`, measured, met };
}
