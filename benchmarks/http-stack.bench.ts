import { freePort } from '../apps/cli/src/local-stack/index.js';
import { formatId } from '#libs/kernel';
import { startApi } from './harness/api.js';
import { type Benchmark, type Context, bar } from './harness/benchmark.js';
import { HttpClient } from './harness/http.client.js';
import { type Readable, compareReading, rowOf } from './harness/reading.run.js';
import { openSales } from './harness/sales.js';
import type { Servers } from './harness/servers.js';
import { ratio } from './harness/statistics.js';
import { openShards } from './harness/strategies.run.js';
import { WorkerProcess } from './harness/worker.process.js';

const CLIENTS = 64;
/** Connections of the open-loop generator: more than are ever busy while the server keeps up. */
const CONNECTIONS = 512;
/** Servers that answer with the same event and do less, the last what is usual: guard, interceptor, ValidationPipe, a line in the log. */
const OTHERS = ['node-http', 'fastify', 'nest', 'nest-usual'] as const;

export default {
  asks: 'What does a cached read of an event cost over HTTP, with limits, trace and log on, against servers that do less?',
  run,
} satisfies Benchmark;

async function run(context: Context) {
  const { quick, say, defer } = context;
  const [rounds, secondsARun, openRounds] = quick ? [3, 1, 1] : [7, 4, 3];
  const servers = await context.servers();
  const shards = await openShards(servers.config, defer);
  const [sale] = await openSales(shards, [0], 1000);
  const path = `/v1/events/${formatId('event', sale!.eventId)}`;
  const api = await startApi(servers, 'lane', { poolSize: 1, connections: CONNECTIONS }, defer);
  const { body } = await api.client.send(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n`, '');
  if (!body.includes('"title":"Benchmark"')) throw new Error(`the event was not read: ${body}`);

  const read = { path: () => path, isRight: (text: string) => text === body };
  const others = await Promise.all(OTHERS.map((name) => startStack(servers, name, body, defer)));
  const stacks: Readable[] = [...others, { strategy: 'evently', ...api }].map((stack) => ({
    ...stack,
    ...read,
  }));
  const { rows, ...looked } = await compareReading(
    stacks,
    { clients: CLIENTS, rounds, secondsARun, openRounds },
    say,
  );

  const [http, evently] = [rowOf(rows, 'node-http'), rowOf(rows, 'evently')];
  const ratios = {
    cpuToNodeHttp: ratio(evently.cpuMicros, http.cpuMicros),
    rateToNodeHttp: ratio(evently.perSecond, http.perSecond),
    cpuToNestUsual: ratio(evently.cpuMicros, rowOf(rows, 'nest-usual').cpuMicros),
  };
  return {
    rows,
    ratios,
    bars: [
      bar('CPU of evently to node:http', '<=', 3, ratios.cpuToNodeHttp),
      bar('requests a second of evently to node:http', '>=', 0.35, ratios.rateToNodeHttp),
      bar('p99 of evently at .7 of its rate, ms', '<=', 10, Number(evently.openP99Ms)),
    ],
    ...looked,
    setting: {
      clients: CLIENTS,
      rounds,
      secondsARun,
      bytes: body.length,
      cpu: 'the server process, all of its threads',
      generatorCpu: 'share of one CPU, in a process of its own',
      openLoop: 'arrivals at a fixed rate, .7 of the strategy’s own closed-loop rate',
    },
  };
}

async function startStack(
  { folder }: Servers,
  strategy: (typeof OTHERS)[number],
  body: string,
  defer: Context['defer'],
): Promise<Pick<Readable, 'strategy' | 'process' | 'client'>> {
  const port = await freePort();
  const env = { PORT: String(port), BENCH_STACK: strategy, BENCH_BODY: body, NODE_ENV: 'production' };
  const process = WorkerProcess.start('harness/stack.process.ts', env, `${folder}/${strategy}.log`);
  defer(() => process.stop());
  await process.ask('ready');
  const client = new HttpClient(port, CONNECTIONS);
  defer(async () => client.close());
  return { strategy, process, client };
}
