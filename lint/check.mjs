import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

// `npm run check`: everything that can be said about the code without running it.
const root = join(import.meta.dirname, '..');
const CHECKS = [
  {
    name: 'format',
    run: ['prettier', '--check', '--cache', '--log-level', 'warn', '.'],
    remedy: 'npm run format',
  },
  {
    name: 'lint',
    run: ['eslint', '.', '--max-warnings', '0'],
    remedy: 'mend the lines named above (npx eslint --fix mends some); docs/architecture.md has the rules',
  },
  {
    name: 'types',
    run: ['tsc', '--noEmit', '-p', 'tsconfig.json', '--incremental', 'false'],
    remedy: 'mend the lines named above',
  },
  {
    name: 'boundaries',
    run: [
      'depcruise',
      '--config',
      '.dependency-cruiser.mjs',
      '--output-type',
      'err',
      'apps',
      'libs',
      'benchmarks',
    ],
    remedy: 'break the cycle or turn the import round: docs/architecture.md, "Imports"',
  },
  {
    name: 'dead code',
    run: ['knip', '--no-progress'],
    remedy: 'delete what nobody uses (or stop exporting it); knip.json names the entry points',
  },
];

await generate();
const failures = [];
const waiting = [...CHECKS];
await Promise.all(Array.from({ length: Math.max(1, Math.min(availableParallelism(), 3)) }, work));
for (const { name, output, remedy } of failures)
  console.error(`\n── ${name} ──\n${output.trim()}\n→ ${remedy}`);
if (failures.length) {
  console.error(`\nnot clean: ${failures.map((failure) => failure.name).join(', ')}`);
  process.exit(1);
}
console.log('all clean');

async function work() {
  for (let check = waiting.shift(); check; check = waiting.shift()) {
    const started = Date.now();
    const { code, output } = await command(check.run);
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    console.log(`${code === 0 ? '✓' : '✗'} ${check.name} (${seconds} s)`);
    if (code !== 0) failures.push({ ...check, output });
  }
}

/** The Prisma clients are types too: without them nothing checks. */
async function generate() {
  if (existsSync(join(root, 'prisma/generated/master/client.ts'))) return;
  const { code, output } = await command(['npm', 'run', '--silent', 'generate']);
  if (code === 0) return;
  console.error(`${output}\n→ the Prisma clients could not be generated: npm run generate`);
  process.exit(1);
}

function command([name, ...args]) {
  return new Promise((resolve, reject) => {
    const path = `${join(root, 'node_modules/.bin')}:${process.env.PATH}`;
    const child = spawn(name, args, { cwd: root, env: { ...process.env, PATH: path, FORCE_COLOR: '0' } });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}
