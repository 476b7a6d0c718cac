import { coverage, mase, pinball, wape } from './metrics.js';

describe('Measures of forecasts', () => {
  const actual = [10, 20, 30];
  const forecast = [12, 20, 27];

  it('WAPE is the sum of the misses over the sum sold', () => {
    expect(wape(actual, forecast)).toBeCloseTo(5 / 60, 12);
    expect(wape([0, 0], [1, 1])).toBeNaN();
  });

  it('MASE compares with a naive forecast', () => {
    expect(mase(actual, forecast, [20, 20, 20])).toBeCloseTo(5 / 20, 12);
    expect(mase(actual, actual, actual)).toBeNaN();
  });

  it('pinball loss weighs misses by their side', () => {
    expect(pinball([10], [8], 0.9)).toBeCloseTo(1.8, 12);
    expect(pinball([10], [12], 0.9)).toBeCloseTo(0.2, 12);
    expect(pinball(actual, forecast, 0.5)).toBeCloseTo(5 / 6, 12);
  });

  it('coverage counts the ends of the interval in', () => {
    expect(coverage(actual, [10, 21, 0], [12, 25, 30])).toBeCloseTo(2 / 3, 12);
  });
});
