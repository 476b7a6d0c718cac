/** How fast the relay goes and how patient it is. Times in milliseconds. */
export interface Pace {
  /** Rows of one claim. */
  batch: number;
  /** Between two looks while there is something to do. */
  busyMs: number;
  /** Between two looks when there has been nothing for a while. */
  idleMs: number;
  /** The lease: what no consumer has confirmed by then is dispatched again. */
  redispatchMs: number;
  /** Before a row is tried again because a database or Redis was away: its own failures are not counted then. */
  awayMs: number;
  /** Before the second try of a row that failed; doubled for each further one, up to five minutes. */
  backoffMs: number;
  /** Failures after which a row parks. */
  tries: number;
  /** An effect whose worker has died is found and run again after about this time. */
  stalledMs: number;
}

export const DEFAULT_PACE: Pace = {
  batch: 500,
  busyMs: 50,
  idleMs: 500,
  redispatchMs: 30_000,
  awayMs: 5000,
  backoffMs: 1000,
  tries: 10,
  stalledMs: 15_000,
};

export const LONGEST_BACKOFF_MS = 300_000;

/** How long to wait after a look that claimed this many rows; `before` is the wait before it. */
export function pauseAfter(claimed: number, before: number, pace: Pace): number {
  if (claimed >= pace.batch) return 0;
  return claimed > 0 ? pace.busyMs : Math.min(Math.max(before, pace.busyMs) * 1.5, pace.idleMs);
}

/** How long to wait after a look that failed because the database is away. */
export function pauseAfterFailure(before: number): number {
  return Math.min(Math.max(before, 125) * 2, 5000);
}
