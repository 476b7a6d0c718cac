import { type HrTime, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { OtlpConfig } from '#libs/config';
import type { SpanRecord } from '../trace.records.js';

/** Loaded only where a collector is configured. */
export interface SpanSender {
  /** Null once the collector has taken them, else why it has not. Never rejects. */
  send(spans: readonly (SpanRecord & { traceId: string })[]): Promise<string | null>;
  close(): Promise<void>;
}

const KINDS: Record<SpanRecord['kind'], SpanKind> = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

/** OTLP over HTTP, as JSON. The package tries again what is worth it, within the time-out. */
export function openSender(config: OtlpConfig, attributes: Record<string, string | number>): SpanSender {
  const { url, headers, timeoutMs } = config;
  const exporter = new OTLPTraceExporter({ url, headers, timeoutMillis: timeoutMs });
  const resource = resourceFromAttributes(attributes);
  return {
    send: (spans) =>
      new Promise((resolve) => {
        const readable = spans.map((span) => readableOf(span, resource));
        exporter.export(readable, ({ code, error }) => {
          // 0 is success; the enumeration is in a package that is not ours to import.
          resolve(Number(code) === 0 ? null : (error?.message ?? 'no reason given'));
        });
      }),
    close: () => exporter.shutdown(),
  };
}

function readableOf(span: SpanRecord & { traceId: string }, resource: Resource): ReadableSpan {
  const { traceId, spanId, parentSpanId, name, kind, startedAt, endedAt, failed, attributes } = span;
  const context = (id: string) => ({ traceId, spanId: id, traceFlags: TraceFlags.SAMPLED });
  return {
    name,
    kind: KINDS[kind],
    spanContext: () => context(spanId),
    ...(parentSpanId !== null && { parentSpanContext: context(parentSpanId) }),
    startTime: hrTime(startedAt),
    endTime: hrTime(endedAt),
    duration: hrTime(endedAt - startedAt),
    status: { code: failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes: { ...attributes },
    resource,
    instrumentationScope: { name: 'evently' },
    ended: true,
    links: [],
    events: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** Whole seconds and nanoseconds of milliseconds with a fraction. */
function hrTime(ms: number): HrTime {
  const seconds = Math.trunc(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
