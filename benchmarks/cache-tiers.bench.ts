import { freePort } from '../apps/cli/src/local-stack/index.js';
import { type Benchmark, type Context, bar } from './harness/benchmark.js';
import { HttpClient } from './harness/http.client.js';
import { type Readable, compareReading, rowOf } from './harness/reading.run.js';
import { openSales, slotsEvenly } from './harness/sales.js';
import { ratio } from './harness/statistics.js';
import { openShards } from './harness/strategies.run.js';
import { WorkerProcess } from './harness/worker.process.js';

const CLIENTS = 64;
/** Connections of the open-loop generator: more than are ever busy while the server keeps up. */
const CONNECTIONS = 512;
/** So many that hardly two ask for the same at once: those would share one reading. */
const EVENTS = 2000;
const TIERS = ['l1', 'l2', 'l3', 'prisma'] as const;

export default {
  asks: 'What does an event cost from memory, from Redis, by the hot statement, and by Prisma?',
  run,
} satisfies Benchmark;

async function run(context: Context) {
  const { quick, say, defer } = context;
  const [rounds, secondsARun, openRounds] = quick ? [3, 1, 1] : [7, 4, 3];
  const { config, env, folder } = await context.servers();
  const shards = await openShards(config, defer);
  const events = (await openSales(shards, slotsEvenly(EVENTS), 1000)).map(({ eventId }) => eventId);

  const port = await freePort();
  const own = { PORT: String(port), BENCH_EVENTS: JSON.stringify(events) };
  const process = WorkerProcess.start('harness/tiers.process.ts', { ...env, ...own }, `${folder}/tiers.log`);
  defer(() => process.stop());
  await process.ask('ready');
  const client = new HttpClient(port, CONNECTIONS);
  defer(async () => client.close());

  const servers = TIERS.map((strategy): Readable => ({
    strategy,
    process,
    client,
    path: (n) => `/${strategy}/${n % EVENTS}`,
    isRight: (body, n) =>
      body.includes(`"id":"${events[n % EVENTS]}"`) && body.includes('"title":"Benchmark"'),
  }));
  const plan = { clients: CLIENTS, rounds, secondsARun, openRounds };
  const { rows, faults, checked } = await compareReading(servers, plan, say);

  const hits = await process.ask<{ l1: number; l2: number; l3: number }>('hits');
  if (hits.l3) faults.push(`${hits.l3} answers of l1 or l2 came from the database`);
  const cpu = (strategy: (typeof TIERS)[number]) => rowOf(rows, strategy).cpuMicros;
  const ratios = { l2ToL1: ratio(cpu('l2'), cpu('l1')), l3ToPrisma: ratio(cpu('l3'), cpu('prisma')) };
  return {
    rows,
    ratios,
    bars: [
      bar('CPU of a hit in Redis to one in memory', '<=', 1.4, ratios.l2ToL1),
      bar('CPU of the hot statement to Prisma’s findUnique', '<=', 0.35, ratios.l3ToPrisma),
    ],
    faults,
    checked: { ...checked, 'from memory': hits.l1, 'from Redis': hits.l2 },
    setting: {
      clients: CLIENTS,
      events: EVENTS,
      rounds,
      secondsARun,
      cpu: 'the server process, which answers over node:http',
      generatorCpu: 'share of one CPU, in a process of its own',
      openLoop: 'arrivals at a fixed rate, .7 of the strategy’s own closed-loop rate',
    },
  };
}
