import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A bug that somebody might write, as a patch, and what has to find it. */
export interface PlantedBug {
  /** The patch's file without `.patch`. */
  name: string;
  file: string;
  /** The spec that goes red, from the root of the checkout. */
  red: string;
  /** Part of the full name of the test in it that goes red. */
  test: string;
  /** Part of what that test then says; whatever else it fails with does not count. */
  says: string;
  /** Whether the spec runs processes of `dist/`, which has to be built with the bug. */
  built: boolean;
  /** Why the bug is one, and why this test sees it. */
  why: string;
}

const HEADERS = ['Red', 'Test', 'Says', 'Why'] as const;
const OPTIONAL = ['Built'] as const;

/** All of them, by name. */
export function readBugs(folder: string): PlantedBug[] {
  return globSync('*.patch', { cwd: folder })
    .sort()
    .map((name) => parseBug(join(folder, name), name.replace(/\.patch$/, '')));
}

/** Reads the lines `Header: value` at the beginning of a patch. Throws when one is missing or not known. */
function parseBug(file: string, name: string): PlantedBug {
  const [head = ''] = readFileSync(file, 'utf8').split('\n\n');
  const values = new Map<string, string>();
  for (const line of head.split('\n')) {
    const [, header = '', value = ''] = /^(\w+): (.+)$/.exec(line) ?? [];
    if (![...HEADERS, ...OPTIONAL].includes(header as 'Red')) throw new Error(`${file}: what is "${line}"?`);
    values.set(header, value);
  }
  for (const header of HEADERS)
    if (!values.has(header)) throw new Error(`${file}: a line "${header}: …" is missing`);
  const of = (header: (typeof HEADERS)[number]) => values.get(header)!;
  const [red, test, says, why] = HEADERS.map(of) as [string, string, string, string];
  return { name, file, red, test, says, why, built: values.get('Built') === 'yes' };
}

/**
 * Applies a patch to a tree, takes it out again, or says whether it could be applied. Throws with what git says when it cannot.
 */
export function plant(root: string, bug: PlantedBug, how: 'apply' | 'reverse' | 'check'): void {
  const flags = { apply: [], reverse: ['--reverse'], check: ['--check'] }[how];
  try {
    // The files as they are, whatever repository they lie in, if any.
    const env = { ...process.env, GIT_DIR: '/dev/null' };
    execFileSync('git', ['apply', ...flags, bug.file], { cwd: root, env, stdio: 'pipe', encoding: 'utf8' });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(`${bug.name}.patch does not ${how}: ${stderr?.trim() || message}`, { cause: error });
  }
}
