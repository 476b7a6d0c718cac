import type { Estimate } from './estimate.js';

/** An estimate, and what became of the entry. */
export interface Trial {
  estimate: Estimate;
  /** Seconds until it was served; null when it never was. */
  servedAfter: number | null;
  /** Trials that are alike to whoever knows nothing of the event: the base rate is taken among them. */
  kind: string;
}

/** A line of a reliability table: estimates from `from` to below `to`. */
export interface Bin {
  from: number;
  to: number;
  trials: number;
  /** Mean of the chances that were told, and the share that was served. */
  told: number;
  served: number;
}

export interface Calibration {
  trials: number;
  served: number;
  /** Mean square of (chance − outcome); of the estimates, of one rate for all, and of a rate for each kind. */
  brier: number;
  brierOfRate: number;
  brierOfKinds: number;
  /** Mean distance of the table's lines from the diagonal, by trials. */
  off: number;
  bins: Bin[];
  /** Of those served: the share that was served by the time told as p10, p50, p90. */
  within: { p10: number; p50: number; p90: number };
}

const BINS = 10;

export function calibrationOf(trials: readonly Trial[]): Calibration {
  const rate = meanOf(trials, outcome);
  const rates = new Map(
    [...Map.groupBy(trials, (trial) => trial.kind)].map(([kind, own]) => [kind, meanOf(own, outcome)]),
  );
  const bins = binsOf(trials);
  const timed = trials.filter(({ servedAfter, estimate }) => servedAfter !== null && estimate.waitSeconds);
  const within = (q: 'p10' | 'p50' | 'p90') =>
    meanOf(timed, ({ servedAfter, estimate }) => (servedAfter! <= estimate.waitSeconds![q] ? 1 : 0));
  return {
    trials: trials.length,
    served: rate,
    brier: meanOf(trials, (trial) => (trial.estimate.chance - outcome(trial)) ** 2),
    brierOfRate: meanOf(trials, (trial) => (rate - outcome(trial)) ** 2),
    brierOfKinds: meanOf(trials, (trial) => (rates.get(trial.kind)! - outcome(trial)) ** 2),
    off: bins.reduce((sum, bin) => sum + bin.trials * Math.abs(bin.told - bin.served), 0) / trials.length,
    bins,
    within: { p10: within('p10'), p50: within('p50'), p90: within('p90') },
  };
}

function binsOf(trials: readonly Trial[]): Bin[] {
  const byBin = Map.groupBy(trials, ({ estimate }) => Math.min(BINS - 1, Math.floor(estimate.chance * BINS)));
  return [...byBin.keys()]
    .sort((a, b) => a - b)
    .map((bin) => {
      const own = byBin.get(bin)!;
      return {
        from: bin / BINS,
        to: (bin + 1) / BINS,
        trials: own.length,
        told: meanOf(own, ({ estimate }) => estimate.chance),
        served: meanOf(own, outcome),
      };
    });
}

function outcome({ servedAfter }: Trial): number {
  return servedAfter === null ? 0 : 1;
}

function meanOf<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((sum, one) => sum + of(one), 0) / all.length;
}
