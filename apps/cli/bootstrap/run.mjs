import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { root } from './checkout.mjs';

const SETPRIV = '/usr/bin/setpriv';
/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/**
 * Runs a command in the checkout, silently.
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<string>} what it wrote
 * @throws when it fails, with the end of what it wrote
 */
export async function run(command, args, env = process.env) {
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  const ending = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  running.delete(child);
  if (ending === 0) return output;
  const end = output.trimEnd().split('\n').slice(-40).join('\n');
  throw new Error(`${command} ${args.join(' ')} ended with ${ending}:\n${end}`);
}

/** Ends what still runs. */
export function endRunning() {
  for (const child of running) child.kill('SIGTERM');
}

/**
 * Runs a command in our place: it has our terminal, hears our signals, and its exit status is the result.
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<number>}
 */
export async function becomes(command, args) {
  const child = spawn(...dyingWithUs(command, args, 'TERM'), { cwd: root, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

/**
 * The command wrapped so that the kernel signals it when we die, even by SIGKILL. A tool of util-linux does that;
 * where it is missing the command stays as it is.
 * @param {string} command
 * @param {string[]} args
 * @param {'TERM' | 'INT'} signal
 * @returns {[command: string, args: string[]]}
 */
export function dyingWithUs(command, args, signal) {
  return existsSync(SETPRIV) ? [SETPRIV, ['--pdeathsig', signal, '--', command, ...args]] : [command, args];
}

/**
 * npm passes signals on, but cannot when it is killed itself: then we are given another parent, and stop as well.
 */
export function stopWithNpm() {
  if (!process.env.npm_lifecycle_event) return;
  const npm = process.ppid;
  setInterval(() => {
    if (process.ppid !== npm) process.kill(process.pid, 'SIGTERM');
  }, 1_000).unref();
}
