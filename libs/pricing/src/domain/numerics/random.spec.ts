import { RandomStream } from './random.js';

const draw = (n: number, value: (random: RandomStream) => number, ...keys: number[]) => {
  const random = new RandomStream(...keys);
  return Array.from({ length: n }, () => value(random));
};
const mean = (list: number[]) => list.reduce((sum, x) => sum + x, 0) / list.length;
const variance = (list: number[]) => mean(list.map((x) => (x - mean(list)) ** 2));

describe('A stream of random numbers', () => {
  it('gives the same again for the same keys, and something else for others', () => {
    const first = draw(5, (r) => r.uniform(), 1, 2, 3);
    expect(draw(5, (r) => r.uniform(), 1, 2, 3)).toEqual(first);
    expect(draw(5, (r) => r.uniform(), 1, 2, 4)).not.toEqual(first);
    expect(draw(5, (r) => r.uniform(), 2, 1, 3)).not.toEqual(first);
  });

  it('has the moments of its distributions', () => {
    const n = 20_000;
    expect(mean(draw(n, (r) => r.uniform(), 1))).toBeCloseTo(0.5, 2);
    const normal = draw(n, (r) => r.normal(), 2);
    expect(Math.abs(mean(normal))).toBeLessThan(0.03);
    expect(Math.abs(variance(normal) - 1)).toBeLessThan(0.05);
    const gamma = draw(n, (r) => r.gamma(4), 3);
    expect(Math.abs(mean(gamma) - 1)).toBeLessThan(0.02);
    expect(Math.abs(variance(gamma) - 0.25)).toBeLessThan(0.02);
  });

  it('does not start alike for neighbouring keys', () => {
    const firsts = Array.from({ length: 5000 }, (_, event) => new RandomStream(9, 1, event).uniform());
    expect(mean(firsts)).toBeCloseTo(0.5, 1);
    const products = firsts.slice(1).map((x, i) => (x - 0.5) * (firsts[i]! - 0.5));
    expect(Math.abs(mean(products)) / variance(firsts)).toBeLessThan(0.05);
  });

  it('picks in proportion to the weights', () => {
    const picks = draw(20_000, (r) => r.pick([1, 0, 3]), 5);
    expect(picks.filter((k) => k === 1)).toHaveLength(0);
    expect(picks.filter((k) => k === 2).length / picks.length).toBeCloseTo(0.75, 1);
  });
});
