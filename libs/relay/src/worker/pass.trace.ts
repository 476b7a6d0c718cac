import {
  Span,
  Trace,
  addSpan,
  endedSpan,
  formatTraceparent,
  inTrace,
  jobEnded,
  spanIdIn,
  startJob,
  startTrace,
} from '#libs/tracing';
import type { ClaimedRow } from '../persistence/claims.sql.js';

/** Where what comes next of a row goes on: a traceparent; null for a row that is not traced. */
export type Continuation = (row: ClaimedRow) => string | null;

const NOWHERE: Continuation = () => null;

/**
 * The way of a batch's rows through one pass, as a job in the trace of each row's cause. What is done for many rows at once
 * is one span, shown in the trace of each; rows that are no samples cost nothing.
 */
export class PassTrace {
  /** By the DomainEvent's id; samples only. */
  private readonly traces = new Map<string, Trace>();
  private readonly running: Promise<unknown>[] = [];

  /** @param askedAt when the claim began, by the monotonic clock */
  constructor(
    private readonly database: string,
    private readonly rows: readonly ClaimedRow[],
    askedAt: number,
  ) {
    const now = performance.now();
    // One span for all, though each waited for as long as it did: what differs is when its job began.
    const claim = endedSpan('claim', askedAt, now, this.told(rows.length), { kind: 'client' });
    for (const row of rows) {
      const writtenAt = Math.min(askedAt, now - (Date.now() - row.createdAt.getTime()));
      const trace = startJob(nameOf(row), row.trace, writtenAt);
      if (!trace.sampled) continue;
      addSpan(endedSpan('outbox wait', writtenAt, askedAt, {}), trace);
      addSpan(claim, trace);
      this.traces.set(row.id, trace);
    }
  }

  /** Does a part of the work for some of the rows. Throws what the work throws. */
  part<T>(
    name: string,
    kind: Span['kind'],
    rows: readonly ClaimedRow[],
    work: (continued: Continuation) => Promise<T>,
  ): Promise<T> {
    const traces = rows.flatMap(({ id }) => this.traces.get(id) ?? []);
    if (!traces.length) return work(NOWHERE);
    const span = new Span(name, performance.now(), null, this.told(rows.length), kind);
    const running = this.watched(span, traces, work);
    this.running.push(running);
    return running;
  }

  /** Records the rows' jobs, once what is late has ended too. */
  async end(failed: (row: ClaimedRow) => boolean): Promise<void> {
    if (this.running.length) await Promise.allSettled(this.running);
    for (const row of this.rows) {
      const sample = this.traces.get(row.id);
      const inVain = failed(row);
      // What fails is recorded, sample or not.
      if (!sample && !inVain) continue;
      const attributes = { 'evently.database': this.database, 'messaging.message.id': row.id };
      jobEnded(sample ?? startTrace(row.trace), nameOf(row), attributes, { failed: inVain });
    }
  }

  private async watched<T>(
    span: Span,
    traces: Trace[],
    work: (continued: Continuation) => Promise<T>,
  ): Promise<T> {
    // Done in the name of one of them: what it logs can be found, and what it asks of databases is kept apart.
    const own = begunAt(traces[0]!, span.startedAt);
    own.within = span;
    const continued: Continuation = ({ id }) => {
      const trace = this.traces.get(id);
      return trace ? formatTraceparent({ ...trace, spanId: spanIdIn(trace, span) }) : null;
    };
    try {
      return await inTrace(own, () => work(continued));
    } catch (error) {
      span.failed = true;
      throw error;
    } finally {
      span.endedAt = performance.now();
      for (const trace of traces) for (const each of [span, ...(own.spans ?? [])]) addSpan(each, trace);
    }
  }

  private told(rows: number) {
    return { 'evently.database': this.database, 'messaging.batch.message_count': rows };
  }
}

function nameOf({ type }: ClaimedRow): string {
  return `relay ${type}`;
}

/** The same place in the same trace, with spans of its own. */
function begunAt({ traceId, spanId, parentSpanId, sampled, requestId }: Trace, startedAt: number): Trace {
  return new Trace(traceId, spanId, parentSpanId, sampled, requestId, startedAt);
}
