import { join } from 'node:path';
import { freePort } from '../apps/cli/src/local-stack/index.js';
import { type Benchmark, type Context, type Measured, type Row, bar } from './harness/benchmark.js';
import { HttpClient } from './harness/http.client.js';
import type { LimitsStrategy } from './harness/limits.process.js';
import { closedLoop, latency, perSecond } from './harness/load.js';
import { alternate } from './harness/rounds.js';
import { ratio } from './harness/statistics.js';
import { WorkerProcess } from './harness/worker.process.js';

const STRATEGIES: readonly LimitsStrategy[] = ['none', 'four-trips', 'one-lua', 'evently'];
const CLIENTS = 128;
const GET = 'GET /v1/events HTTP/1.1\r\nhost: 127.0.0.1\r\n';

export default {
  asks: 'What do four tiers of limits cost a request, and how many requests a second are left?',
  run,
} satisfies Benchmark;

async function run(context: Context) {
  const { quick, say } = context;
  const [rounds, seconds] = quick ? [3, 1.5] : [9, 4];
  const faults: string[] = [];
  let answered = 0;
  const contenders = await Promise.all(
    STRATEGIES.map(async (strategy) => {
      const server = await startServer(context, strategy);
      const measure = async (forSeconds: number): Promise<Measured> => {
        const before = await server.process.cpuMicros();
        const load = await closedLoop({ clients: CLIENTS, seconds: forSeconds }, async () => {
          const { status } = await server.client.send(GET, '');
          return status === 200 ? { booked: '', quantity: 0 } : { unknown: `status ${status}` };
        });
        const cpu = (await server.process.cpuMicros()) - before;
        answered += load.requests;
        for (const [what, times] of load.ledger.unknown) faults.push(`${strategy}: ${times} × ${what}`);
        return {
          perSecond: perSecond(load),
          ...latency(load),
          cpuMicros: cpu / load.requests,
          generatorCpu: load.ownCpuMicros / (1000 * load.ms),
        };
      };
      return { strategy, measure, isLimited: server.isLimited };
    }),
  );
  for (const { measure } of contenders) await measure(seconds);
  const rows = await alternate(
    contenders.map(({ strategy, measure }) => ({ strategy, measure: () => measure(seconds) })),
    rounds,
    say,
  );
  for (const { strategy, isLimited } of contenders) {
    if ((await isLimited()) !== (strategy === 'evently'))
      faults.push(`${strategy}: limits are not what it is told to have`);
  }
  const ratios = compared(rows, 'evently');
  return {
    rows: rows.map((row) => ({ ...row, ...compared(rows, row.strategy) })),
    ratios,
    bars: [bar('CPU that limits add to a request, µs', '<=', 5, ratios.addedCpuMicros)],
    faults,
    checked: { answers: answered },
    setting: {
      clients: CLIENTS,
      rounds,
      secondsARun: seconds,
      cpu: 'the server, which sends a prebuilt body',
      generatorCpu: 'share of one CPU, in a process of its own',
    },
  };
}

function compared(rows: readonly Row[], strategy: string): { addedCpuMicros: number; rateToNone: number } {
  const [of, none] = [strategy, 'none'].map((name) => rows.find((row) => row.strategy === name)!);
  return {
    addedCpuMicros: of!.cpuMicros - none!.cpuMicros,
    rateToNone: ratio(of!.perSecond, none!.perSecond),
  };
}

async function startServer({ servers, defer }: Context, strategy: LimitsStrategy) {
  const { env, folder } = await servers();
  const port = await freePort();
  const own = { ...env, PORT: String(port), BENCH_LIMITS: strategy };
  const process = WorkerProcess.start('harness/limits.process.ts', own, join(folder, `${strategy}.log`));
  defer(() => process.stop());
  await process.ask('ready');
  const client = new HttpClient(port, CLIENTS);
  defer(async () => client.close());
  /** Whether answers say what is left of the product's limits. */
  const isLimited = async () => (await fetch(`http://127.0.0.1:${port}/v1/events`)).headers.has('ratelimit');
  return { process, client, isLimited };
}
