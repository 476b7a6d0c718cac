import { existsSync } from 'node:fs';
import { plant, readBugs } from '../planted/planted-bug.js';

// `npm run test:planted` takes long; this keeps its patches fit for it whenever the code changes.

const bugs = readBugs('test/planted');

it('has bugs to plant', () => {
  expect(bugs.length).toBeGreaterThan(10);
});

it.each(bugs.map((bug) => [bug.name, bug] as const))(
  '%s can be planted, and is looked for by a spec',
  (_, bug) => {
    expect(existsSync(bug.red)).toBe(true);
    plant(process.cwd(), bug, 'check');
  },
);
