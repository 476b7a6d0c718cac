import fc from 'fast-check';
import type { DemandPrior } from './demand-posterior.js';
import { FACTORS, type PriceInputs, explainPrice } from './explained-price.js';
import { type GuardContext, type GuardSettings, isHeldOut, randomOffset } from './guards.js';
import { recommendPrice } from './recommend-price.js';

const HISTORY: DemandPrior = {
  meanLogLevel: Math.log(900),
  meanLogWorth: Math.log(4200),
  sdLogLevel: 0.5,
  sdLogWorth: 0.3,
  correlation: -0.1,
};

const AT_PRIOR: PriceInputs = {
  base: 4500,
  capacity: 300,
  remaining: 300,
  history: null,
  calendar: 1,
  sales: [],
  dispersion: 1,
  waiting: 0,
  shareLeft: 1,
  offset: 0,
};

const inputs: fc.Arbitrary<PriceInputs> = fc
  .record({
    base: fc.integer({ min: 100, max: 50_000 }),
    capacity: fc.integer({ min: 1, max: 800 }),
    remainingShare: fc.double({ min: 0, max: 1, noNaN: true }),
    history: fc.option(fc.constant(HISTORY)),
    calendar: fc.double({ min: 0.5, max: 2, noNaN: true }),
    sold: fc.array(fc.nat(40), { maxLength: 6 }),
    dispersion: fc.double({ min: 1, max: 4, noNaN: true }),
    waiting: fc.nat(50),
    shareLeft: fc.double({ min: 0.01, max: 1, noNaN: true }),
    offset: fc.double({ min: -0.05, max: 0.05, noNaN: true }),
  })
  .map(({ remainingShare, sold, ...rest }) => ({
    ...rest,
    remaining: Math.max(1, Math.round(rest.capacity * remainingShare)),
    sales: sold.map((units, i) => ({
      share: 0.1,
      price: rest.base * (0.8 + 0.1 * i),
      sold: units,
      soldOut: false,
    })),
  }));

const SETTINGS: GuardSettings = {
  mode: 'live',
  floor: 1,
  ceiling: 10_000_000,
  largestStep: 0.1,
  largestDayStep: 0.2,
  hysteresis: 0.01,
  pricePoint: 50,
  coolDownMs: 3_600_000,
  freezeMs: 7_200_000,
};

const NOW = 1_800_000_000_000;
const context = (base: number): GuardContext => ({
  now: NOW,
  startsAt: NOW + 40 * 86_400_000,
  base,
  lastPrice: base,
  lastChangedAt: null,
  dayAgoPrice: base,
  cheaperClass: null,
  dearerClass: null,
  killSwitch: false,
  override: null,
  heldOut: false,
  fittedAt: NOW,
  dataFault: null,
});

describe('An explained price', () => {
  it('is the base price when nothing is known, and no factor adds anything', () => {
    for (const capacity of [1, 10, 300, 5000]) {
      const { price, factors } = explainPrice({ ...AT_PRIOR, capacity, remaining: capacity });
      expect(price).toBeCloseTo(4500, 6);
      for (const { contribution } of factors) expect(contribution).toBe(0);
    }
  });

  it('has factors that add up to ln(price/base), and can be computed again from its stored inputs', () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const { price, factors } = explainPrice(given);
        expect(factors.map(({ name }) => name)).toEqual([...FACTORS]);
        expect(factors.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(
          Math.log(price / given.base),
          9,
        );
        expect(explainPrice(JSON.parse(JSON.stringify(given)) as PriceInputs)).toEqual({ price, factors });
      }),
      { numRuns: 40 },
    );
  });

  it('gives each factor what the price changes when that input joins those before it', () => {
    const given: PriceInputs = {
      ...AT_PRIOR,
      remaining: 90,
      history: HISTORY,
      calendar: 1.2,
      sales: [
        { share: 0.3, price: 4500, sold: 120, soldOut: false },
        { share: 0.3, price: 5500, sold: 90, soldOut: false },
      ],
      waiting: 12,
      shareLeft: 0.4,
      offset: 0.02,
    };
    const joined: [string, Partial<PriceInputs>][] = [
      ['history', { history: given.history }],
      ['calendar', { calendar: given.calendar }],
      ['price response', { sales: given.sales }],
      ['waitlist', { waiting: given.waiting }],
      ['time left', { shareLeft: given.shareLeft }],
      ['scarcity', { remaining: given.remaining }],
      ['offset', { offset: given.offset }],
    ];
    const { factors } = explainPrice(given);
    let known: PriceInputs = AT_PRIOR;
    let before = Math.log(explainPrice(known).price);
    for (const [name, more] of joined) {
      known = { ...known, ...more };
      const now = Math.log(explainPrice(known).price);
      // Sales teach two factors at once: pace, then price response.
      const names = name === 'price response' ? ['pace', name] : [name];
      const told = factors
        .filter((factor) => names.includes(factor.name))
        .reduce((sum, f) => sum + f.contribution, 0);
      expect(told).toBeCloseTo(now - before, 9);
      before = now;
    }
    expect(before).toBeCloseTo(Math.log(explainPrice(given).price), 12);
  });

  it('moves with its inputs as the trade expects', () => {
    const factor = (name: string, change: Partial<PriceInputs>) =>
      explainPrice({ ...AT_PRIOR, ...change }).factors.find((f) => f.name === name)!.contribution;
    expect(factor('scarcity', { remaining: 60 })).toBeGreaterThan(0);
    expect(factor('time left', { shareLeft: 0.3 })).toBeLessThan(0);
    expect(factor('waitlist', { waiting: 100 })).toBeGreaterThan(0);
    expect(factor('calendar', { calendar: 1.5 })).toBeGreaterThan(0);
    const sales = (sold: number) => ({ sales: [{ share: 0.2, price: 4500, sold, soldOut: false }] });
    expect(factor('pace', sales(140))).toBeGreaterThan(factor('pace', sales(20)));
  });

  it('refuses inputs that no ticket type can have', () => {
    const broken: Partial<PriceInputs>[] = [
      { base: 0 },
      { remaining: 0 },
      { remaining: 301 },
      { shareLeft: 1.1 },
      { dispersion: 0.5 },
      { calendar: 0 },
    ];
    for (const change of broken) expect(() => explainPrice({ ...AT_PRIOR, ...change })).toThrow(RangeError);
  });
});

describe('A recommendation', () => {
  it('explains guards and rounding too, without a residual, and publishes whole minor units', () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const base = Math.round(given.base / 50) * 50 || 50;
        const { price, factors } = recommendPrice({ ...given, base }, SETTINGS, context(base));
        expect(factors.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(
          Math.log(price / base),
          9,
        );
        expect(price).toBeLessThanOrEqual(base * 1.1 + 1e-9);
        expect(price).toBeGreaterThanOrEqual(base * 0.9 - 1e-9);
        expect(Math.abs(price - Math.round(price))).toBeLessThan(1e-9);
      }),
      { numRuns: 40 },
    );
  });

  it('gives the same bytes for the same inputs', () => {
    const once = JSON.stringify(recommendPrice(AT_PRIOR, SETTINGS, context(4500)));
    expect(JSON.stringify(recommendPrice(AT_PRIOR, SETTINGS, context(4500)))).toBe(once);
  });

  it('draws hold-outs and offsets by id, always the same', () => {
    const ids = Array.from({ length: 4000 }, (_, i) => `tkt_${i}`);
    const held = ids.filter((id) => isHeldOut(id, 'autumn', 0.1));
    expect(held.length / ids.length).toBeCloseTo(0.1, 1);
    expect(ids.filter((id) => isHeldOut(id, 'autumn', 0.1))).toEqual(held);
    expect(held.every((id) => isHeldOut(id, 'winter', 0.1))).toBe(false);
    const offsets = ids.map((id) => randomOffset(id, 7, 0.03));
    expect(offsets.every((offset) => Math.abs(offset) <= 0.03)).toBe(true);
    expect(Math.abs(offsets.reduce((sum, o) => sum + o, 0) / ids.length)).toBeLessThan(0.002);
    expect(randomOffset('tkt_1', 7, 0.03)).not.toBe(randomOffset('tkt_1', 8, 0.03));
  });
});
