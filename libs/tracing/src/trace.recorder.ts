import type { FinishedTrace } from './domain/trace.js';
import { type Kept, type TraceQuery, TraceStore } from './domain/trace.store.js';

/** Takes what is over, to send it somewhere. */
export type TraceSink = (finished: FinishedTrace) => void;

/** A request that took longer is recorded, sampled or not; milliseconds. */
export const SLOW_MS = 250;

/** What becomes of the traces of this process. One a process, like its metrics. */
class TraceRecorder {
  /** The requests and jobs that this process remembers. */
  readonly store = new TraceStore();
  private sink: TraceSink | null = null;

  /** Sends on what is over; null stops that. */
  sendTo(sink: TraceSink | null): void {
    this.sink = sink;
  }

  /** Whether a request or job is worth recording. Asked for each, before anything is made of it. */
  wants(sampled: boolean, name: string, ms: number, failed: boolean, now: number): boolean {
    return sampled || failed || ms > SLOW_MS || this.store.isSlow(name, ms, now);
  }

  request(finished: FinishedTrace): void {
    this.store.add(finished);
    this.sink?.(finished);
  }

  job(finished: FinishedTrace): void {
    const { trace, name, failed, endedAt } = finished;
    if (!this.wants(trace.sampled, name, endedAt - trace.startedAt, failed, endedAt)) return;
    this.store.add(finished);
    this.sink?.(finished);
  }
}

export const recorder = new TraceRecorder();

/** The requests and jobs that this process remembers, the newest first. */
export function searchTraces(query: TraceQuery, limit: number): Kept[] {
  return recorder.store.search(query, limit);
}

/** The requests and jobs of a trace that this process remembers. */
export function tracesOf(traceId: string): Kept[] {
  return recorder.store.ofTrace(traceId);
}
