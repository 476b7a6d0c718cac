import { type BenchApi, postBookings, signTokens, startApi } from './harness/api.js';
import { type Benchmark, type Context, type Measured, type Row, bar } from './harness/benchmark.js';
import { type Load, closedLoop, latency, openLoop, perSecond } from './harness/load.js';
import { type Contender, alternate } from './harness/rounds.js';
import { emptyVerdict, merge, verifySales } from './harness/sale.invariants.js';
import { openSales } from './harness/sales.js';
import { ENOUGH, findPoolSize, measureInProcess, openShards, ratiosOf } from './harness/strategies.run.js';
import { ratio } from './harness/statistics.js';
import { STRATEGIES, type Strategy, type StrategyName } from './strategies/strategy.js';

const CLIENTS = 128;
const BUYERS = 1000;
const POOL_SIZES = [1, 2, 4, 8];
/** Where latency is measured open-loop: so much of what a strategy reached closed-loop. */
const OPEN_SHARE = 0.7;
/** Connections of the open-loop generator: more than are ever busy while the server keeps up. */
const OPEN_CONNECTIONS = 1024;

export default {
  asks: 'How many bookings a second does one event take over the whole stack, and how long do they take?',
  run,
} satisfies Benchmark;

async function run(context: Context) {
  const { quick, say, defer } = context;
  const [rounds, seconds] = quick ? [3, 1.5] : [7, 4];
  const servers = await context.servers();
  const shards = await openShards(servers.config, defer);
  const verdict = emptyVerdict();
  const short = { shards, clients: CLIENTS, seconds: seconds / 4, slots: [0], verdict };
  const tryOut = (strategy: Strategy) => measureInProcess('single-statement', strategy, short);
  const poolSize = await findPoolSize(servers.config, tryOut, POOL_SIZES, say);
  const tokens = await signTokens(servers, BUYERS);

  /** One run: a fresh event, the load, then the checks. */
  const against = async (
    name: StrategyName,
    api: BenchApi,
    load: (send: ReturnType<typeof postBookings>) => Promise<Load>,
  ): Promise<Measured> => {
    const sales = await openSales(shards, [0], ENOUGH);
    const before = await api.process.cpuMicros();
    const result = await load(postBookings(api.client, tokens, sales[0]!));
    const cpu = (await api.process.cpuMicros()) - before;
    merge(verdict, await verifySales(shards, sales, result.ledger, { keyed: true, capacity: ENOUGH }), name);
    return {
      perSecond: perSecond(result),
      ...latency(result),
      cpuMicros: cpu / result.requests,
      generatorCpu: result.ownCpuMicros / (1000 * result.ms),
      refused: result.requests - result.successes,
    };
  };

  const apis = new Map(
    await Promise.all(
      STRATEGIES.map(
        async (name) =>
          [name, await startApi(servers, name, { poolSize, connections: OPEN_CONNECTIONS }, defer)] as const,
      ),
    ),
  );
  const closed = (name: StrategyName, forSeconds: number) =>
    against(name, apis.get(name)!, (send) => closedLoop({ clients: CLIENTS, seconds: forSeconds }, send));
  const contenders = STRATEGIES.map((name): Contender => ({
    strategy: name,
    measure: () => closed(name, seconds),
  }));
  for (const name of STRATEGIES) await closed(name, seconds);
  const rows = await alternate(contenders, rounds, say);

  say(`open-loop, at ${OPEN_SHARE} of that`);
  const rates = new Map(rows.map((row) => [row.strategy, OPEN_SHARE * row.perSecond]));
  const opened = await alternate(
    STRATEGIES.map((name): Contender => {
      const at = { perSecond: rates.get(name)!, seconds };
      return { strategy: name, measure: () => against(name, apis.get(name)!, (send) => openLoop(at, send)) };
    }),
    quick ? 1 : 3,
    say,
  );

  const ratios = ratiosOf(rows);
  const p99 = (strategy: StrategyName) => rows.find((row) => row.strategy === strategy)!.p99Ms;
  return {
    rows: rows.map((row, i) => withOpenLoop(row, opened[i]!)),
    ratios,
    bars: [
      bar('lane to textbook', '>=', 25, ratios.laneToTextbook),
      bar('p99 of the lane to that of the textbook', '<=', 1 / 20, ratio(p99('lane'), p99('textbook'))),
    ],
    ...verdict,
    setting: {
      clients: CLIENTS,
      buyers: BUYERS,
      rounds,
      secondsARun: seconds,
      singleStatementPool: poolSize,
      cpu: 'the API process',
      generatorCpu: 'share of one CPU, in a process of its own',
      openLoop: `arrivals at a fixed rate, ${OPEN_SHARE} of the strategy's own closed-loop rate`,
    },
  };
}

function withOpenLoop(row: Row, { perSecond: rate, p50Ms, p99Ms, generatorCpu = 0 }: Row): Row {
  return { ...row, openPerSecond: rate, openP50Ms: p50Ms, openP99Ms: p99Ms, openGeneratorCpu: generatorCpu };
}
