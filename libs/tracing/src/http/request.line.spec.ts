import { openLog } from '../log.writer.js';
import { inTrace, startTrace } from '../trace.context.js';
import { type Told, requestLines } from './request.line.js';
import { TracedRoute } from './traced.route.js';

const config = { processName: 'api', log: { level: 'info', pretty: false } } as Parameters<typeof openLog>[0];
const untimed = (line: string) => line.replace(/"time":"[^"]+"/, '"time":""');

function told(change: { status?: number; pattern?: string; path?: string; requestId?: string | null }): Told {
  const { status = 201, pattern = '/v1/bookings', path = pattern, requestId = 'req-1' } = change;
  const facts = { method: 'POST', route: pattern, path, status };
  const trace = startTrace(undefined, requestId);
  return { trace, route: new TracedRoute('POST', pattern), facts, ms: 12.3456 };
}

it.each([
  ['a success', {}, 'info', {}],
  ['a refusal of somebody known', { status: 409 }, 'info', { userId: 'usr_1', problem: 'sold_out' }],
  ['a failure', { status: 500 }, 'error', { problem: 'internal_error' }],
  ['a path of anybody', { path: '/"\\/\n\u2028/é\u0007' }, 'info', {}],
  ['none that was given an id', { requestId: null }, 'info', {}],
] as const)('of %s is the line that pino would write', (_, change, level, known) => {
  const lines: string[] = [];
  const log = openLog(config, { write: (line) => void lines.push(line) });
  const one = told(change);
  Object.assign(one.trace, known);
  requestLines(log)(one);
  const { problem } = one.trace;
  inTrace(one.trace, () =>
    log[level]({ ...one.facts, ...(problem !== null && { problem }), ms: 12.3 }, 'request'),
  );
  expect(untimed(lines[0]!)).toBe(untimed(lines[1]!));
  expect(JSON.parse(lines[0]!)).toMatchObject({ ...one.facts, ...known, level });
});

it('is not written below the level of the log', () => {
  const lines: string[] = [];
  const log = openLog(config, { write: (line) => void lines.push(line) });
  requestLines(log)(told({ pattern: '/health/live', status: 200 }));
  expect(lines).toEqual([]);
});
