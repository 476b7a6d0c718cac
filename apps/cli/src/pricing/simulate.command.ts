import { writeFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
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

async function simulate({ events, past, seed, world, reference, out }: SimulateOptions): Promise<void> {
  const market = STANDARD_MARKET;
  const prior = priorFromPast(market, past, seed);
  console.log(
    `prior from ${past} past events: level ${Math.exp(prior.meanLogLevel).toFixed(0)} (sd of its log ${prior.sdLogLevel.toFixed(2)}), ` +
      `worth ${Math.exp(prior.meanLogWorth).toFixed(1)} (${prior.sdLogWorth.toFixed(2)}), correlation ${prior.correlation.toFixed(2)}`,
  );
  const results: Record<string, Standing[]> = {};
  for (const each of world === 'all' ? WORLDS : [world]) {
    results[each] = runTournament({
      market,
      world: each,
      events,
      seed,
      prior,
      policies: POLICIES,
      reference,
    });
    printStandings(each, results[each]);
  }
  if (out)
    await writeFile(
      out,
      `${JSON.stringify({ market: 'standard', events, past, seed, reference, prior, results }, null, 2)}\n`,
    );
}

function printStandings(world: World, standings: readonly Standing[]): void {
  const interval = ({ value, low, high }: Ratio) =>
    `${value.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
  console.log(`\nworld: ${world}`);
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
