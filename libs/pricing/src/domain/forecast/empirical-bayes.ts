/**
 * Gamma–Poisson empirical Bayes: rates of many units, each seen for its own exposure, drawn towards their
 * common mean by as much as their differences are noise.
 * Source: B. P. Carlin, T. A. Louis, "Bayesian Methods for Data Analysis", 3rd ed. (2009), section 5.3.
 */
export interface GammaPrior {
  /** Mean of the rates. */
  mean: number;
  /** Weight of the prior in units of exposure: rate ~ Gamma(mean·strength, strength). */
  strength: number;
}

export interface Tally {
  /** Total count, at least 0. */
  count: number;
  /** What it was counted over (occasions, days), above 0. */
  exposure: number;
  /** Variance of the counts of one unit of exposure, over Poisson; 1 if not given. */
  overdispersion?: number;
}

/** In units of exposure: where nothing is known of the differences between units, and at the least. */
const USUAL = 0.5;
const WEAKEST = 0.01;
const STRONGEST = 1e4;

/**
 * The prior by moments (DerSimonian and Laird's estimate of the variance between units). With fewer than two
 * units nothing can be said of their differences, and the prior weighs half a unit of exposure.
 */
export function fitGammaPrior(tallies: readonly Tally[]): GammaPrior {
  const seen = tallies.filter((tally) => tally.exposure > 0);
  const exposure = seen.reduce((sum, tally) => sum + tally.exposure, 0);
  if (exposure === 0) return { mean: 0, strength: USUAL };
  const pooled = seen.reduce((sum, tally) => sum + tally.count, 0) / exposure;
  if (seen.length < 2 || pooled === 0) return { mean: pooled, strength: USUAL };
  // Each unit's rate has variance noise/exposure + between: solve for `between`, then weigh units by both.
  const noise = seen.map((tally) => pooled * (tally.overdispersion ?? 1));
  const weights = seen.map((tally, i) => tally.exposure / noise[i]!);
  const total = weights.reduce((sum, w) => sum + w, 0);
  const centre =
    seen.reduce((sum, tally, i) => sum + (weights[i]! * tally.count) / tally.exposure, 0) / total;
  const spread = seen.reduce(
    (sum, tally, i) => sum + weights[i]! * (tally.count / tally.exposure - centre) ** 2,
    0,
  );
  const spare = total - weights.reduce((sum, w) => sum + w * w, 0) / total;
  const between = Math.max(0, (spread - (seen.length - 1)) / spare);
  const precise = seen.map((tally, i) => 1 / (noise[i]! / tally.exposure + between));
  const precision = precise.reduce((sum, w) => sum + w, 0);
  const mean =
    seen.reduce((sum, tally, i) => sum + (precise[i]! * tally.count) / tally.exposure, 0) / precision;
  const meanNoise = noise.reduce((sum, v) => sum + v, 0) / noise.length;
  const strength = between > 0 ? meanNoise / between : STRONGEST;
  return { mean, strength: Math.min(STRONGEST, Math.max(WEAKEST, strength)) };
}

/** The posterior mean of a rate: its own count and exposure with the prior's added. */
export function posteriorRate(prior: GammaPrior, count: number, exposure: number): number {
  const weight = prior.strength + exposure;
  return weight > 0 ? (prior.mean * prior.strength + count) / weight : prior.mean;
}
