import type { FinishedTrace } from './trace.js';
import { Trace } from './trace.js';
import { TraceStore } from './trace.store.js';

let clock = 0;

function finished(name: string, ms: number, status = 200): FinishedTrace {
  const [method, route] = name.split(' ') as [string, string];
  const trace = new Trace(String(clock).padStart(32, '0'), 'a'.repeat(16), null, true, 'r', clock);
  const request = { method, route, path: route, status };
  const failed = status >= 500;
  return { trace, name, kind: 'server', endedAt: (clock += ms), failed, attributes: {}, request };
}

const durations = (store: TraceStore, query = {}) =>
  store.search(query, 100).map(({ trace, endedAt }) => Math.round(endedAt - trace.startedAt));

it('finds by route, duration and status, the newest first', () => {
  const store = new TraceStore();
  for (const one of [
    finished('GET /a', 1),
    finished('POST /a', 2, 409),
    finished('GET /b', 3, 503),
    finished('GET /a', 4, 404),
  ])
    store.add(one);
  expect(durations(store)).toEqual([4, 3, 2, 1]);
  expect(durations(store, { route: '/a' })).toEqual([4, 2, 1]);
  expect(durations(store, { route: 'POST /a' })).toEqual([2]);
  expect(durations(store, { minDurationMs: 3 })).toEqual([4, 3]);
  expect(durations(store, { status: '4xx' })).toEqual([4, 2]);
  expect(durations(store, { status: '503' })).toEqual([3]);
});

it('goes on where a page ended', () => {
  const store = new TraceStore();
  for (let ms = 1; ms <= 5; ms++) store.add(finished('GET /a', ms));
  const [first, second] = store.search({}, 2);
  expect([first, second].map((one) => one!.endedAt - one!.trace.startedAt)).toEqual([5, 4]);
  expect(durations(store, { before: second!.number })).toEqual([3, 2, 1]);
});

it('remembers a bounded number, and what failed or was slow longer than the rest', () => {
  const store = new TraceStore();
  store.add(finished('GET /slow', 900));
  store.add(finished('GET /fails', 2, 500));
  for (let i = 0; i < 5000; i++) store.add(finished('GET /often', 1));
  expect(store.search({}, Infinity).length).toBeLessThan(1300);
  expect(durations(store, { minDurationMs: 500 })).toEqual([900]);
  expect(durations(store, { status: '500' })).toEqual([2]);
});

it('takes for slow what is slower than the ten slowest of its route in the last hour', () => {
  const store = new TraceStore();
  for (let ms = 11; ms <= 20; ms++) store.add(finished('GET /a', ms));
  expect([10, 12].map((ms) => store.isSlow('GET /a', ms, clock))).toEqual([false, true]);
  expect(store.isSlow('GET /other', 1, clock)).toBe(true);
  clock += 3_700_000;
  expect(store.isSlow('GET /a', 10, clock)).toBe(true);
  store.add(finished('GET /a', 10));
  expect(store.isSlow('GET /a', 11, clock)).toBe(true);
});

it('gives all requests of one trace in the order in which they began', () => {
  const store = new TraceStore();
  const [first, other, second] = [finished('GET /a', 1), finished('GET /b', 1), finished('GET /c', 1)];
  const same = { ...second, trace: new Trace(first.trace.traceId, 'b', null, true, 'r', clock) };
  for (const one of [same, other, first]) store.add(one);
  expect(store.ofTrace(first.trace.traceId).map(({ name }) => name)).toEqual(['GET /a', 'GET /c']);
});
