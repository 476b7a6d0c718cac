import fc from 'fast-check';
import { type GuardContext, type GuardSettings, STALE_FIT_MS, guardPrice } from './guards.js';

const SETTINGS: GuardSettings = {
  mode: 'live',
  floor: 2000,
  ceiling: 9000,
  largestStep: 0.1,
  largestDayStep: 0.15,
  hysteresis: 0.02,
  pricePoint: 100,
  coolDownMs: 3_600_000,
  freezeMs: 7_200_000,
};
const NOW = 1_800_000_000_000;
const CONTEXT: GuardContext = {
  now: NOW,
  startsAt: NOW + 30 * 86_400_000,
  base: 4000,
  lastPrice: 5000,
  lastChangedAt: NOW - 86_400_000,
  dayAgoPrice: 5000,
  cheaperClass: null,
  dearerClass: null,
  killSwitch: false,
  override: null,
  heldOut: false,
  fittedAt: NOW - 3_600_000,
  dataFault: null,
};

const guard = (asked: number, context: Partial<GuardContext> = {}, settings: Partial<GuardSettings> = {}) =>
  guardPrice(asked, { ...SETTINGS, ...settings }, { ...CONTEXT, ...context });

describe('Guards on a price', () => {
  it.each([
    ['lets a small change through', 5200, {}, {}, 5200, []],
    ['rounds to price points', 5230, {}, {}, 5200, ['rounding']],
    ['limits the step of a review', 7000, {}, {}, 5500, ['largest step a review']],
    [
      'limits the step of a day',
      7000,
      { dayAgoPrice: 4500 },
      {},
      5100,
      ['largest step a review', 'largest step a day', 'rounding'],
    ],
    ['keeps the last price for a trifle', 5050, {}, {}, 5000, ['hysteresis']],
    [
      'stays above the cheaper class',
      4600,
      { cheaperClass: 4900 },
      { hysteresis: 0 },
      4900,
      ['order of classes'],
    ],
    ['stays below the dearer class', 5400, { dearerClass: 5200 }, {}, 5200, ['order of classes']],
    ['stays above the floor', 1000, { lastPrice: 2100, dayAgoPrice: 2100 }, {}, 2000, ['floor and ceiling']],
    [
      'goes up to a floor that was raised past the largest step',
      5000,
      {},
      { floor: 8000 },
      8000,
      ['floor and ceiling', 'largest step a review', 'floor and ceiling'],
    ],
    ['returns to the base price by the kill switch', 5200, { killSwitch: true }, {}, 4000, ['kill switch']],
    ['follows an override', 5200, { override: { price: 3333, until: NOW + 1 } }, {}, 3333, ['override']],
    ['forgets an override that has ended', 5200, { override: { price: 3333, until: NOW } }, {}, 5200, []],
    ['holds out at the base price', 5200, { heldOut: true }, {}, 4000, ['hold-out']],
    ['freezes before the start of an event', 5200, { startsAt: NOW + 7_199_999 }, {}, 5000, ['freeze']],
    ['cools down after a change', 5200, { lastChangedAt: NOW - 3_599_999 }, {}, 5000, ['cool-down']],
    ['shows nothing in shadow mode', 5200, {}, { mode: 'shadow' as const }, 5000, ['shadow mode']],
  ])('between model and publication: %s', (_, asked, context, settings, price, names) => {
    const guarded = guard(asked, context, settings);
    expect(guarded.price).toBe(price);
    expect(guarded.clips.map((clip) => clip.guard)).toEqual(names);
  });

  it('clips in the documented order', () => {
    const context = { dearerClass: 9500, dayAgoPrice: 4500 };
    const names = (settings: Partial<GuardSettings>) =>
      guard(20_000, context, settings).clips.map((clip) => clip.guard);
    const first = ['order of classes', 'floor and ceiling', 'largest step a review', 'largest step a day'];
    expect(names({})).toEqual([...first, 'rounding']);
    expect(names({ hysteresis: 0.05 })).toEqual([...first, 'hysteresis']);
    expect(names({ floor: 5150 })).toEqual([...first, 'rounding', 'floor and ceiling']);
  });

  it('sets the price aside for the first reason that holds, in the documented order', () => {
    const reasons: [string, Partial<GuardContext>][] = [
      ['kill switch', { killSwitch: true }],
      ['override', { override: { price: 3333, until: null } }],
      ['hold-out', { heldOut: true }],
      ['stale fit', { fittedAt: NOW - STALE_FIT_MS - 1 }],
      ['data check', { dataFault: 'no sales since Monday' }],
      ['freeze', { startsAt: NOW + 1 }],
      ['cool-down', { lastChangedAt: NOW - 1 }],
    ];
    reasons.forEach(([name], i) => {
      const context = Object.assign({}, ...reasons.slice(i).map(([, part]) => part)) as Partial<GuardContext>;
      expect(guard(5200, context).clips.map((clip) => clip.guard)).toEqual([name]);
    });
  });

  it('keeps the last price and alerts when the fit is stale or the data check failed', () => {
    const stale = guard(5200, { fittedAt: NOW - STALE_FIT_MS - 1 });
    expect(stale).toMatchObject({ price: 5000, alerts: ['the fit is 48 hours old'] });
    expect(guard(5200, { fittedAt: NOW - STALE_FIT_MS }).alerts).toEqual([]);
    expect(guard(5200, { dataFault: 'no sales since Monday' })).toMatchObject({
      price: 5000,
      alerts: ['no sales since Monday'],
    });
  });

  it('tells in shadow mode what would have been published', () => {
    expect(guard(5200, {}, { mode: 'shadow' })).toMatchObject({ price: 5000, wanted: 5200 });
  });

  it('never leaves the bounds, nor the largest step where the bounds allow it, also after rounding', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1e6, noNaN: true }),
        fc.integer({ min: 2000, max: 9000 }),
        fc.integer({ min: 1, max: 700 }),
        fc.double({ min: 0.001, max: 0.5, noNaN: true }),
        (asked, lastPrice, pricePoint, largestStep) => {
          const { price, clips } = guard(
            asked,
            { lastPrice, dayAgoPrice: lastPrice },
            { pricePoint, largestStep, largestDayStep: largestStep },
          );
          expect(price).toBeGreaterThanOrEqual(2000);
          expect(price).toBeLessThanOrEqual(9000);
          expect(Math.abs(price / lastPrice - 1)).toBeLessThanOrEqual(largestStep + 1e-9);
          const log = clips.reduce((sum, { from, to }) => sum + Math.log(to / from), 0);
          expect(log).toBeCloseTo(Math.log(price / asked), 9);
        },
      ),
    );
  });
});
