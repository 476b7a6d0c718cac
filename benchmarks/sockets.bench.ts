import { join } from 'node:path';
import { freePort } from '../apps/cli/src/local-stack/index.js';
import { TestProcess } from '../test/support/stack.js';
import { InventoryService, Lanes } from '#libs/inventory';
import { startApi } from './harness/api.js';
import { Audience, type LiveServer } from './harness/audience.js';
import { type Benchmark, type Context, type Findings, type Measured, bar } from './harness/benchmark.js';
import type { Dialect } from './harness/follower.js';
import { openHall } from './harness/halls.js';
import { alternate, mediansOf } from './harness/rounds.js';
import { emptyVerdict } from './harness/sale.invariants.js';
import { slotsEvenly } from './harness/sales.js';
import type { Servers } from './harness/servers.js';
import { ratio } from './harness/statistics.js';
import { openShards } from './harness/strategies.run.js';
import { WorkerProcess } from './harness/worker.process.js';

/** Followers of one event. */
const FOLLOWERS = 1000;
/** Descriptors that a process needs besides its connections. */
const RESERVE = 200;

const DIALECTS: Dialect[] = ['gateway', 'socket.io'];

export default {
  asks: 'What do a live connection and a recipient of a message cost, how many are held, and does anybody miss anything?',
  run,
} satisfies Benchmark;

async function run(context: Context): Promise<Findings> {
  const { quick, say, defer } = context;
  const size = quick
    ? { connections: 1000, rounds: 1, seconds: 2, processes: 2, each: 1000 }
    : {
        connections: Math.min(20_000, descriptors() - RESERVE),
        rounds: 3,
        seconds: 10,
        processes: 6,
        each: 17_000,
      };
  const servers = await context.servers();
  const shards = await openShards(servers.config, defer);
  const lanes = new Lanes(shards, servers.config);
  defer(() => lanes.onApplicationShutdown());
  const worker = await TestProcess.start('worker', servers.env);
  defer(() => worker.stop());
  const verdict = emptyVerdict();
  const sale = { shards, inventory: new InventoryService(shards, lanes), verdict };

  /** So many servers of one kind, each with as many connections, all of which follow events on sale. */
  const gather = async (dialect: Dialect, count: number, each: number) => {
    const slots = slotsEvenly((count * each) / FOLLOWERS);
    const halls = [];
    for (const slot of slots) halls.push(await openHall(shards, slot, 1));
    const running: LiveServer[] = [];
    for (let i = 0; i < count; i++) running.push(await startServer(servers, dialect, defer));
    const audience = new Audience(`${dialect} × ${count}`, dialect, running, halls, sale);
    const cost = await audience.open(each);
    say(`${audience.name}: ${count * each} connections, ${cost.kBAConnection.toFixed(1)} kB each`);
    return { audience, cost };
  };

  const single = [];
  for (const dialect of DIALECTS) single.push(await gather(dialect, 1, size.connections));
  type Gathered = Awaited<ReturnType<typeof gather>>;
  const measure = async ({ audience, cost }: Gathered, seconds = size.seconds): Promise<Measured> => {
    const sold = await audience.sell(seconds);
    for (const fault of verdict.faults) say(fault);
    return { ...sold, ...cost };
  };
  for (const one of single) await one.audience.sell(1); // warm
  const contenders = single.map((one) => ({ strategy: one.audience.name, measure: () => measure(one) }));
  const rows = await alternate(contenders, size.rounds, say);
  for (const { audience } of single) await audience.close();

  const many = await gather('gateway', size.processes, size.each);
  rows.push(mediansOf(many.audience.name, [await measure(many, 3 * size.seconds)]));
  await many.audience.close();

  const [gateway, socketIo, several] = rows.map(({ kBAConnection, cpuMicros, p99Ms, connections }) => {
    return { memory: Number(kBAConnection), cpuMicros, p99Ms, connections: Number(connections) };
  }) as [Figures, Figures, Figures];
  return {
    rows,
    ratios: {
      memoryToSocketIo: ratio(gateway.memory, socketIo.memory),
      cpuToSocketIo: ratio(gateway.cpuMicros, socketIo.cpuMicros),
    },
    bars: [
      bar('kB a connection', '<=', 6, gateway.memory),
      bar('µs a recipient', '<=', 12, gateway.cpuMicros),
      bar('µs a recipient, over several processes', '<=', 12, several.cpuMicros),
      bar('ms from a commit to the last recipient, p99', '<=', 1000, several.p99Ms),
      ...(quick ? [] : [bar('connections over several processes', '>=', 100_000, several.connections)]),
    ],
    ...verdict,
    setting: {
      ...size,
      followersAnEvent: FOLLOWERS,
      descriptorsAProcess: descriptors(),
      perSecond:
        'recipients told a second, at a fixed pace of bookings: what was asked for, not what could be',
      p50Ms: 'from the answer to a booking until the last follower of its event has heard of it',
      cpu: 'the serving processes, a recipient of a message',
      kBAConnection:
        'resident memory after garbage collection, between a quarter and all of the connections, after as many as a tenth had come and gone',
      connectMicros: 'CPU of the serving processes for a handshake with its subscription',
    },
  };
}

interface Figures {
  memory: number;
  cpuMicros: number;
  p99Ms: number;
  connections: number;
}

/** Descriptors that a process may have; Node takes all that it may. */
function descriptors(): number {
  const { userLimits } = process.report.getReport() as unknown as {
    userLimits: { open_files: { hard: number | 'unlimited' } };
  };
  const { hard } = userLimits.open_files;
  return hard === 'unlimited' ? Infinity : Number(hard);
}

let started = 0;

async function startServer(servers: Servers, dialect: Dialect, defer: Context['defer']): Promise<LiveServer> {
  const { env, folder } = servers;
  const nr = ++started;
  const crowd = WorkerProcess.start('harness/followers.process.ts', {}, join(folder, `followers-${nr}.log`));
  defer(() => crowd.stop());
  if (dialect === 'gateway') {
    const api = await startApi(servers, 'lane', { poolSize: 1, connections: 1 }, defer);
    return { process: api.process, port: Number(new URL(api.url).port), crowd };
  }
  const port = await freePort();
  const settings = { REDIS_URL: env.REDIS_URL!, PORT: String(port) };
  const log = join(folder, `socket-io-${nr}.log`);
  const process = WorkerProcess.start('strategies/socket-io.process.ts', settings, log);
  defer(() => process.stop());
  await process.ask('ready');
  return { process, port, crowd };
}
