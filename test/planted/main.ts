// `npm run test:planted [-- NAME …]`: plants each bug in a copy of the checkout, and expects the test that it names to find it.
import { loadavg } from 'node:os';
import { root } from '../../apps/cli/bootstrap/checkout.mjs';
import { outliveOutput } from '../../apps/cli/bootstrap/steps.mjs';
import { CopiedTree } from './copied-tree.js';
import { circumstances } from '../support/effort.js';
import { type PlantedBug, plant, readBugs } from './planted-bug.js';
import { type Verdict, verdictOf } from './verdict.js';

/** Runs of a test until it is red: many bugs need two requests that meet. */
const RUNS = 3;
const MARKS = { red: '✓ red    ', green: '✗ GREEN  ', unclear: '✗ UNCLEAR' };

outliveOutput();
let tree = null as CopiedTree | null;
let interrupted = false;
for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.once(signal, () => {
    interrupted = true;
    void tree?.remove().finally(() => process.exit(status));
  });
}

try {
  const bugs = chosen(readBugs(import.meta.dirname), process.argv.slice(2));
  if (bugs.length) await main(bugs);
} catch (error) {
  if (!interrupted) console.error(`\n${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  await tree?.remove();
}

/** Those that the command line names, or all; none, and a list, when it names one that there is not. */
function chosen(bugs: PlantedBug[], names: string[]): PlantedBug[] {
  const unknown = names.find((name) => !bugs.some((bug) => bug.name === name));
  if (unknown === undefined) return names.length ? bugs.filter((bug) => names.includes(bug.name)) : bugs;
  const list = bugs.map(({ name, why }) => `  ${name}\n      ${why}`);
  console.error(`there is no planted bug "${unknown}"; there are\n${list.join('\n')}`);
  process.exitCode = 2;
  return [];
}

async function main(bugs: readonly PlantedBug[]): Promise<void> {
  say(`${bugs.length} planted bugs (${circumstances()})`);
  tree = await CopiedTree.of(root);
  const without = await withoutBugs(tree, bugs);
  const missed: string[] = [];
  for (const bug of bugs) {
    const begun = performance.now();
    const { verdict, runs } = without.get(bug.name) ?? (await tryBug(tree, bug));
    const seconds = ((performance.now() - begun) / 1000).toFixed(0);
    console.log(
      `${MARKS[verdict.kind]} ${bug.name} (${runs} run${runs === 1 ? '' : 's'}, ${seconds} s)  ${bug.red}`,
    );
    console.log(indent(verdict.kind === 'red' ? verdict.words : explain(bug, verdict)));
    if (verdict.kind !== 'red') missed.push(bug.name);
  }
  say(`${bugs.length - missed.length} of ${bugs.length} were found (load ${load()})`);
  if (!missed.length) return;
  console.log(`not found: ${missed.join(' ')}\nagain: npm run test:planted -- ${missed.join(' ')}`);
  process.exitCode = 1;
}

/** Red proves something only of a test that is green without the bug. Gives those that are not. */
async function withoutBugs(copy: CopiedTree, bugs: readonly PlantedBug[]): Promise<Map<string, Trial>> {
  if (bugs.some((bug) => bug.built)) await copy.build();
  const specs = [...new Set(bugs.map((bug) => bug.red))];
  const report = await copy.jest(specs, [...new Set(bugs.map((bug) => bug.test))]);
  const spoiled = new Map<string, Trial>();
  for (const bug of bugs) {
    const verdict = verdictOf(bug, report);
    if (verdict.kind === 'green') continue;
    const words = verdict.kind === 'red' ? verdict.words : verdict.reason;
    spoiled.set(bug.name, {
      verdict: { kind: 'unclear', reason: `without the bug it is not green:\n${words}` },
      runs: 0,
    });
  }
  say(
    `without any bug ${specs.length} specs were run, and are green for ${bugs.length - spoiled.size} of ${bugs.length}`,
  );
  return spoiled;
}

interface Trial {
  verdict: Verdict;
  /** With the bug. */
  runs: number;
}

async function tryBug(copy: CopiedTree, bug: PlantedBug): Promise<Trial> {
  plant(copy.root, bug, 'apply');
  try {
    if (bug.built) await copy.build();
    for (let runs = 1; ; runs++) {
      const verdict = verdictOf(bug, await copy.jest([bug.red], [bug.test]));
      if (verdict.kind === 'red' || runs === RUNS) return { verdict, runs };
    }
  } catch (error) {
    if (interrupted) throw error;
    return { verdict: { kind: 'unclear', reason: (error as Error).message }, runs: 1 };
  } finally {
    if (!interrupted) plant(copy.root, bug, 'reverse');
  }
}

function explain({ test, why }: PlantedBug, verdict: Exclude<Verdict, { kind: 'red' }>): string {
  const what = verdict.kind === 'green' ? `"${test}" does not see it` : verdict.reason.slice(0, 2000);
  return `${why}\n${what}`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ');
}

function say(text: string): void {
  console.log(`${process.uptime().toFixed(0).padStart(4)} s  ${text}`);
}

function load(): string {
  return loadavg()[0]!.toFixed(1);
}
