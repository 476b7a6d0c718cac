import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './run.mjs';
import { step } from './steps.mjs';

/** Debian asks this file before a package starts its service; 101 means no. */
const POLICY = '/usr/sbin/policy-rc.d';

/**
 * The Redis (or Valkey) server on PATH, or null.
 * @returns {string | null}
 */
export function findRedis() {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/bin',
    '/usr/local/bin',
    '/opt/homebrew/bin',
  ];
  const candidates = folders.flatMap((folder) => [
    join(folder, 'redis-server'),
    join(folder, 'valkey-server'),
  ]);
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Sees to it that a Redis server is installed. Throws, saying what to do, when it cannot. */
export async function ensureRedis() {
  if (findRedis()) return;
  if (canInstall())
    await step('installing Redis (apt-get install redis-server)', () => aptInstall('redis-server'));
  if (findRedis()) return;
  throw new Error(
    'Evently needs Redis, and found neither redis-server nor valkey-server on PATH. Do one of these:\n' +
      '  - install one (Debian, Ubuntu: sudo apt-get install redis-server; Fedora: sudo dnf install valkey;\n' +
      '    macOS: brew install redis), or\n' +
      '  - name one that runs: REDIS_URL=redis://[:password@]host:6379',
  );
}

/** Tries to have Debian's PostgreSQL 15 for the tests, which go without it, loudly, where that cannot be. */
export function tryPostgres15() {
  return tryPackage('PostgreSQL 15', 'postgresql-15', ['/usr/lib/postgresql/15/bin/initdb']);
}

/** The same with a Chromium, for the test of the live page. */
export function tryChromium() {
  const places = ['chromium', 'chromium-headless-shell', 'google-chrome'].map((name) => `/usr/bin/${name}`);
  return tryPackage('Chromium', 'chromium-headless-shell', places);
}

async function tryPackage(what, name, places) {
  if (places.some((path) => existsSync(path)) || !canInstall()) return;
  try {
    await step(`installing ${what} (apt-get install ${name})`, () => aptInstall(name));
  } catch (error) {
    console.error(`  ! ${what} cannot be installed here: ${error.message.split('\n').at(-1)}`);
  }
}

function canInstall() {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/** Installs a package without letting it start its service. */
async function aptInstall(name) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () => run('apt-get', ['install', '-y', '-q', '--no-install-recommends', name], env);
  const ours = !existsSync(POLICY);
  if (ours) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    // The package lists may be missing or old.
    await install().catch(() => run('apt-get', ['update', '-q'], env).then(install));
  } finally {
    if (ours) rmSync(POLICY, { force: true });
  }
}
