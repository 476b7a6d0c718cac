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

it('tells of an error what went wrong and where, and nothing of the rows that a database adds', () => {
  const lines: string[] = [];
  const log = openLog(config, { write: (line) => void lines.push(line) });
  const taken = Object.assign(new Error('duplicate key value violates "users_email"'), {
    code: '23505',
    detail: 'Key (email)=(ada@example.com) already exists.',
  });
  log.error(taken);
  log.warn({ err: new Error('not stored', { cause: taken }) }, 'one');
  log.warn({ err: new Error('invalid input syntax for type uuid: "s3cret"') }, 'two');
  const text = lines.join('');
  expect(text).not.toMatch(/ada@example|s3cret/);
  expect(JSON.parse(lines[0]!)).toMatchObject({ err: { code: '23505', message: taken.message } });
  expect(JSON.parse(lines[1]!)).toMatchObject({ err: { message: `not stored: ${taken.message}` } });
  expect(text).toMatch(/log\.writer\.spec/);
});
