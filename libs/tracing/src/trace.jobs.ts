import { Quota, SAMPLES_A_SECOND } from './domain/quota.js';
import type { Attributes } from './domain/span.js';
import type { Trace } from './domain/trace.js';
import { inTrace, startTrace } from './trace.context.js';
import { recorder } from './trace.recorder.js';

/** By the name of the job, of which there are few. */
const samples = new Map<string, Quota>();

/**
 * A job's place in the trace that caused it, or a new trace. One request may cause 100,000 jobs: not all are samples.
 * @param startedAt by the monotonic clock, milliseconds: when it began to wait, as a rule
 */
export function startJob(name: string, traceparent: string | null, startedAt = performance.now()): Trace {
  const trace = startTrace(traceparent, null, startedAt);
  let quota = samples.get(name);
  if (!quota) samples.set(name, (quota = new Quota(SAMPLES_A_SECOND)));
  if (trace.sampled && !quota.take(performance.now())) trace.sampled = false;
  return trace;
}

/** Records a job that is over, if it is a sample, slow or failed. `endedAt` by the monotonic clock, milliseconds. */
export function jobEnded(
  trace: Trace,
  name: string,
  attributes: Attributes,
  { failed, endedAt = performance.now() }: { failed: boolean; endedAt?: number },
): void {
  recorder.job({ trace, name, kind: 'consumer', endedAt, failed, attributes, request: null });
}

/** Runs work as a job: in its trace, and recorded when it ends. */
export async function inJob<T>(
  trace: Trace,
  name: string,
  attributes: Attributes,
  work: () => Promise<T>,
): Promise<T> {
  let failed = true;
  try {
    const result = await inTrace(trace, work);
    failed = false;
    return result;
  } finally {
    jobEnded(trace, name, attributes, { failed });
  }
}
