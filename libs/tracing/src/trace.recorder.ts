import type { FinishedTrace } from './domain/trace.js';
import { type Kept, type TraceQuery, TraceStore } from './domain/trace.store.js';

/** Takes what is over, to send it somewhere. */
export type TraceSink = (finished: FinishedTrace) => void;

/** A request that took longer is recorded, sampled or not; milliseconds. */
export const SLOW_MS = 250;

/** What becomes of the traces of this process. One a process, like its metrics. */
class TraceRecorder {
  /** The requests that this process remembers. */
  readonly store = new TraceStore();
  private sink: TraceSink | null = null;

  /** Whether jobs are recorded by anybody: only requests are remembered here. */
  get sends(): boolean {
    return this.sink !== null;
  }

  /** Sends on what is over; null stops that. */
  sendTo(sink: TraceSink | null): void {
    this.sink = sink;
  }

  /** Whether a request is worth recording. Asked for each, before anything is made of it. */
  wants(sampled: boolean, name: string, ms: number, failed: boolean, now: number): boolean {
    return sampled || failed || ms > SLOW_MS || this.store.isSlow(name, ms, now);
  }

  request(finished: FinishedTrace): void {
    this.store.add(finished);
    this.sink?.(finished);
  }

  job(finished: FinishedTrace): void {
    const slow = finished.endedAt - finished.trace.startedAt > SLOW_MS;
    if (finished.trace.sampled || finished.failed || slow) this.sink?.(finished);
  }
}

export const recorder = new TraceRecorder();

/** The requests that this process remembers, the newest first. */
export function searchTraces(query: TraceQuery, limit: number): Kept[] {
  return recorder.store.search(query, limit);
}

/** The requests of a trace that this process remembers. */
export function tracesOf(traceId: string): Kept[] {
  return recorder.store.ofTrace(traceId);
}
