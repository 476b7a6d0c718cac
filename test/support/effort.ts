import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { loadavg } from 'node:os';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

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
  const load = loadavg()[0]!.toFixed(1);
  process.stderr.write(
    `${spec}: seeds ${seeds.join(' ')} (commit ${commit()}, Node ${process.version}, load ${load}); ` +
      `again: EVENTLY_TEST_SEED=<seed> npm test -- ${spec}\n`,
  );
  return seeds;
}

/** The commit that is checked out, as short as git writes it. */
export function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return 'unknown';
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
