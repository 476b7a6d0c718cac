import { littlewood, protectionLevels } from './nested-classes.js';

describe('Nested classes', () => {
  it('are protected as published for EMSR-b', () => {
    const levels = protectionLevels([
      { price: 1050, mean: 17.3, deviation: 5.8 },
      { price: 567, mean: 45.1, deviation: 15.0 },
      { price: 534, mean: 39.6, deviation: 13.2 },
      { price: 520, mean: 34.0, deviation: 11.3 },
    ]);
    [16.717484, 50.944186, 83.154839].forEach((level, j) => expect(levels[j]).toBeCloseTo(level, 6));
  });

  it("follow Littlewood's rule for two classes", () => {
    const dearer = { price: 100, mean: 40, deviation: 10 };
    expect(littlewood(dearer, 50)).toBeCloseTo(40, 12);
    expect(littlewood(dearer, 20)).toBeCloseTo(40 + 10 * 0.8416212335729143, 9);
    expect(littlewood(dearer, 99.9999)).toBeLessThan(littlewood(dearer, 90));
    expect(littlewood({ ...dearer, mean: 1 }, 99)).toBe(0);
  });

  it('cannot have a dearer class that is cheaper', () => {
    expect(() => littlewood({ price: 10, mean: 1, deviation: 1 }, 10)).toThrow(RangeError);
  });
});
