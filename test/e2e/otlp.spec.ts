import { randomBytes } from 'node:crypto';
import { type CollectedSpan, Collector } from '../support/collector.js';
import { LiveStage } from '../support/live.stage.js';
import { eventually } from '../support/relay.js';

let collector: Collector;
let stage: LiveStage;
let admin: string;

beforeAll(async () => {
  collector = await Collector.start();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20collector-secret',
    OTEL_BSP_SCHEDULE_DELAY: '100',
    LOG_LEVEL: 'info',
  };
  stage = await LiveStage.open({ apis: 1, workers: 1, env });
  admin = await stage.admin();
});
afterAll(async () => {
  await stage?.close();
  await collector.stop();
});

/** Sends a request as part of a trace of the test's own; gives its id and the caller's span. */
async function traced(method: string, path: string, body: object | undefined, token: string) {
  const [traceId, caller] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  const response = await fetch(stage.urls[0] + path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      traceparent: `00-${traceId}-${caller}-01`,
      ...(body && { 'content-type': 'application/json' }),
    },
    body: body && JSON.stringify(body),
  });
  expect(response.ok).toBe(true);
  return { traceId, caller };
}

const spansOf = (traceId: string) => collector.spans.filter((span) => span.traceId === traceId);

/** The way from a span up to the caller, by the names on it. */
function wayUp(span: CollectedSpan, spans: CollectedSpan[], caller: string): string[] {
  const way = [`${span.service} ${span.name}`];
  for (let at = span; at.parentSpanId !== caller;) {
    const parent = spans.find(({ spanId }) => spanId === at.parentSpanId);
    if (!parent) throw new Error(`${way.join(' < ')} has a parent that nobody sent: ${at.parentSpanId}`);
    way.push(`${parent.service} ${parent.name}`);
    at = parent;
  }
  return way;
}

it('follows one trace from the request through lane, outbox and relay to the queue’s job and beyond', async () => {
  const hall = await stage.publish();
  const { token } = await stage.signUp();
  await stage.book(hall, token, 2);
  const { traceId, caller } = await traced('POST', `/v1/events/${hall.id}/cancel`, { reason: 'rain' }, admin);
  const last = 'relay booking.canceled';
  await eventually(
    () => Promise.resolve(spansOf(traceId)),
    (all) =>
      all.some(({ name }) => name === last) && all.some(({ name }) => name === 'effect cancel-bookings'),
  );
  // What is sent with it may come a moment later.
  const spans = await eventually(
    () => Promise.resolve(spansOf(traceId)),
    (all) => all.some(({ name, service }) => name === 'lane batch' && service === 'evently-worker'),
  );

  const way = (name: string, service: string) =>
    wayUp(
      spans.find((span) => span.name === name && span.service === service)!,
      spans,
      caller,
    );
  const request = `evently-api POST /v1/events/:id/cancel`;
  const dispatch = ['evently-worker enqueue cancel-bookings', 'evently-worker relay event.canceled', request];
  expect(way('effect cancel-bookings', 'evently-worker')).toEqual([
    'evently-worker effect cancel-bookings',
    ...dispatch,
  ]);
  expect(way('queue wait', 'evently-worker').slice(1)).toEqual([
    'evently-worker effect cancel-bookings',
    ...dispatch,
  ]);
  // The effect goes through the lane of its shard, whose commit writes news that the relay brings on.
  expect(way('write and COMMIT', 'evently-worker').slice(1, 3)).toEqual([
    'evently-worker lane batch',
    'evently-worker effect cancel-bookings',
  ]);
  expect(way(last, 'evently-worker')).toEqual([
    `evently-worker ${last}`,
    'evently-worker effect cancel-bookings',
    ...dispatch,
  ]);
  // Every span has its way up, an id of its own, and does not end before it began.
  for (const span of spans) wayUp(span, spans, caller);
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
  expect(spans.filter(({ start, end }) => end < start)).toEqual([]);
  const kinds = new Map(spans.map(({ name, kind }) => [name, kind]));
  expect(['enqueue cancel-bookings', 'effect cancel-bookings', last].map((name) => kinds.get(name))).toEqual([
    4, 5, 5,
  ]);
});

it('shows a booking: the wait for the lane, the batch with its statements, and its news', async () => {
  const hall = await stage.publish();
  const { token } = await stage.signUp();
  const body = { eventId: hall.id, items: [{ ticketTypeId: hall.standing, quantity: 1 }] };
  const { traceId, caller } = await traced('POST', '/v1/bookings', body, token);
  const spans = await eventually(
    () => Promise.resolve(spansOf(traceId)),
    (all) =>
      ['POST /v1/bookings', 'relay booking.confirmed'].every((name) => all.some((s) => s.name === name)),
  );
  const root = spans.find(({ name }) => name === 'POST /v1/bookings')!;
  expect(root).toMatchObject({ parentSpanId: caller, kind: 2, service: 'evently-api' });
  expect(root.attributes).toMatchObject({ 'http.response.status_code': 201, 'http.route': '/v1/bookings' });
  const below = (name: string) => spans.find((span) => span.name === name)?.parentSpanId;
  const batch = spans.find(({ name }) => name === 'lane batch')!;
  expect([below('lane wait'), below('lane batch'), below('relay booking.confirmed')]).toEqual([
    root.spanId,
    root.spanId,
    root.spanId,
  ]);
  expect([below('lock, read and decide'), below('write and COMMIT')]).toEqual([batch.spanId, batch.spanId]);
});

it('keeps what opens the collector out of spans and logs', () => {
  expect(collector.requests.every(({ authorization }) => authorization === 'Bearer collector-secret')).toBe(
    true,
  );
  const logs = [...stage.stack.apis, ...stage.stack.workers].map(({ output }) => output).join('');
  expect(logs).toContain('"msg":"request"');
  expect(logs + collector.text).not.toContain('collector-secret');
});

it('sells on without the collector, counts what it loses, and ends as it should', async () => {
  collector.status = null;
  const hall = await stage.publish();
  const { token } = await stage.signUp();
  for (let i = 0; i < 5; i++) await stage.book(hall, token);
  const metrics = await (await fetch(`${stage.urls[0]}/metrics`)).text();
  expect(metrics).toMatch(/^otlp_queue_spans \d+$/m);
  expect(Number(/^otlp_spans_total\{outcome="sent"\} (\d+)$/m.exec(metrics)![1])).toBeGreaterThan(0);
  expect(await stage.stack.apis[0]!.stop()).toBe('exit status 0');
  expect(await stage.stack.workers[0]!.stop()).toBe('exit status 0');
});
