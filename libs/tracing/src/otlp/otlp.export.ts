import { Logger } from '@nestjs/common';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OtlpConfig } from '#libs/config';
import type { FinishedTrace } from '../domain/trace.js';
import { counter, gauge } from '../metrics.registry.js';
import type { SpanSender } from './otlp.sender.js';
import { type SpanRecord, spansOf } from '../trace.records.js';

/** Longest wait for the collector when the process ends; what it has not taken by then is dropped. */
const CLOSE_MS = 3000;

const sent = counter(
  'otlp_spans_total',
  'Spans for the collector, by what became of them: sent, failed or dropped.',
  ['outcome'],
);

/**
 * Sends what is over to a collector, in batches, behind the back of whoever does the work. What it holds is bounded: a
 * collector that is away, slow or refuses costs spans, which are counted, and nothing else.
 */
export class OtlpExport {
  private readonly log = new Logger(OtlpExport.name);
  private readonly waiting: FinishedTrace[] = [];
  /** Spans of what waits. */
  private spans = 0;
  private running: Promise<void> | null = null;
  private timer: NodeJS.Timeout | undefined;
  private lastFault: string | null = null;

  private constructor(
    private readonly config: OtlpConfig,
    private readonly sender: SpanSender,
  ) {
    for (const outcome of ['sent', 'failed', 'dropped']) sent.inc({ outcome }, 0);
    gauge('otlp_queue_spans', 'Spans that wait for the collector.', [], (depth) => depth.set(this.spans));
  }

  /** Loads the packages that speak OTLP, which a process without a collector never does. */
  static async open(config: OtlpConfig, processName: string): Promise<OtlpExport> {
    const { openSender } = await import('./otlp.sender.js');
    const resource = {
      'service.namespace': 'evently',
      'service.name': config.serviceName ?? `evently-${processName}`,
      'service.instance.id': `${hostname()}:${process.pid}`,
      'host.name': hostname(),
      'process.pid': process.pid,
      ...config.resource,
    };
    return new OtlpExport(config, openSender(config, resource));
  }

  /** Takes a request or job that is over; what there is no room for is dropped. */
  add(finished: FinishedTrace): void {
    const size = 1 + (finished.trace.spans?.length ?? 0);
    if (this.spans + size > this.config.maxQueue) return sent.inc({ outcome: 'dropped' }, size);
    this.waiting.push(finished);
    this.spans += size;
    if (this.spans >= this.config.batch) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), this.config.everyMs).unref();
  }

  /** Sends what waits, or gives up on it after a while. */
  async close(): Promise<void> {
    this.flush();
    await Promise.race([this.running, sleep(CLOSE_MS, undefined, { ref: false })]);
    if (this.spans) sent.inc({ outcome: 'dropped' }, this.spans);
    await Promise.race([this.sender.close(), sleep(CLOSE_MS, undefined, { ref: false })]);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    // One request at a time: a slow collector is not asked for more.
    this.running ??= this.sendAll().finally(() => (this.running = null));
  }

  private async sendAll(): Promise<void> {
    while (this.waiting.length) {
      const batch = this.take();
      const fault = await this.sender.send(batch);
      sent.inc({ outcome: fault === null ? 'sent' : 'failed' }, batch.length);
      this.tell(fault);
    }
  }

  /** The next spans, at most a batch of them if a trace is no larger than that. */
  private take(): (SpanRecord & { traceId: string })[] {
    const batch: (SpanRecord & { traceId: string })[] = [];
    let count = 0;
    for (const { trace } of this.waiting) {
      const size = 1 + (trace.spans?.length ?? 0);
      if (count && batch.length + size > this.config.batch) break;
      batch.push(...spansOf(this.waiting[count]!).map((span) => ({ ...span, traceId: trace.traceId })));
      count++;
    }
    this.waiting.splice(0, count);
    this.spans -= batch.length;
    return batch;
  }

  /** Once when it begins to fail, and once when that is over. */
  private tell(fault: string | null): void {
    if (fault !== null && this.lastFault === null) this.log.warn(`the collector takes no spans: ${fault}`);
    if (fault === null && this.lastFault !== null) this.log.log('the collector takes spans again');
    this.lastFault = fault;
  }
}
