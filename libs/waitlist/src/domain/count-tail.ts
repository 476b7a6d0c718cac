import { logGamma } from '#libs/kernel';

/**
 * Chance that a count reaches `k`, whose variance is above its mean: a negative binomial with that mean and variance.
 * @param k at least 1
 * @param variance above the mean
 */
export function chanceToReach(k: number, mean: number, variance: number): number {
  if (mean <= 0) return 0;
  const size = (mean * mean) / (variance - mean);
  return incompleteBeta(mean / (mean + size), k, size);
}

/** The regularized incomplete beta function, by its continued fraction (Abramowitz and Stegun, 26.5.8; evaluated as by W. J. Lentz). */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  // It converges fast below the mean; above it, the other side does.
  return x < (a + 1) / (a + b + 2)
    ? (front * continuedFraction(x, a, b)) / a
    : 1 - (front * continuedFraction(1 - x, b, a)) / b;
}

const TINY = 1e-300;

function continuedFraction(x: number, a: number, b: number): number {
  const away = (value: number) => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let sum = d;
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    sum *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    sum *= d * c;
    if (Math.abs(d * c - 1) < 1e-12) break;
  }
  return sum;
}
