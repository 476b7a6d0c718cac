import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readSettings } from '../../apps/cli/src/start/settings.js';
import { readConfig } from '#libs/config';

const readme = readFileSync('README.md', 'utf8');
const configuration = readme.slice(readme.indexOf('## Configuration'));

/** The variables that a function asks an environment for. */
function asked(read: (env: NodeJS.ProcessEnv) => unknown): Set<string> {
  const keys = new Set<string>();
  const env = new Proxy<NodeJS.ProcessEnv>(
    {},
    {
      get(_, key) {
        keys.add(String(key));
        return undefined;
      },
    },
  );
  try {
    read(env);
  } catch (error) {
    // An empty environment lacks what has no default; by then everything was asked for.
    if (!String((error as Error).message).startsWith('Configuration')) throw error;
  }
  return keys;
}

/** The variables in a text, between backquotes. */
function named(text: string): string[] {
  return [...text.matchAll(/`([A-Z][A-Z0-9_]{3,})`/g)].map(([, name]) => name!);
}

it('lists every variable that the configuration reads, and no other', () => {
  const table = configuration
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => named(line.split('|')[1]!));
  expect(table.sort()).toEqual([...asked((env) => readConfig('api', env))].sort());
});

it('names every variable that npm start reads besides', () => {
  const known = new Set([...named(configuration)]);
  expect([...asked(readSettings)].filter((name) => !known.has(name))).toEqual([]);
});

it.each(['README.md', 'CONTRIBUTING.md', 'docs/architecture.md', 'docs/replay.md', 'docs/adr/README.md'])(
  'has no link in %s that leads nowhere',
  (page) => {
    const text = readFileSync(page, 'utf8');
    const links = [...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, target]) => target!);
    const local = links.filter((target) => !target.includes(':'));
    expect(local.filter((target) => !existsSync(join(dirname(page), target)))).toEqual([]);
  },
);
