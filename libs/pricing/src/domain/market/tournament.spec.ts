import { STANDARD_MARKET, WORLDS, type World, bookingCurve } from './market.js';
import { priorFromPast, simulatePast, truePrior } from './past-events.js';
import { fitPopulation } from './population-prior.js';
import { clairvoyantOptimum, eventOf, runEvent } from './simulation.js';
import { POLICIES, type PolicyName, ratioOfSums, runTournament, worldOptimum } from './tournament.js';

const market = STANDARD_MARKET;
const SEED = 2026;
const PAST = 60;
const prior = priorFromPast(market, PAST, SEED);
const RIVALS = ['Bayes', 'Bayes, at most 10 % a day', 'pace rule'] as const satisfies PolicyName[];

// Enough events to tell these apart; docs/pricing-report.md has 2,000, and 200 past ones.
const compete = (policies: readonly PolicyName[], events: number, world: World = 'model', beliefs = prior) =>
  runTournament({ market, world, events, seed: SEED, prior: beliefs, policies });

/** Shares of the optimum. */
function play(...args: Parameters<typeof compete>) {
  const shares = new Map(compete(...args).map(({ policy, ofReference }) => [policy, ofReference.value]));
  return (policy: PolicyName) => shares.get(policy)!;
}

describe('The market simulator', () => {
  it('gives the policies the shares of the optimum that theory and earlier runs gave them', () => {
    const share = play(POLICIES, 60);
    expect(share('Bayes')).toBeGreaterThan(0.96);
    expect(share('Bayes, at most 10 % a day')).toBeGreaterThan(0.95);
    expect(share('Bayes')).toBeGreaterThan(1.2 * share('usual rules'));
    expect(share('clairvoyant fixed price')).toBeGreaterThan(0.97);
    expect(share('clairvoyant fixed price')).toBeLessThan(0.995);
    expect(share('Thompson sampling')).toBeLessThan(share('Bayes'));
    expect(share('pace rule')).toBeLessThan(0.9);
    expect(share('fixed price of the prior')).toBeLessThan(0.8);
    expect(share('blind to inventory')).toBeLessThan(share('usual rules'));
    expect(share('never learning')).toBeLessThan(0.92);
  });

  describe.each(WORLDS.slice(1))(
    'keeps Bayes ahead of the pace rule where the model is wrong: %s',
    (world) => {
      it.each([
        ['as the model says', 'model'],
        ['as wrong', world],
      ] as const)('with a past that was %s', (_, pastWorld) => {
        const beliefs = pastWorld === 'model' ? prior : priorFromPast(market, PAST, SEED, pastWorld);
        const share = play(RIVALS, 20, world, beliefs);
        expect(share('Bayes')).toBeGreaterThan(share('pace rule'));
        expect(share('Bayes, at most 10 % a day')).toBeGreaterThan(share('pace rule'));
      });
    },
  );

  it.each(['worth rising late', 'wrong curve'] as const)(
    'would earn little, were the curve of a wrong past taken as it is: %s',
    (world) => {
      const misled = priorFromPast(market, PAST, SEED, world, 'as it is');
      const misledShare = play(['Bayes'], 20, world, misled)('Bayes');
      expect(misledShare).toBeLessThan(0.7);
    },
  );

  it('finds in past events by how much the curve is off a day, and leaves a right one alone', () => {
    const factors = (world: World) => fitPopulation(simulatePast(market, PAST, SEED, world)).dayFactors;
    const mean = (values: Float64Array) => values.reduce((sum, f) => sum + f, 0) / values.length;
    const wrong = factors('wrong curve');
    const late = bookingCurve(60, 1.2, 3, 6);
    // In truth .55 on the first five days, 1.6 on the last five.
    for (const [from, to] of [
      [0, 5],
      [25, 30],
      [55, 60],
    ] as const) {
      const truth = mean(late.map((share, day) => share / market.curve[day]!).subarray(from, to));
      expect(Math.abs(Math.log(mean(wrong.subarray(from, to)) / truth))).toBeLessThan(0.25);
    }
    for (const factor of factors('model')) expect(Math.abs(factor - 1)).toBeLessThan(0.05);
  });

  it('finds the population in past events whose truths it does not know', () => {
    const truth = truePrior(market);
    expect(Math.abs(prior.meanLogLevel - truth.meanLogLevel)).toBeLessThan(0.3);
    expect(Math.abs(prior.meanLogWorth - truth.meanLogWorth)).toBeLessThan(0.2);
    expect(Math.abs(prior.sdLogLevel - truth.sdLogLevel)).toBeLessThan(0.3);
    expect(Math.abs(prior.sdLogWorth - truth.sdLogWorth)).toBeLessThan(0.2);
    expect(Math.abs(prior.correlation)).toBeLessThan(0.7);
  });

  it('cannot learn a population from events that sold nothing', () => {
    const unsold = simulatePast(market, 3, SEED).map((sales) =>
      sales.map((day) => ({ ...day, sold: 0, soldOut: false })),
    );
    expect(() => fitPopulation(unsold)).toThrow(RangeError);
  });

  it('repeats itself to the last bit for one seed', () => {
    expect(compete(['Thompson sampling'], 5)).toEqual(compete(['Thompson sampling'], 5));
  });

  it('never sells more than the stock, nor outside the bounds of price', () => {
    for (let event = 0; event < 30; event++) {
      const wild = { price: () => (event % 2 ? 1 : 1e6) };
      const { sales, sold } = runEvent('noisy days', market, eventOf(market, SEED, event), wild, SEED, event);
      expect(sold).toBeLessThanOrEqual(market.units);
      for (const { price } of sales) expect([10, 300]).toContain(price);
    }
  });

  it('spreads all arrivals over the curve', () => {
    expect(bookingCurve(60).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
  });

  it('has an optimum of daily prices just below that of prices that move at every moment', () => {
    const truth = { level: 600, worth: 40 };
    const share = worldOptimum('model', market, truth) / clairvoyantOptimum(market, truth);
    expect(share).toBeLessThan(1);
    expect(share).toBeGreaterThan(0.99);
  });

  it('gives ratios with their interval', () => {
    expect(ratioOfSums([2, 4, 6], [1, 2, 3])).toEqual({ value: 2, low: 2, high: 2 });
    const { value, low, high } = ratioOfSums([1, 2, 3], [1, 1, 1]);
    expect(value).toBe(2);
    expect(high - value).toBeCloseTo(1.959963984540054 / Math.sqrt(3), 12);
    expect(value - low).toBeCloseTo(high - value, 12);
  });
});
