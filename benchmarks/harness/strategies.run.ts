import type { Config } from '#libs/config';
import { Shards } from '#libs/sharding';
import { openLane } from '../strategies/lane.strategy.js';
import { openSingleStatement } from '../strategies/single-statement.strategy.js';
import { STRATEGIES, type Strategy, type StrategyName } from '../strategies/strategy.js';
import { openTextbook } from '../strategies/textbook.strategy.js';
import type { Context, Findings, Measured, Row } from './benchmark.js';
import { bookOne } from './booking.load.js';
import { closedLoop, latency, perSecond } from './load.js';
import { type Contender, alternate } from './rounds.js';
import { type Verified, emptyVerdict, merge, verifySales } from './sale.invariants.js';
import { openSales } from './sales.js';
import { ratio } from './statistics.js';

/** More places than any run sells. */
export const ENOUGH = 100_000_000;

export function openStrategy(name: StrategyName, config: Config, poolSize: number): Promise<Strategy> {
  if (name === 'lane') return openLane(config);
  return name === 'textbook' ? openTextbook(config) : openSingleStatement(config, poolSize);
}

/** The databases as the checks see them, beside the strategies that write. */
export async function openShards(config: Config, defer: Context['defer']): Promise<Shards> {
  const shards = new Shards(config);
  defer(() => shards.onApplicationShutdown());
  await shards.onModuleInit();
  return shards;
}

/** How in-process runs of one benchmark go. */
export interface Trial {
  shards: Shards;
  clients: number;
  seconds: number;
  /** Slots of the events of one run. */
  slots: readonly number[];
  verdict: Verified;
}

/** One run in this process: fresh events, all clients for so long, then the checks. */
export async function measureInProcess(
  name: string,
  strategy: Strategy,
  { shards, clients, seconds, slots, verdict }: Trial,
): Promise<Measured> {
  const sales = await openSales(shards, slots, ENOUGH);
  const load = await closedLoop({ clients, seconds }, bookOne(strategy, sales));
  merge(verdict, await verifySales(shards, sales, load.ledger, { keyed: true, capacity: ENOUGH }), name);
  return {
    perSecond: perSecond(load),
    ...latency(load),
    cpuMicros: load.ownCpuMicros / load.requests,
    refused: load.requests - load.successes,
  };
}

/** The pool size with which the single statement is fastest, each tried twice in turn. */
export async function findPoolSize(
  config: Config,
  measure: (strategy: Strategy) => Promise<Measured>,
  sizes: readonly number[],
  say: Context['say'],
): Promise<number> {
  const best = new Map<number, number>();
  const strategies = await Promise.all(sizes.map((size) => openSingleStatement(config, size)));
  try {
    for (let round = 0; round < 2; round++) {
      for (const [i, size] of sizes.entries()) {
        const { perSecond: reached } = await measure(strategies[i]!);
        best.set(size, Math.max(best.get(size) ?? 0, reached));
      }
    }
  } finally {
    await Promise.all(strategies.map((strategy) => strategy.close()));
  }
  const [[size]] = [...best].sort((a, b) => b[1] - a[1]) as [[number, number]];
  say(
    `single-statement by pool size: ${[...best].map(([n, rate]) => `${n}: ${Math.round(rate)}/s`).join(', ')}`,
  );
  return size;
}

/** What a comparison in this process is about. */
export interface Comparison {
  clients: number;
  rounds: number;
  secondsARun: number;
  /** Slots of the events of one run. */
  slots: readonly number[];
  /** Among which the single statement's best is looked for, connections a shard. */
  poolSizes: readonly number[];
}

/** All strategies in this process, in turns, on fresh events each time. */
export async function compareInProcess(
  { servers, defer, say }: Context,
  { clients, rounds, secondsARun, slots, poolSizes }: Comparison,
): Promise<Omit<Findings, 'bars'> & { ratios: ReturnType<typeof ratiosOf> }> {
  const { config } = await servers();
  const verdict = emptyVerdict();
  const shards = await openShards(config, defer);
  const trial: Trial = { shards, clients, seconds: secondsARun, slots, verdict };
  const short: Trial = { ...trial, seconds: secondsARun / 3 };
  const tryOut = (strategy: Strategy) => measureInProcess('single-statement', strategy, short);
  const singleStatementPool = await findPoolSize(config, tryOut, poolSizes, say);
  const contenders: Contender[] = [];
  for (const name of STRATEGIES) {
    const strategy = await openStrategy(name, config, singleStatementPool);
    defer(() => strategy.close());
    await measureInProcess(name, strategy, short); // warm
    contenders.push({ strategy: name, measure: () => measureInProcess(name, strategy, trial) });
  }
  const rows = await alternate(contenders, rounds, say);
  const cpu = 'this process: strategy, driver and load generator';
  const setting = { clients, events: slots.length, rounds, secondsARun, singleStatementPool, cpu };
  return { rows, ratios: ratiosOf(rows), setting, ...verdict };
}

export function ratiosOf(rows: readonly Row[]): { laneToTextbook: number; laneToSingleStatement: number } {
  const rate = (strategy: StrategyName) => rows.find((row) => row.strategy === strategy)!.perSecond;
  return {
    laneToTextbook: ratio(rate('lane'), rate('textbook')),
    laneToSingleStatement: ratio(rate('lane'), rate('single-statement')),
  };
}
