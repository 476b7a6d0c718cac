import { CholeskyDecomposition, Matrix } from 'ml-matrix';

/**
 * Generalised linear models for counts with log link: Poisson and negative binomial (NB2), fitted by
 * iteratively reweighted least squares with a ridge penalty.
 *
 * Sources: P. McCullagh, J. A. Nelder, "Generalized Linear Models", 2nd ed. (1989), sections 2.5 and 6.2;
 * J. F. Lawless, "Negative binomial and mixed Poisson regression", Canadian J. Statistics 15 (1987) 209–225.
 */
export interface CountData {
  /** Row-major n × p design matrix; an intercept is a column like any other. */
  design: Float64Array;
  columns: number;
  /** n counts, at least 0. */
  counts: Float64Array;
  /** n known additions to the linear predictor (log exposure); none means 0. */
  offset?: Float64Array;
  /** n weights; none means 1. */
  weights?: Float64Array;
}

export interface CountFit {
  /** p coefficients on the log scale. */
  coefficients: Float64Array;
  /** Overdispersion k of Var y = μ + k·μ²; 0 is Poisson. */
  dispersion: number;
  iterations: number;
  converged: boolean;
}

const MAX_ITERATIONS = 100;
/** From then on half steps: with a few counts far from all others full ones may go to and fro for ever. */
const FULL_STEPS = 25;
const TOLERANCE = 1e-6;
/** |log μ| beyond this is no count anybody sells; it keeps exp() and the weights finite. */
const MAX_PREDICTOR = 25;

/**
 * Fits the model whose variance is μ + dispersion·μ² (0: Poisson).
 * @param penalty p ridge penalties on the squared coefficients; 0 leaves a coefficient free.
 * @param start p coefficients to begin from; none begins at log of the mean in each row.
 */
export function fitCounts(
  data: CountData,
  penalty: Float64Array,
  dispersion = 0,
  start?: Float64Array,
): CountFit {
  const { columns } = data;
  let coefficients: Float64Array = start ? Float64Array.from(start) : new Float64Array(columns);
  let fromMean = start === undefined;
  for (let iteration = 1; iteration <= MAX_ITERATIONS; iteration++) {
    const next = newtonStep(data, penalty, dispersion, coefficients, fromMean);
    fromMean = false;
    let change = 0;
    for (let j = 0; j < columns; j++) change = Math.max(change, Math.abs(next[j]! - coefficients[j]!));
    const half = iteration > FULL_STEPS && change >= TOLERANCE;
    coefficients = half ? next.map((value, j) => (value + coefficients[j]!) / 2) : next;
    if (change < TOLERANCE) return { coefficients, dispersion, iterations: iteration, converged: true };
  }
  return { coefficients, dispersion, iterations: MAX_ITERATIONS, converged: false };
}

/** One weighted least-squares step: solves (XᵀWX + Λ)β = XᵀWz. */
function newtonStep(
  { design, columns: p, counts, offset, weights }: CountData,
  penalty: Float64Array,
  dispersion: number,
  coefficients: Float64Array,
  fromMean: boolean,
): Float64Array {
  const normal = new Float64Array(p * p);
  const right = new Float64Array(p);
  const n = counts.length;
  const meanCount = fromMean ? counts.reduce((sum, y) => sum + y, 0) / Math.max(1, n) : 0;
  for (let i = 0; i < n; i++) {
    const known = offset ? offset[i]! : 0;
    const row = i * p;
    let eta = known;
    if (fromMean) eta = Math.log((counts[i]! + meanCount + 0.1) / 2);
    else for (let j = 0; j < p; j++) eta += design[row + j]! * coefficients[j]!;
    eta = Math.min(MAX_PREDICTOR, Math.max(-MAX_PREDICTOR, eta));
    const mu = Math.exp(eta);
    const weight = ((weights ? weights[i]! : 1) * mu) / (1 + dispersion * mu);
    const working = eta - known + (counts[i]! - mu) / mu;
    for (let j = 0; j < p; j++) {
      const weighted = weight * design[row + j]!;
      if (weighted === 0) continue;
      right[j]! += weighted * working;
      for (let k = 0; k <= j; k++) normal[j * p + k]! += weighted * design[row + k]!;
    }
  }
  return solvePenalised(normal, right, penalty);
}

function solvePenalised(lower: Float64Array, right: Float64Array, penalty: Float64Array): Float64Array {
  const p = right.length;
  const matrix = new Matrix(p, p);
  for (let j = 0; j < p; j++) {
    for (let k = 0; k <= j; k++) {
      matrix.set(j, k, lower[j * p + k]!);
      matrix.set(k, j, lower[j * p + k]!);
    }
    matrix.set(j, j, lower[j * p + j]! + penalty[j]! + 1e-10);
  }
  return Float64Array.from(new CholeskyDecomposition(matrix).solve(Matrix.columnVector(right)).to1DArray());
}

/** The mean exp(x·β + offset) of one row, its predictor bounded as in the fit. */
export function predictCount(coefficients: Float64Array, row: ArrayLike<number>, offset = 0): number {
  let eta = offset;
  for (let j = 0; j < coefficients.length; j++) eta += coefficients[j]! * row[j]!;
  return Math.exp(Math.min(MAX_PREDICTOR, Math.max(-MAX_PREDICTOR, eta)));
}

/**
 * Fits a negative binomial: a Poisson fit, the dispersion by moments from its residuals, then the NB2 fit.
 * The moment estimate is bounded to [0, maxDispersion].
 */
export function fitNegativeBinomial(data: CountData, penalty: Float64Array, maxDispersion = 2): CountFit {
  const poisson = fitCounts(data, penalty);
  const dispersion = Math.min(maxDispersion, momentDispersion(data, poisson.coefficients));
  if (dispersion === 0) return poisson;
  return fitCounts(data, penalty, dispersion, poisson.coefficients);
}

/** Σ((y−μ)² − μ)/Σμ², with the degrees of freedom that the columns took; at least 0. */
function momentDispersion(
  { design, columns: p, counts, offset }: CountData,
  coefficients: Float64Array,
): number {
  let excess = 0;
  let squares = 0;
  const n = counts.length;
  const correction = n / Math.max(1, n - p);
  for (let i = 0; i < n; i++) {
    const mu = predictCount(coefficients, design.subarray(i * p, (i + 1) * p), offset ? offset[i]! : 0);
    excess += (counts[i]! - mu) ** 2 * correction - mu;
    squares += mu * mu;
  }
  return squares > 0 ? Math.max(0, excess / squares) : 0;
}
