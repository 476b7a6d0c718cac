import { STANDARD_MARKET, WORLDS, bookingCurve } from './market.js';
import { priorFromPast, simulatePast, truePrior } from './past-events.js';
import { fitPopulation } from './population-prior.js';
import { clairvoyantOptimum, eventOf, runEvent } from './simulation.js';
import { POLICIES, type PolicyName, ratioOfSums, runTournament, worldOptimum } from './tournament.js';

const market = STANDARD_MARKET;
const SEED = 2026;
const prior = priorFromPast(market, 60, SEED);
// Enough events to tell these shares apart; docs/pricing-report.md has 2,000, and 200 past ones.
const play = (policies: PolicyName[], events: number, world = WORLDS[0] as (typeof WORLDS)[number]) =>
  new Map(
    runTournament({
      market,
      world,
      events,
      seed: SEED,
      prior: priorFromPast(market, 200, SEED),
      policies,
    }).map((standing) => [standing.policy, standing]),
  );

describe('The market simulator', () => {
  it('gives the policies the shares of the optimum that theory and earlier runs gave them', () => {
    const table = play([...POLICIES], 60);
    const share = (policy: PolicyName) => table.get(policy)!.ofReference.value;
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

  it.each(WORLDS.slice(1))('keeps Bayes ahead of the pace rule where the model is wrong: %s', (world) => {
    const table = play(['Bayes', 'Bayes, at most 10 % a day', 'pace rule'], 20, world);
    const pace = table.get('pace rule')!.ofReference.value;
    expect(table.get('Bayes')!.ofReference.value).toBeGreaterThan(pace);
    expect(table.get('Bayes, at most 10 % a day')!.ofReference.value).toBeGreaterThan(pace);
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
    expect(play(['Thompson sampling'], 5)).toEqual(play(['Thompson sampling'], 5));
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
