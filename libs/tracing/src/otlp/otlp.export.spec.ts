import { createServer } from 'node:net';
import type { OtlpConfig } from '#libs/config';
import { Collector } from '../../../../test/support/collector.js';
import { until } from '../../../../test/support/until.js';
import { endedSpan } from '../domain/span.js';
import { addSpan, renderMetrics, startTrace } from '../index.js';
import type { FinishedTrace } from '../domain/trace.js';
import { OtlpExport } from './otlp.export.js';

let collector: Collector;
beforeEach(async () => {
  collector = await Collector.start();
});
afterEach(() => collector.stop());

const configOf = (more: Partial<OtlpConfig> = {}): OtlpConfig => ({
  url: `${collector.url}/v1/traces`,
  headers: {},
  timeoutMs: 500,
  serviceName: null,
  resource: {},
  maxQueue: 100,
  batch: 10,
  everyMs: 20,
  ...more,
});

/** A request with one span below it. */
function finished(name = 'GET /a', failed = false): FinishedTrace {
  const trace = startTrace(undefined, 'request-1');
  const parent = endedSpan('outer', trace.startedAt, trace.startedAt + 2, { one: 1 });
  addSpan(parent, trace);
  addSpan(endedSpan('SELECT a', trace.startedAt, trace.startedAt + 1, {}, { parent, kind: 'client' }), trace);
  const request = { method: 'GET', route: '/a', path: '/a', status: failed ? 500 : 200 };
  const endedAt = trace.startedAt + 3;
  return { trace, name, kind: 'server', endedAt, failed, attributes: {}, request };
}

/** Spans by outcome since the last look. */
let before: Record<string, number> = { sent: 0, failed: 0, dropped: 0 };
async function outcomes(): Promise<Record<string, number>> {
  const { text } = await renderMetrics();
  const now = Object.fromEntries(
    [...text.matchAll(/^otlp_spans_total\{outcome="(\w+)"\} (\d+)$/gm)].map(([, name, n]) => [
      name!,
      Number(n),
    ]),
  );
  const since = Object.fromEntries(Object.entries(now).map(([name, n]) => [name, n - before[name]!]));
  before = now;
  return since;
}

it('sends requests and their parts with parents, times, kinds and what they tell', async () => {
  const config = configOf({
    headers: { 'x-tenant': 'one' },
    resource: { 'deployment.environment.name': 'test' },
  });
  const exporting = await OtlpExport.open(config, 'api');
  const [good, bad] = [finished(), finished('GET /b', true)];
  exporting.add(good);
  exporting.add(bad);
  await until(() => collector.spans.length === 6);
  await exporting.close();
  const of = ({ trace }: FinishedTrace) => collector.spans.filter(({ traceId }) => traceId === trace.traceId);
  const [root, outer, inner] = ['GET /a', 'outer', 'SELECT a'].map((name) =>
    of(good).find((span) => span.name === name)!,
  );
  expect(root).toMatchObject({ spanId: good.trace.spanId, kind: 2, failed: false, service: 'evently-api' });
  expect(root!.parentSpanId).toBeUndefined();
  expect(root!.attributes).toMatchObject({ 'http.route': '/a', 'evently.request.id': 'request-1' });
  expect(outer).toMatchObject({ parentSpanId: root!.spanId, kind: 1 });
  expect(inner).toMatchObject({ parentSpanId: outer!.spanId, kind: 3 });
  const ms = Number((root!.end - root!.start) / 1000n) / 1000;
  expect(Math.abs(ms - 3)).toBeLessThan(0.1);
  expect(Math.abs(Number(root!.end / 1_000_000n) - Date.now())).toBeLessThan(60_000);
  expect(of(bad).find(({ name }) => name === 'GET /b')!.failed).toBe(true);
  expect(collector.requests[0]).toMatchObject({ path: '/v1/traces', 'x-tenant': 'one' });
  expect(collector.text).toContain('deployment.environment.name');
  expect(await outcomes()).toEqual({ sent: 6, failed: 0, dropped: 0 });
});

it('fills batches, and sends what is less than one after a while', async () => {
  const exporting = await OtlpExport.open(configOf({ everyMs: 50 }), 'api');
  for (let i = 0; i < 7; i++) exporting.add(finished());
  await until(() => collector.spans.length === 21);
  await exporting.close();
  // Three requests of three spans fit into ten.
  expect(collector.requests.length).toBe(3);
});

it('holds a bounded number of spans for a collector that never answers, and counts those it drops', async () => {
  await outcomes();
  collector.status = null;
  const exporting = await OtlpExport.open(configOf({ timeoutMs: 300 }), 'api');
  for (let i = 0; i < 1000; i++) exporting.add(finished());
  const held = Number(/^otlp_queue_spans (\d+)$/m.exec((await renderMetrics()).text)![1]);
  expect(held).toBeGreaterThan(80);
  expect(held).toBeLessThanOrEqual(100);
  const { dropped } = await outcomes();
  expect(dropped).toBeGreaterThanOrEqual(3000 - 110);
  // It heals: what came later is taken.
  collector.status = 200;
  const late = finished('GET /late');
  await until(() => {
    if (!collector.spans.some(({ traceId }) => traceId === late.trace.traceId)) exporting.add(late);
    return collector.spans.some(({ name }) => name === 'GET /late');
  });
  await exporting.close();
});

it('counts what a collector refuses or that is away, and ends in time', async () => {
  await outcomes();
  const gone = createServer();
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
  const { port } = gone.address() as { port: number };
  await new Promise((resolve) => gone.close(resolve));
  collector.status = 400;
  for (const url of [`http://127.0.0.1:${port}/v1/traces`, `${collector.url}/v1/traces`]) {
    const exporting = await OtlpExport.open(configOf({ url }), 'api');
    exporting.add(finished());
    await exporting.close();
  }
  expect(await outcomes()).toEqual({ sent: 0, failed: 6, dropped: 0 });
});
