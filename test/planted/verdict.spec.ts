import { type JestReport, verdictOf } from './verdict.js';

const bug = { test: 'sells a place once', says: 'Expected: 200' };
const report = (
  assertionResults: JestReport['testResults'][number]['assertionResults'],
  message = '',
): JestReport => ({
  testResults: [{ message, assertionResults }],
});
const outcome = (status: string, ...failureMessages: string[]) => ({
  fullName: 'the lane sells a place once, whatever comes',
  status,
  failureMessages,
});

it('is red when the test says what it ought to say', () => {
  const said = 'Error: expect(received).toBe(expected)\n\n  Expected: 200\n  Received: 201\n at lane.spec.ts';
  expect(verdictOf(bug, report([outcome('passed'), outcome('failed', 'other', said)]))).toEqual({
    kind: 'red',
    words: 'Expected: 200',
  });
});

it('is green when the test passes', () => {
  expect(verdictOf(bug, report([outcome('passed')]))).toEqual({ kind: 'green' });
});

it.each([
  ['fails for another reason', report([outcome('failed', 'TypeError: x is undefined')]), 'TypeError'],
  ['could not be compiled', report([], 'SyntaxError: Unexpected token'), 'SyntaxError'],
  ['was left out', report([outcome('pending')]), 'no such test'],
  [
    'has another name by now',
    report([{ ...outcome('failed', 'Expected: 200'), fullName: 'sells' }]),
    'no such test',
  ],
])('is neither when the test %s', (_, seen, reason) => {
  expect(verdictOf(bug, seen)).toEqual({ kind: 'unclear', reason: expect.stringContaining(reason) });
});
