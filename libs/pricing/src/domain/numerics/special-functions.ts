import { logGamma } from '#libs/kernel';

/** ln P(X = k) for X ~ Poisson(mean). */
export function logPoisson(k: number, mean: number): number {
  return mean === 0 ? (k === 0 ? 0 : -Infinity) : k * Math.log(mean) - mean - logGamma(k + 1);
}

/**
 * P(X ≥ k) for X ~ Poisson(mean): the sum of the smaller side, term by term from its largest.
 */
export function poissonTail(k: number, mean: number): number {
  if (k <= 0) return 1;
  if (mean === 0) return 0;
  if (k > mean) {
    let term = Math.exp(logPoisson(k, mean));
    let sum = term;
    for (let i = k + 1; term > sum * 1e-17; i++) sum += term *= mean / i;
    return sum;
  }
  let term = Math.exp(logPoisson(k - 1, mean));
  let sum = term;
  for (let i = k - 1; i > 0 && term > sum * 1e-17; i--) sum += term *= i / mean;
  return 1 - sum;
}

/**
 * The smallest k with P(X ≤ k) ≥ u for X ~ Poisson(mean), but at most `cap`: what a demand sells of a stock.
 * By inversion, so that the same u gives more at a higher mean.
 */
export function poissonQuantile(u: number, mean: number, cap: number): number {
  if (cap <= 0) return 0;
  const spread = 12 * Math.sqrt(mean) + 20;
  if (mean - spread > cap) return cap;
  let k = mean < 500 ? 0 : Math.max(0, Math.floor(mean - spread));
  let term = Math.exp(logPoisson(k, mean));
  let below = term;
  while (below < u && k < cap && k < mean + 2 * spread) below += term *= mean / ++k;
  return Math.min(k, cap);
}

/** Φ(x), by W. J. Cody's rational approximation of erfc in the form of G. West, "Better approximations to cumulative normal functions" (2005). */
export function normalCdf(x: number): number {
  const z = Math.abs(x);
  let tail = 0;
  if (z <= 37) {
    const e = Math.exp((-z * z) / 2);
    if (z < 7.07106781186547) {
      const above = polynomial(WEST_ABOVE, z);
      const below = polynomial(WEST_BELOW, z);
      tail = (e * above) / below;
    } else {
      let fraction = z;
      for (let k = 30; k > 0; k--) fraction = z + k / fraction;
      tail = e / (fraction * Math.sqrt(2 * Math.PI));
    }
  }
  return x > 0 ? 1 - tail : tail;
}

const WEST_ABOVE = [
  3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871,
  221.213596169931, 220.206867912376,
];
const WEST_BELOW = [
  8.83883476483184e-2, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674,
  637.333633378831, 793.826512519948, 440.413735824752,
];

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}

/** Φ⁻¹(p) for 0 < p < 1. P. J. Acklam's rational approximation with one step of Halley's method: about 1e−15. */
export function normalQuantile(p: number): number {
  const tail = Math.min(p, 1 - p);
  let x: number;
  if (tail < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(tail));
    x = polynomial(ACKLAM_C, q) / (polynomial(ACKLAM_D, q) * q + 1);
    if (p > 0.5) x = -x;
  } else {
    const q = p - 0.5;
    const r = q * q;
    x = (polynomial(ACKLAM_A, r) * q) / (polynomial(ACKLAM_B, r) * r + 1);
  }
  const error = (normalCdf(x) - p) * Math.sqrt(2 * Math.PI) * Math.exp((x * x) / 2);
  return Number.isFinite(error) ? x - error / (1 + (x * error) / 2) : x;
}

const ACKLAM_A = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
];
const ACKLAM_B = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1,
];
const ACKLAM_C = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const ACKLAM_D = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416];
