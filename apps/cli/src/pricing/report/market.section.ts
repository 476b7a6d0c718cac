import {
  POLICIES,
  type PolicyName,
  type Ratio,
  STANDARD_MARKET,
  type Standing,
  WORLDS,
  type DemandPrior,
  type World,
  priorFromPast,
  runTournament,
} from '#libs/pricing';
import { drawChart, policyChart } from './charts.js';
import { type Section, table, verdict } from './table.js';

const MARKET = STANDARD_MARKET;
const PAST = 200;
const SEED = 1;
const RIVALS = [
  'Bayes',
  'Bayes, at most 10 % a day',
  'pace rule',
  'usual rules',
] as const satisfies PolicyName[];
const GUARDED = 'Bayes, at most 10 % a day';

/** Policies that sell simulated events, in the world that they believe in and in others. */
export async function marketSection(events: number, wrongEvents: number): Promise<Section> {
  const prior = priorFromPast(MARKET, PAST, SEED);
  const standings = compete('model', events, prior, POLICIES);
  const text = `## Policies in a simulated market

${events} events of 150 places and 60 daily reviews, seed ${SEED}; the prior is fitted from ${PAST} simulated past events:
level ${Math.exp(prior.meanLogLevel).toFixed(0)} (sd of its logarithm ${prior.sdLogLevel.toFixed(2)}), mean willingness to pay ${Math.exp(prior.meanLogWorth).toFixed(1)} (${prior.sdLogWorth.toFixed(2)}), correlation ${prior.correlation.toFixed(2)}.
"Blind to inventory" (learns as well, but prices as if the stock had no end) and the usual rules are negative controls.

${table(
  ['policy', 'share of the optimum (95 %)', 'times the fixed price (95 %)', 'stock sold'],
  standings.map((each) => [
    each.policy,
    interval(each.ofReference),
    interval(each.ofFixed),
    `${(each.sold * 100).toFixed(0)} %`,
  ]),
)}

${bars(standings)}

![Share of the clairvoyant optimum](pricing/policies.svg)

${wrongWorlds(wrongEvents, prior)}`;
  const shares = standings.map(({ policy, ofReference }) => ({ policy, ...ofReference }));
  return { text, plots: { 'policies.svg': await drawChart(policyChart(shares)) } };
}

function compete(world: World, events: number, prior: DemandPrior, policies: readonly PolicyName[]) {
  return runTournament({ market: MARKET, seed: SEED, world, events, prior, policies });
}

function wrongWorlds(events: number, prior: DemandPrior): string {
  const wrong = WORLDS.slice(1);
  const own = wrong.map((world) => ({
    world,
    standings: compete(world, events, priorFromPast(MARKET, PAST, SEED, world), RIVALS),
  }));
  const bayes = (world: World, beliefs: DemandPrior) =>
    of(compete(world, events, beliefs, ['Bayes']), 'Bayes').ofReference;
  const asItIs = (world: World) => bayes(world, priorFromPast(MARKET, PAST, SEED, world, 'as it is'));
  return `## Where the model is wrong

${events} events in each world; the share is of the optimum that the model would have.

With the prior above, whose past was as the model says:

${wrongTable(wrong.map((world) => ({ world, standings: compete(world, events, prior, RIVALS) })))}

With a prior that is fitted from ${PAST} past events of the same wrong world, as it would be in earnest:

${wrongTable(own)}

The fit of a prior gives each day a factor on its arrivals, drawn towards 1 by as much as the days of the past differ by
chance alone: without it a curve that is wrong about a day is taken for the buyers' response to that day's prices. What
Bayes earns with a prior fitted so, and with one that takes the curve as it is (a negative control):

${table(
  ['world and past', 'with day factors', 'curve as it is'],
  [
    ['model', interval(bayes('model', prior)), interval(asItIs('model'))],
    ...own.map(({ world, standings }) => [
      world,
      interval(of(standings, 'Bayes').ofReference),
      interval(asItIs(world)),
    ]),
  ],
)}
`;
}

function wrongTable(worlds: readonly { world: World; standings: Standing[] }[]): string {
  return table(
    ['world', ...RIVALS, 'both ahead of the pace rule'],
    worlds.map(({ world, standings }) => [
      world,
      ...RIVALS.map((policy) => interval(of(standings, policy).ofReference)),
      verdict(
        Math.min(of(standings, 'Bayes').revenue, of(standings, GUARDED).revenue) >
          of(standings, 'pace rule').revenue,
      ),
    ]),
  );
}

function bars(standings: readonly Standing[]): string {
  const share = (policy: PolicyName) => of(standings, policy).ofReference.value;
  const times = share('Bayes') / share('usual rules');
  const guardedTimes = share(GUARDED) / share('usual rules');
  return table(
    ['bar', 'figure', ''],
    [
      ['Bayes at least .96 of the optimum', share('Bayes').toFixed(3), verdict(share('Bayes') >= 0.96)],
      ['with at most 10 % a day at least .95', share(GUARDED).toFixed(3), verdict(share(GUARDED) >= 0.95)],
      [
        'both at least 1.20 times the usual rules',
        `${times.toFixed(2)}, ${guardedTimes.toFixed(2)}`,
        verdict(Math.min(times, guardedTimes) >= 1.2),
      ],
      [
        'ahead of a learner blind to inventory',
        `${share('Bayes').toFixed(3)} > ${share('blind to inventory').toFixed(3)}`,
        verdict(share('Bayes') > share('blind to inventory')),
      ],
    ],
  );
}

function of(standings: readonly Standing[], policy: PolicyName): Standing {
  return standings.find((each) => each.policy === policy)!;
}

function interval({ value, low, high }: Ratio): string {
  return `${value.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
}
