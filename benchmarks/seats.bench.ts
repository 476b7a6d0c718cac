import { type Benchmark, type Context, type Measured, bar } from './harness/benchmark.js';
import { bookSeats } from './harness/booking.load.js';
import { openHall, verifySeats } from './harness/halls.js';
import { closedLoop, latency, perSecond } from './harness/load.js';
import { type Contender, alternate } from './harness/rounds.js';
import { emptyVerdict, merge, verifySales } from './harness/sale.invariants.js';
import { findPoolSize, openShards, openStrategy, ratiosOf } from './harness/strategies.run.js';
import { STRATEGIES, type Strategy } from './strategies/strategy.js';

const CLIENTS = 128;
const POOL_SIZES = [1, 2, 4];

export default {
  asks: 'How many assigned seats a second does one event sell, in process?',
  run,
} satisfies Benchmark;

async function run(context: Context) {
  const { quick, say, defer } = context;
  // Halls with more seats than a run sells, of 2,000 seats a section.
  const { rounds, seconds, sections } = quick
    ? { rounds: 2, seconds: 1, sections: 15 }
    : { rounds: 7, seconds: 3, sections: 50 };
  const { config } = await context.servers();
  const shards = await openShards(config, defer);
  const verdict = emptyVerdict();
  /** One run: a fresh hall, all clients for so long, then the checks. */
  const measure = async (name: string, strategy: Strategy, forSeconds: number): Promise<Measured> => {
    const hall = await openHall(shards, 0, sections);
    const requests = hall.seatIds.length;
    const limits = { clients: CLIENTS, seconds: forSeconds, requests };
    const load = await closedLoop(limits, bookSeats(strategy, hall));
    const expect = { keyed: true, capacity: requests };
    merge(verdict, await verifySales(shards, [hall], load.ledger, expect), name);
    merge(verdict, await verifySeats(shards, hall, load.ledger), name);
    return {
      perSecond: perSecond(load),
      ...latency(load),
      cpuMicros: load.ownCpuMicros / load.requests,
      refused: load.requests - load.successes,
    };
  };
  const tryOut = (strategy: Strategy) => measure('single-statement', strategy, seconds / 3);
  const poolSize = await findPoolSize(config, tryOut, POOL_SIZES, say);
  const contenders: Contender[] = [];
  for (const name of STRATEGIES) {
    const strategy = await openStrategy(name, config, poolSize);
    defer(() => strategy.close());
    await measure(name, strategy, seconds / 3); // warm
    contenders.push({ strategy: name, measure: () => measure(name, strategy, seconds) });
  }
  const rows = await alternate(contenders, rounds, say);
  const ratios = ratiosOf(rows);
  return {
    rows,
    ratios,
    bars: [bar('lane to textbook', '>=', 20, ratios.laneToTextbook)],
    ...verdict,
    setting: {
      clients: CLIENTS,
      rounds,
      secondsARun: seconds,
      seats: sections * 2000,
      singleStatementPool: poolSize,
      cpu: 'this process: strategy, driver and load generator',
    },
  };
}
