import type { FinishedTrace } from './trace.js';

/** How many are kept: some megabytes in all. */
const RECENT = 1000;
const FAILED = 200;
const SLOW_OF_A_ROUTE = 10;
/** What was slow is of interest for an hour; then something less slow takes its place. */
const SLOW_MS = 3_600_000;

export interface TraceQuery {
  /** `/v1/bookings`, or with its method `POST /v1/bookings`. */
  route?: string;
  minDurationMs?: number;
  /** `201`, or a class: `5xx`. */
  status?: string;
  /** Only those that came to an end before the one with this number. */
  before?: number;
}

/** Numbered in the order in which they ended. */
export type Kept = FinishedTrace & { number: number };

/** The requests that a process remembers: the last ones, those that failed, and of each route the slowest. */
export class TraceStore {
  private readonly recent: Kept[] = [];
  private readonly failed: Kept[] = [];
  private readonly slow = new Map<string, Kept[]>();
  private count = 0;
  private failures = 0;

  /** Whether a request is slow for its route, so that it is worth keeping whatever else is left out. */
  isSlow(route: string, ms: number, now: number): boolean {
    const slowest = this.slow.get(route);
    if (!slowest || slowest.length < SLOW_OF_A_ROUTE) return true;
    const last = slowest[slowest.length - 1]!;
    return ms > durationOf(last) || slowest.some((one) => now - one.endedAt > SLOW_MS);
  }

  add(finished: FinishedTrace): void {
    const kept = { ...finished, number: this.count++ };
    this.recent[kept.number % RECENT] = kept;
    if (kept.failed) this.failed[this.failures++ % FAILED] = kept;
    if (this.isSlow(kept.name, durationOf(kept), kept.endedAt)) this.keepSlow(kept);
  }

  /** The newest first. */
  search({ route, minDurationMs = 0, status, before = Infinity }: TraceQuery, limit: number): Kept[] {
    return this.all()
      .filter(
        (one) =>
          one.number < before &&
          durationOf(one) >= minDurationMs &&
          (route === undefined || one.request?.route === route || one.name === route) &&
          (status === undefined || hasStatus(one, status)),
      )
      .slice(0, limit);
  }

  /** All requests of a trace, in the order in which they began. */
  ofTrace(traceId: string): Kept[] {
    const own = this.all().filter(({ trace }) => trace.traceId === traceId);
    return own.sort((a, b) => a.trace.startedAt - b.trace.startedAt);
  }

  private all(): Kept[] {
    const kept = new Set([...this.recent, ...this.failed, ...[...this.slow.values()].flat()]);
    return [...kept].sort((a, b) => b.number - a.number);
  }

  private keepSlow(finished: Kept): void {
    const young = (this.slow.get(finished.name) ?? []).filter(
      (one) => finished.endedAt - one.endedAt <= SLOW_MS,
    );
    const slowest = [...young, finished].sort((a, b) => durationOf(b) - durationOf(a));
    this.slow.set(finished.name, slowest.slice(0, SLOW_OF_A_ROUTE));
  }
}

export function durationOf({ trace, endedAt }: FinishedTrace): number {
  return endedAt - trace.startedAt;
}

function hasStatus({ request }: FinishedTrace, status: string): boolean {
  const own = String(request?.status);
  return status.endsWith('xx') ? own[0] === status[0] : own === status;
}
