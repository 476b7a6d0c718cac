import { RandomStream } from '../numerics/random.js';
import { twoStageLeastSquares } from './two-stage-least-squares.js';

/** Log sales that fall by 2 per log price, where prices were raised because demand was seen to be high. */
function endogenous(n: number) {
  const random = new RandomStream(11);
  return Array.from({ length: n }, () => {
    const demand = random.normal();
    const offset = 0.1 * random.normal();
    const price = 0.5 * demand + offset + 0.05 * random.normal();
    return { sales: 1 - 2 * price + demand + 0.1 * random.normal(), price, offset };
  });
}

describe('Two-stage least squares', () => {
  const data = endogenous(4000);
  const sales = data.map((row) => row.sales);
  const regressors = data.map((row) => [row.price, 1]);

  it('finds the effect of prices that the engine itself moved, which least squares gets wrong', () => {
    const plain = twoStageLeastSquares(sales, regressors, regressors);
    const instrumented = twoStageLeastSquares(
      sales,
      regressors,
      data.map((row) => [row.offset, 1]),
    );
    expect(plain.coefficients[0]!).toBeGreaterThan(-1);
    const [effect, error] = [instrumented.coefficients[0]!, instrumented.standardErrors[0]!];
    expect(Math.abs(effect + 2)).toBeLessThan(3 * error);
    expect(error).toBeLessThan(0.25);
  });

  it('is the ratio of covariances for one instrument', () => {
    const mean = (list: number[]) => list.reduce((sum, x) => sum + x, 0) / list.length;
    const covariance = (a: number[], b: number[]) => mean(a.map((x, i) => (x - mean(a)) * (b[i]! - mean(b))));
    const offsets = data.map((row) => row.offset);
    const ratio =
      covariance(offsets, sales) /
      covariance(
        offsets,
        data.map((row) => row.price),
      );
    const { coefficients } = twoStageLeastSquares(
      sales,
      regressors,
      data.map((row) => [row.offset, 1]),
    );
    expect(coefficients[0]).toBeCloseTo(ratio, 8);
  });

  it('agrees with plain least squares when regressors are their own instruments', () => {
    const { coefficients } = twoStageLeastSquares(
      [1, 2, 4, 5],
      [
        [0, 1],
        [1, 1],
        [2, 1],
        [3, 1],
      ],
      [
        [0, 1],
        [1, 1],
        [2, 1],
        [3, 1],
      ],
    );
    expect(coefficients[0]).toBeCloseTo(1.4, 10);
    expect(coefficients[1]).toBeCloseTo(0.9, 10);
  });

  it('refuses instruments that are too few or move nothing', () => {
    expect(() =>
      twoStageLeastSquares(
        [1, 2, 3],
        [
          [1, 1],
          [2, 1],
          [4, 1],
        ],
        [[1], [1], [1]],
      ),
    ).toThrow(RangeError);
    expect(() =>
      twoStageLeastSquares(
        [1, 2, 3],
        [
          [1, 1],
          [2, 1],
          [4, 1],
        ],
        [
          [1, 1],
          [1, 1],
          [1, 1],
        ],
      ),
    ).toThrow(RangeError);
  });
});
