import { existsSync, readFileSync } from 'node:fs';
import { plant, readBugs } from '../planted/planted-bug.js';

// `npm run test:planted` takes long; this keeps its patches fit for it whenever the code changes.

const bugs = readBugs('test/planted');

it('lists each bug beside the checker that finds it, and no other', () => {
  const table = readFileSync('docs/testing.md', 'utf8').split('| planted bug')[1]!;
  const listed = table.split('\n').flatMap((row) => [...(row.split('|')[3] ?? '').matchAll(/`([\w-]+)`/g)]);
  expect(listed.map(([, name]) => name).sort()).toEqual(bugs.map(({ name }) => name));
});

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
