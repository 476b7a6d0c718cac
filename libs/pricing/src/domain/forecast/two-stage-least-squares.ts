import { CholeskyDecomposition, Matrix } from 'ml-matrix';

/**
 * Two-stage least squares: effects of regressors that react to what they are to explain, such as a price that was
 * moved because of its sales. Instruments move the regressors and have no other way to the outcome: the small
 * randomised offsets of prices. Never plain least squares on prices that the engine itself moved.
 * Source: J. M. Wooldridge, "Econometric Analysis of Cross Section and Panel Data", 2nd ed. (2010), chapter 5;
 * standard errors robust to heteroskedasticity (HC1).
 */
export interface Regression {
  coefficients: number[];
  standardErrors: number[];
}

/**
 * @param outcome n values
 * @param regressors n rows of k: the endogenous ones, the exogenous ones and the intercept
 * @param instruments n rows of at least k: the exogenous ones and the intercept again, and what moves the others
 * @throws RangeError when instruments are too few, or do not move the regressors
 */
export function twoStageLeastSquares(
  outcome: readonly number[],
  regressors: readonly number[][],
  instruments: readonly number[][],
): Regression {
  const n = outcome.length;
  const x = new Matrix(regressors);
  const z = new Matrix(instruments);
  if (x.rows !== n || z.rows !== n)
    throw new RangeError('outcome, regressors and instruments differ in length');
  if (z.columns < x.columns)
    throw new RangeError(`${x.columns} regressors need as many instruments, not ${z.columns}`);
  const y = Matrix.columnVector(outcome);
  const fitted = z.mmul(solve(z.transpose().mmul(z), z.transpose().mmul(x)));
  const bread = fitted.transpose().mmul(fitted);
  const coefficients = solve(bread, fitted.transpose().mmul(y));
  const residuals = Matrix.sub(y, x.mmul(coefficients)).to1DArray();
  const scores = fitted.clone();
  residuals.forEach((residual, i) => scores.mulRow(i, residual));
  const inverse = solve(bread, Matrix.eye(x.columns));
  const variance = inverse.mmul(scores.transpose().mmul(scores)).mmul(inverse);
  const freedom = n / Math.max(1, n - x.columns);
  return {
    coefficients: coefficients.to1DArray(),
    standardErrors: variance.diagonal().map((v) => Math.sqrt(v * freedom)),
  };
}

function solve(matrix: Matrix, right: Matrix): Matrix {
  const cholesky = new CholeskyDecomposition(matrix);
  if (!cholesky.isPositiveDefinite())
    throw new RangeError('the instruments do not tell the regressors apart');
  return cholesky.solve(right);
}
