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
  const market = STANDARD_MARKET;
  const prior = priorFromPast(market, PAST, SEED);
  const standard = { market, seed: SEED, prior };
  const standings = runTournament({ ...standard, world: 'model', events, policies: POLICIES });
  const wrong = (priorOf: (world: World) => DemandPrior) =>
    WORLDS.slice(1).map((world) => ({
      world,
      standings: runTournament({
        ...standard,
        prior: priorOf(world),
        world,
        events: wrongEvents,
        policies: RIVALS,
      }),
    }));
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

## Where the model is wrong

${wrongEvents} events in each world; the share is of the optimum that the model would have.

With the prior above, whose past was as the model says:

${wrongTable(wrong(() => prior))}

With a prior that is fitted from ${PAST} past events of the same wrong world, as it would be in earnest:

${wrongTable(wrong((world) => priorFromPast(market, PAST, SEED, world)))}
`;
  const shares = standings.map(({ policy, ofReference }) => ({ policy, ...ofReference }));
  return { text, plots: { 'policies.svg': await drawChart(policyChart(shares)) } };
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
