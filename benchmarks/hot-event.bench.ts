import { type Benchmark, type Context, type Findings, bar } from './harness/benchmark.js';
import { alternate } from './harness/rounds.js';
import { emptyVerdict } from './harness/sale.invariants.js';
import {
  type Trial,
  findPoolSize,
  measureInProcess,
  openShards,
  openStrategy,
  ratiosOf,
} from './harness/strategies.run.js';
import { STRATEGIES } from './strategies/strategy.js';

const CLIENTS = 128;
const POOL_SIZES = [1, 2, 4, 8];
const SHAPES = { quick: { rounds: 3, seconds: 1 }, full: { rounds: 7, seconds: 3 } };

export default {
  asks: 'How many bookings a second does one event take, when everything but HTTP is counted?',
  run: (context) => compare(context, context.quick ? SHAPES.quick : SHAPES.full),
} satisfies Benchmark;

/** All strategies in this process, against one event a run. */
export async function compare(
  context: Context,
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<Findings> {
  const { config } = await context.servers();
  const verdict = emptyVerdict();
  const shards = await openShards(config, context.defer);
  const trial: Trial = { shards, clients: CLIENTS, seconds, slots: [0], verdict };
  const short: Trial = { ...trial, seconds: seconds / 3 };
  const poolSize = await findPoolSize(config, short, POOL_SIZES, context.say);
  const contenders = await Promise.all(
    STRATEGIES.map(async (name) => {
      const strategy = await openStrategy(name, config, poolSize);
      context.defer(() => strategy.close());
      return { strategy: name, measure: () => measureInProcess(name, strategy, trial), warmUp: strategy };
    }),
  );
  for (const { strategy, warmUp } of contenders) await measureInProcess(strategy, warmUp, short);
  const rows = await alternate(contenders, rounds, context.say);
  const ratios = ratiosOf(rows);
  return {
    rows,
    ratios,
    bars: [
      bar('lane to textbook', '>=', 40, ratios.laneToTextbook),
      bar('lane to single statement at its best pool size', '>=', 8, ratios.laneToSingleStatement),
    ],
    ...verdict,
    setting: {
      clients: CLIENTS,
      rounds,
      secondsARun: seconds,
      singleStatementPool: poolSize,
      cpu: 'this process: strategy, driver and load generator',
    },
  };
}
