import { median, percentile, ratio, rounded, unevenness } from './statistics.js';

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe('a percentile', () => {
  it.each([
    [100, 0.99, 99],
    [100, 0.5, 50],
    [100, 0.07, 7],
    [100, 1, 100],
    [1000, 0.999, 999],
    [4, 0.5, 2],
    [3, 0.5, 2],
    [1, 0.99, 1],
    [10, 0.001, 1],
  ])('of the numbers up to %i at %p is %i', (n, share, expected) => {
    expect(percentile(upTo(n), share)).toBe(expected);
  });

  it('is refused for no values and for shares outside of 0 to 1', () => {
    expect(() => percentile([], 0.5)).toThrow('of nothing');
    for (const share of [0, -1, 1.01, Number.NaN]) expect(() => percentile([1], share)).toThrow(RangeError);
  });
});

describe('a median', () => {
  it.each([
    [[3, 1, 2], 2],
    [[10, 9, 1, 2], 5.5],
    [[7], 7],
    [[100, 9, 80], 80],
  ])('of %p is %p', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('leaves its values in their order, and is refused for none', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
    expect(() => median([])).toThrow('of nothing');
  });
});

it('compares only with something that was measured', () => {
  expect(ratio(100, 4)).toBe(25);
  for (const [one, other] of [
    [1, 0],
    [1, Number.NaN],
    [Number.POSITIVE_INFINITY, 1],
    [1, -1],
  ] as const)
    expect(() => ratio(one, other)).toThrow(RangeError);
});

it('tells how far shares are from equal ones', () => {
  expect(unevenness([5, 5, 5, 5])).toBe(0);
  expect(unevenness([60, 40])).toBe(10);
  expect(unevenness([10, 30, 30, 30])).toBe(15);
  expect(() => unevenness([0, 0])).toThrow('nothing was shared');
});

it('rounds to significant digits', () => {
  expect([rounded(1234.567), rounded(0.00123456), rounded(12, 1)]).toEqual([1235, 0.001235, 10]);
});
