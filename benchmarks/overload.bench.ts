import { join } from 'node:path';
import { signTokens, startApi } from './harness/api.js';
import { type Benchmark, type Context, type Findings, type Row, bar } from './harness/benchmark.js';
import type { FloodDone, Part, PartDone } from './harness/flood.process.js';
import { Ledger } from './harness/ledger.js';
import { stayOn } from './harness/machine.js';
import { emptyVerdict, merge, verifySales } from './harness/sale.invariants.js';
import { openSales } from './harness/sales.js';
import { percentile, ratio, rounded } from './harness/statistics.js';
import { ENOUGH, openShards } from './harness/strategies.run.js';
import { WorkerProcess } from './harness/worker.process.js';

const CLIENTS = 128;
const BUYERS = 1000;
/** What comes, as multiples of what the API can do; a tenth of it is bookings of another event, always. */
const BUSY = 0.9;
const FLOOD = 3;
const OTHER = 0.1;
const PROBES_A_SECOND = 20;
/** Seconds at the begin of a flood that have a row of their own: nothing is refused before anything is known to be late. */
const BEGIN = 3;
/** Seconds that are waited for things to be as before. */
const PATIENCE = 15;
/** Events of one shard, so that they share its lane too. */
const SLOTS = [0, 1];

export default {
  asks: 'Under three times what the API can do: does it go on selling, quickly, and who pays for it?',
  run,
} satisfies Benchmark;

async function run(context: Context): Promise<Findings> {
  const { quick, say, defer } = context;
  const seconds = quick
    ? { warm: 3, saturated: 3, busy: 5, flood: 10 }
    : { warm: 10, saturated: 20, busy: 30, flood: 60 };
  const pinned = stayOn(0);
  const servers = await context.servers();
  const shards = await openShards(servers.config, defer);
  const api = await startApi(servers, 'lane', { poolSize: 1, connections: 1 }, defer);
  const settings = { BENCH_PORT: new URL(api.url).port };
  const flood = WorkerProcess.start('harness/flood.process.ts', settings, join(servers.folder, 'flood.log'));
  defer(() => flood.stop());
  const [hot, other] = await openSales(shards, SLOTS, ENOUGH);
  const tokens = await signTokens(servers, BUYERS);
  const apart = await flood.ask<boolean>('begin', { tokens, hot, other, core: 1 });

  const ledgers = { hot: new Ledger(), other: new Ledger(), health: new Ledger() };
  const measure = async (parts: Part[]): Promise<Stretch> => {
    const before = await api.process.cpuMicros();
    const done = await flood.ask<FloodDone>('run', { parts });
    const cpuMicros = (await api.process.cpuMicros()) - before;
    parts.forEach(({ of }, i) => ledgers[of].add(done.parts[i]!.ledger));
    return new Stretch(parts, done, { cpuMicros, peakMiB: (await api.process.peakMemory()) / 1024 ** 2 });
  };
  const rows: Row[] = [];
  const tell = (name: string, row: Row) => {
    rows.push({ ...row, strategy: name });
    say(`${name}: ${rounded(row.perSecond)}/s, p99 ${rounded(row.p99Ms)} ms`);
  };

  const closed = (forSeconds: number) =>
    measure([{ of: 'hot', pace: { clients: CLIENTS }, seconds: forSeconds }]);
  await closed(seconds.warm);
  const saturated = (await closed(seconds.saturated)).row();
  tell('saturated', saturated);

  const rate = saturated.perSecond;
  const at = (times: number, forSeconds: number): Part[] => [
    { of: 'hot', pace: { perSecond: (times - OTHER) * rate }, seconds: forSeconds },
    { of: 'other', pace: { perSecond: OTHER * rate }, seconds: forSeconds },
    { of: 'health', pace: { perSecond: PROBES_A_SECOND }, seconds: forSeconds },
  ];
  await flood.ask('open');
  const busy = await measure(at(BUSY, seconds.busy));
  tell(`at ${BUSY} of that`, busy.row());
  await flood.ask('open');
  const [first, ...others] = at(FLOOD, seconds.flood);
  const flooded = await measure([
    { ...first!, seconds: BEGIN },
    { ...first!, seconds: seconds.flood - BEGIN, after: BEGIN },
    ...others,
  ]);
  tell(`at ${FLOOD} times that`, flooded.row());
  tell(
    `its first ${BEGIN} s, hot event`,
    flooded.row((part) => part.of === 'hot' && !part.after),
  );
  tell(
    'from then on, hot event',
    flooded.row((part) => !!part.after),
  );
  tell(
    `other event at ${BUSY}`,
    busy.row((part) => part.of === 'other'),
  );
  tell(
    `other event at ${FLOOD} times`,
    flooded.row((part) => part.of === 'other'),
  );
  const usual = busy.row().p99Ms;
  const isNormal = (row: Row) => !row.refusedPerSecond && row.p99Ms <= 2 * usual;
  const normalAfter = await secondsUntil(async () =>
    isNormal((await measure(at(BUSY - 2 * OTHER, 1))).row()),
  );

  const verdict = emptyVerdict();
  for (const [name, sale] of Object.entries({ hot, other })) {
    const ledger = ledgers[name as 'hot' | 'other'];
    merge(verdict, await verifySales(shards, [sale!], ledger, { keyed: true, capacity: ENOUGH }), name);
  }
  const [all, othersBefore, othersThen] = [rows[2]!, rows[5]!, rows[6]!];
  const ratios = {
    offeredToSaturation: ratio(flooded.offered, rate),
    goodputToSaturation: ratio(all.perSecond, rate),
    p99ToBusy: ratio(all.p99Ms, usual),
    p99ToBusyAfterTheBegin: ratio(rows[4]!.p99Ms, usual),
    otherEventToBefore: ratio(othersThen.perSecond, othersBefore.perSecond),
  };
  return {
    rows,
    ratios,
    bars: [
      bar('goodput to saturation', '>=', 0.8, ratios.goodputToSaturation),
      bar(`p99 of what is admitted, to that at ${BUSY}`, '<=', 2, ratios.p99ToBusy),
      bar('ms until a refusal, p99', '<=', 50, Number(all.refusalP99Ms)),
      bar('answers that are neither good nor 429 or 503 with Retry-After', '<=', 0, flooded.improper),
      bar('ms until an answer about health, at most', '<=', 250, flooded.longestProbe),
      bar('probes of health that failed', '<=', 0, ledgers.health.unknowns),
      bar('other event’s goodput to that before', '>=', 0.8, ratios.otherEventToBefore),
      bar('s until all is as before', '<=', 10, normalAfter),
      bar('MiB of the API process, at most', '<=', 512, (await api.process.peakMemory()) / 1024 ** 2),
    ],
    ...verdict,
    setting: {
      cores: pinned && apart ? 'API and databases on core 0, generator on core 1' : 'not told apart here',
      clients: CLIENTS,
      buyers: BUYERS,
      ...Object.fromEntries(Object.entries(seconds).map(([name, value]) => [`${name}Seconds`, value])),
      generatorCpu: rounded(flooded.generatorCpu),
      offeredPerSecond: rounded(flooded.offered),
      otherEvent: `of the same shard; ${OTHER} of the saturation rate, within what is offered`,
      openLoop: 'arrivals at a fixed rate; latencies count from when a request was due',
      cpu: 'the API process, a request, refused ones included',
      asBefore: `two seconds in a row at ${rounded(BUSY - 2 * OTHER)} without a refusal and with a p99 of at most twice that at ${BUSY}`,
    },
  };
}

/** What the API process used for a stretch, and the most memory that it had until its end. */
interface ApiCost {
  cpuMicros: number;
  peakMiB: number;
}

/** Several streams of requests at the same time, and what became of them. */
class Stretch {
  readonly generatorCpu: number;
  private readonly parts: (Part & PartDone)[];
  private readonly api: ApiCost;

  constructor(parts: readonly Part[], { parts: done, generatorCpu }: FloodDone, api: ApiCost) {
    this.parts = parts.map((part, i) => ({ ...part, ...done[i]! }));
    this.generatorCpu = generatorCpu;
    this.api = api;
  }

  /** Bookings that were asked for, a second. */
  get offered(): number {
    const parts = this.parts.filter(isSale);
    const ends = parts.map(({ after = 0, sendingMs }) => after + sendingMs / 1000);
    return sum(parts, (part) => part.requests) / Math.max(...ends);
  }

  get improper(): number {
    return sum(this.parts, (part) => part.improper);
  }

  get longestProbe(): number {
    const probes = this.parts.filter((part) => !isSale(part));
    return Math.max(...probes.flatMap(({ latencies }) => latencies.at(-1)!));
  }

  /** The figures of all bookings, or of some of the streams. */
  row(which: (part: Part) => boolean = isSale): Row {
    const parts = this.parts.filter(which);
    const latencies = sorted(parts.filter((part) => part.successes).map((part) => part.latencies));
    const refusals = sorted(parts.map((part) => part.refusals));
    const all = sum(this.parts, (part) => part.requests);
    return {
      strategy: '',
      perSecond: sum(parts, (part) => part.successes) / lengthOf(parts),
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
      refusedPerSecond: refusals.length / lengthOf(parts),
      refusalP50Ms: refusals.length ? percentile(refusals, 0.5) : 0,
      refusalP99Ms: refusals.length ? percentile(refusals, 0.99) : 0,
      cpuMicros: this.api.cpuMicros / all,
      peakMiB: this.api.peakMiB,
    };
  }
}

function isSale({ of }: Part): boolean {
  return of !== 'health';
}

/** Seconds from the first request to the last answer. */
function lengthOf(parts: readonly (Part & PartDone)[]): number {
  const begins = parts.map(({ after = 0 }) => after);
  const ends = parts.map(({ after = 0, ms }) => after + ms / 1000);
  return Math.max(...ends) - Math.min(...begins);
}

function sum<T>(parts: readonly T[], pick: (part: T) => number): number {
  return parts.reduce((total, part) => total + pick(part), 0);
}

function sorted(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(sum(parts, ({ length }) => length));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all.sort();
}

/** How many tries of a second there were before the first of two in a row that hold. */
async function secondsUntil(holds: () => Promise<boolean>): Promise<number> {
  for (let [second, row] = [0, 0]; second < PATIENCE; second++) {
    row = (await holds()) ? row + 1 : 0;
    if (row === 2) return second - 1;
  }
  return PATIENCE;
}
