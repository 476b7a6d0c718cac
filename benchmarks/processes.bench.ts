import { join } from 'node:path';
import { type Bar, type Benchmark, type Context, type Measured, type Row, bar } from './harness/benchmark.js';
import { Ledger } from './harness/ledger.js';
import type { LoadDone, LoadOrder } from './harness/load.process.js';
import { latency } from './harness/load.js';
import { alternate } from './harness/rounds.js';
import { emptyVerdict, merge, verifySales } from './harness/sale.invariants.js';
import { openSales } from './harness/sales.js';
import { ENOUGH, openShards } from './harness/strategies.run.js';
import { ratio, unevenness } from './harness/statistics.js';
import { WorkerProcess } from './harness/worker.process.js';

const CLIENTS = 128;
const COUNTS = [1, 2, 4] as const;
/** Connections of the single statement in each process: about its best on one event. */
const POOL = 2;

type Variant = LoadOrder['variant'];
const VARIANTS: Variant[] = [
  { strategy: 'textbook', lock: 'none' },
  { strategy: 'single-statement', lock: 'none' },
  { strategy: 'lane', lock: 'redis' },
  { strategy: 'lane', lock: 'none' },
];

export default {
  asks: 'How well do 1, 2 and 4 processes share one event, with the lock in Redis that paces them and without?',
  run,
} satisfies Benchmark;

async function run(context: Context) {
  const { quick, say, defer } = context;
  const [rounds, seconds] = quick ? [1, 1] : [5, 3];
  const { config, env, folder } = await context.servers();
  const shards = await openShards(config, defer);
  const verdict = emptyVerdict();
  const processes = Array.from({ length: Math.max(...COUNTS) }, (_, i) =>
    WorkerProcess.start(
      'harness/load.process.ts',
      { ...env, BENCH_POOL: String(POOL) },
      join(folder, `load-${i + 1}.log`),
    ),
  );
  for (const process of processes) defer(() => process.stop());

  /** So many processes at once, each with its clients, on a fresh event. */
  const measure = async (variant: Variant, count: number, forSeconds: number): Promise<Measured> => {
    const [sale] = await openSales(shards, [0], ENOUGH);
    const order: LoadOrder = { variant, sale: sale!, clients: CLIENTS, seconds: forSeconds };
    const done = await Promise.all(
      processes.slice(0, count).map((process) => process.ask<LoadDone>('run', order)),
    );
    const ledger = new Ledger();
    for (const one of done) ledger.add(one.ledger);
    const expect = { keyed: true, capacity: ENOUGH };
    merge(verdict, await verifySales(shards, [sale!], ledger, expect), nameOf(variant, count));
    return totalOf(done);
  };

  for (const variant of VARIANTS) await measure(variant, processes.length, seconds / 2);
  const contenders = VARIANTS.flatMap((variant) =>
    COUNTS.map((count) => {
      return { strategy: nameOf(variant, count), measure: () => measure(variant, count, seconds) };
    }),
  );
  const rows = await alternate(contenders, rounds, say);
  return {
    rows,
    ratios: ratiosOf(rows),
    bars: VARIANTS.filter(({ strategy }) => strategy === 'lane').flatMap((variant) => barsOf(variant, rows)),
    ...verdict,
    setting: {
      clientsAProcess: CLIENTS,
      rounds,
      secondsARun: seconds,
      singleStatementPoolAProcess: POOL,
      cpu: 'all those processes: strategy, driver and load generator',
      unevenness: 'percentage points by which the most uneven share differs from an equal one',
    },
  };
}

function nameOf({ strategy, lock }: Variant, count: number): string {
  return `${strategy}${strategy === 'lane' ? ` (lock: ${lock})` : ''} × ${count}`;
}

function totalOf(done: readonly LoadDone[]): Measured {
  const sum = (pick: (one: LoadDone) => number) => done.reduce((total, one) => total + pick(one), 0);
  const latencies = Float64Array.from(done.flatMap((one) => [...one.latencies])).sort();
  return {
    perSecond: sum((one) => (1000 * one.successes) / one.ms),
    ...latency({ latencies }),
    cpuMicros: sum((one) => one.ownCpuMicros) / sum((one) => one.requests),
    unevenness: unevenness(done.map((one) => one.successes)),
    refused: sum((one) => one.requests - one.successes),
  };
}

function barsOf(variant: Variant, rows: readonly Row[]): Bar[] {
  const row = (count: number) => rows.find(({ strategy }) => strategy === nameOf(variant, count))!;
  return COUNTS.filter((count) => count > 1).flatMap((count) => {
    const name = nameOf(variant, count);
    return [
      bar(`${name}: total to that of one process`, '>=', 0.7, ratio(row(count).perSecond, row(1).perSecond)),
      bar(`${name}: points off equal shares`, '<=', 10, Number(row(count).unevenness)),
    ];
  });
}

function ratiosOf(rows: readonly Row[]): Record<string, number> {
  const rate = (variant: Variant, count: number) =>
    rows.find(({ strategy }) => strategy === nameOf(variant, count))!.perSecond;
  const [textbook, single, lane] = VARIANTS as [Variant, Variant, Variant];
  return Object.fromEntries(
    COUNTS.flatMap((count) => [
      [`laneToTextbook${count === 1 ? '' : `Of${count}`}`, ratio(rate(lane, count), rate(textbook, count))],
      [
        `laneToSingleStatement${count === 1 ? '' : `Of${count}`}`,
        ratio(rate(lane, count), rate(single, count)),
      ],
    ]),
  );
}
