import { openLog, readable } from './log.writer.js';

const config = { processName: 'api', log: { level: 'info', pretty: false } } as Parameters<typeof openLog>[0];

it('can be read by people, with the stack of an error', () => {
  const lines: string[] = [];
  const log = openLog(config, { write: (line) => void lines.push(line) });
  log.warn({ path: '/v1/events', ms: 3 }, 'slow request');
  log.error(new Error('broken'));
  expect(readable(lines[0]!)).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} WARN {2}slow request path=\/v1\/events ms=3\n$/,
  );
  expect(readable(lines[1]!)).toMatch(/ERROR broken\nError: broken\n\s+at /);
});

it('says nothing below its level', () => {
  const lines: string[] = [];
  openLog(config, { write: (line) => void lines.push(line) }).debug('detail');
  expect(lines).toEqual([]);
});
