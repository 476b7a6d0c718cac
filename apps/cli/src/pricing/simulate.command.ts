import { writeFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type DemandPrior,
  POLICIES,
  type Ratio,
  STANDARD_MARKET,
  type Standing,
  WORLDS,
  type World,
  priorFromPast,
  runTournament,
} from '#libs/pricing';

interface SimulateOptions {
  events: number;
  past: number;
  seed: number;
  world: World | 'all';
  pastWorld: 'model' | 'same';
  reference: 'model' | 'world';
  out?: string;
}

/** `pricing:simulate`: policies sell simulated events, whose truths they do not know, to the same buyers. */
export function simulateCommand(program: Command): void {
  program
    .command('pricing:simulate')
    .description(
      'compare pricing policies in a simulated market; the prior is fitted from simulated past events',
    )
    .option('--events <number>', 'events to sell', wholeNumber(2, 100_000), 2000)
    .option('--past <number>', 'past events that the prior is fitted from', wholeNumber(5, 5000), 200)
    .option('--seed <number>', 'of everything random', wholeNumber(0, 2 ** 31 - 1), 1)
    .addOption(
      new Option('--world <name>', 'how demand truly behaves').choices([...WORLDS, 'all']).default('model'),
    )
    .addOption(
      new Option('--past-world <name>', 'how it behaved in the past events: as the model says, or the same')
        .choices(['model', 'same'])
        .default('model'),
    )
    .addOption(
      new Option(
        '--reference <what>',
        "measure against the model's optimum or that of daily prices in the world",
      )
        .choices(['model', 'world'])
        .default('model'),
    )
    .option('--out <file>', 'write the results as JSON too')
    .action(simulate);
}

async function simulate(options: SimulateOptions): Promise<void> {
  const { events, past, seed, world, pastWorld, reference, out } = options;
  const market = STANDARD_MARKET;
  const results: Record<string, { prior: DemandPrior; standings: Standing[] }> = {};
  for (const each of world === 'all' ? WORLDS : [world]) {
    const prior = priorFromPast(market, past, seed, pastWorld === 'same' ? each : 'model');
    const standings = runTournament({
      market,
      world: each,
      events,
      seed,
      prior,
      policies: POLICIES,
      reference,
    });
    console.log(`\nworld: ${each}; the prior from ${past} past events: ${described(prior)}`);
    printStandings(standings);
    results[each] = { prior, standings };
  }
  if (out) {
    const content = { market: 'standard', events, past, pastWorld, seed, reference, results };
    await writeFile(out, `${JSON.stringify(content, null, 2)}\n`);
  }
}

function described(prior: DemandPrior): string {
  const { meanLogLevel, sdLogLevel, meanLogWorth, sdLogWorth, correlation } = prior;
  const lognormal = (mean: number, sd: number, digits: number) =>
    `${Math.exp(mean).toFixed(digits)} (sd of its log ${sd.toFixed(2)})`;
  return `level ${lognormal(meanLogLevel, sdLogLevel, 0)}, worth ${lognormal(meanLogWorth, sdLogWorth, 1)}, correlation ${correlation.toFixed(2)}`;
}

function printStandings(standings: readonly Standing[]): void {
  const interval = ({ value, low, high }: Ratio) =>
    `${value.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
  console.table(
    standings.map((standing) => ({
      policy: standing.policy,
      'share of the optimum (95 %)': interval(standing.ofReference),
      'times the fixed price (95 %)': interval(standing.ofFixed),
      'stock sold': `${(standing.sold * 100).toFixed(0)} %`,
    })),
  );
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}
