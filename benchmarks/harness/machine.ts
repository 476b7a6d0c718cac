import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, loadavg, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { root } from '../../apps/cli/bootstrap/checkout.mjs';
import { rounded } from './statistics.js';

export { root };

/** What the figures of a run depend on besides the code. */
export interface Machine {
  cpu: string;
  cpus: number;
  memoryGiB: number;
  system: string;
  node: string;
  /** Load average of the minute before the run: other work on the machine makes figures smaller. */
  loadBefore: number;
  /** Writes of 8 KiB that a second makes durable one after the other, where the databases lie; null without databases. */
  syncsPerSecond: number | null;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() || 'unknown',
    cpus: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: `${platform()} ${release()}`,
    node: process.version,
    loadBefore: rounded(loadavg()[0]!, 2),
    syncsPerSecond: null,
  };
}

/** Keeps this process, all of its threads and whatever it starts from now on, on one core. False where that cannot be done. */
export function stayOn(core: number): boolean {
  if (cpus().length <= core) return false;
  try {
    execFileSync('taskset', ['-a', '-c', '-p', String(core), String(process.pid)], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Measures for a quarter of a second how fast a folder's disk makes writes durable. */
export function measureSyncs(folder: string): number {
  const path = join(folder, 'syncs');
  const file = openSync(path, 'w');
  const block = Buffer.alloc(8192);
  const started = performance.now();
  let syncs = 0;
  try {
    for (; performance.now() < started + 250; syncs++) {
      writeSync(file, block, 0, block.length, 0);
      fdatasyncSync(file);
    }
    return rounded((1000 * syncs) / (performance.now() - started), 2);
  } finally {
    closeSync(file);
    rmSync(path);
  }
}

/** The commit that was measured, with `+` when the checkout differs from it; `unknown` outside of a repository. */
export function describeCommit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    // Results are what a run writes: they make no difference to what was measured.
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', '.', ':!benchmarks/results');
    return git('rev-parse', '--short=12', 'HEAD') + (changed ? '+' : '');
  } catch {
    return 'unknown';
  }
}
