import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { normalQuantile } from './special-functions.js';

/** A stream of random numbers that the same keys always give again. */
export class RandomStream {
  private readonly generator;

  /** @param keys whole numbers that name the stream: a seed, an event, a purpose */
  constructor(...keys: number[]) {
    this.generator = xoroshiro128plus(mixKeys(keys));
  }

  /** Uniform in (0, 1). */
  uniform(): number {
    return Math.max(uniformFloat64(this.generator), Number.MIN_VALUE);
  }

  /** Standard normal, by inversion. */
  normal(): number {
    return normalQuantile(this.uniform());
  }

  /**
   * Gamma with the given shape, at least 1, and mean 1. Source: G. Marsaglia, W. W. Tsang, "A simple method for
   * generating gamma variables", ACM Trans. Math. Software 26 (2000) 363–372.
   */
  gamma(shape: number): number {
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(this.uniform()) < x * x * 0.5 + d - d * v + d * Math.log(v))
        return (d * v) / shape;
    }
  }

  /** Index of a weight, drawn in proportion to the weights. */
  pick(weights: ArrayLike<number>): number {
    let total = 0;
    for (let i = 0; i < weights.length; i++) total += weights[i]!;
    let left = this.uniform() * total;
    for (let i = 0; i < weights.length - 1; i++) if ((left -= weights[i]!) < 0) return i;
    return weights.length - 1;
  }
}

/** Spreads neighbouring keys far apart (finaliser of MurmurHash3). */
function mixKeys(keys: readonly number[]): number {
  let hash = 0x9747b28c;
  for (const key of keys) {
    hash = Math.imul(hash ^ key, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash | 0;
}
