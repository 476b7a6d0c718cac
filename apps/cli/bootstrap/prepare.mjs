import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './checkout.mjs';
import { fingerprint } from './fingerprint.mjs';
import { waitForLock } from './lock.mjs';
import { run } from './run.mjs';
import { step } from './steps.mjs';

const at = (path) => join(root, path);

/** The Node that npm brings; the machine's own may be older. */
export const NODE = at('node_modules/.bin/node');
const BUILT_FROM = at('dist/.built-from');
const SOURCES = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'nest-cli.json',
];

/**
 * One at a time in a checkout: `npm start` and `npm test` may come at once.
 * @param {() => Promise<void>} work
 */
export async function onePreparing(work) {
  const release = await waitForLock(`prepare ${root}`, 'preparing', ({ pid }) =>
    console.log(`  … waiting for process ${pid}, which installs or builds here`),
  );
  try {
    await work();
  } finally {
    release();
  }
}

/** Installs the packages that package-lock.json names, unless they are there. */
export async function install() {
  if (isInstalled()) return;
  await step('installing packages (npm ci)', () =>
    run('npm', ['ci', '--include=dev', '--include=optional', '--loglevel=error']),
  );
}

/** Whether what npm noted about node_modules is what the lock asks for. Packages for other machines may lack. */
function isInstalled() {
  const noted = at('node_modules/.package-lock.json');
  if (!existsSync(noted)) return false;
  const packagesIn = (file) => Object.entries(JSON.parse(readFileSync(file, 'utf8')).packages);
  const there = new Map(packagesIn(noted).map(([path, { version }]) => [path, version]));
  return packagesIn(at('package-lock.json')).every(
    ([path, { version, optional, link }]) =>
      path === '' || link || there.get(path) === version || (optional && !there.has(path)),
  );
}

/** Generates the Prisma clients and compiles, unless nothing changed since the last time. */
export async function build() {
  const wanted = fingerprint(
    [...SOURCES.map(at), at('apps'), at('libs'), at('prisma/master'), at('prisma/shard')],
    (file) => !/\.(spec\.ts|md)$/.test(file),
  );
  if (existsSync(BUILT_FROM) && readFileSync(BUILT_FROM, 'utf8') === wanted) return;
  rmSync(BUILT_FROM, { force: true });
  await step('generating Prisma clients', () => run(NODE, ['apps/cli/generate.mjs']));
  await step('building', async () => {
    await run(NODE, ['node_modules/@nestjs/cli/bin/nest.js', 'build', 'api']);
    await run(NODE, ['apps/cli/copy-assets.mjs']);
  });
  writeFileSync(BUILT_FROM, wanted);
}
