import { postBookings, signTokens, startApi } from './harness/api.js';
import { type Benchmark, type Context, type Measured, bar } from './harness/benchmark.js';
import { closedLoop, latency, perSecond } from './harness/load.js';
import { type Contender, alternate } from './harness/rounds.js';
import { emptyVerdict, merge, verifySales } from './harness/sale.invariants.js';
import { openSales } from './harness/sales.js';
import { ENOUGH, openShards, ratiosOf } from './harness/strategies.run.js';
import { STRATEGIES, type StrategyName } from './strategies/strategy.js';

const CLIENTS = 128;
/** How many places each of four buyers wants: 2.5 on average. Together all buyers want exactly what there is. */
const WISHES = [1, 4, 2, 3];
const PLACES_A_BUYER = 2.5;
const FULL = { buyers: 20_000, rounds: 3, refusalSeconds: 3 };
const QUICK = { buyers: 1000, rounds: 1, refusalSeconds: 1 };
/** Connections of the single statement: about its best on one event. */
const POOL = 2;

export default {
  asks: 'How long do 50,000 tickets last when 20,000 buyers come at once over HTTP, and what then?',
  run,
} satisfies Benchmark;

async function run(context: Context) {
  const { quick, say, defer } = context;
  const { buyers, rounds, refusalSeconds } = quick ? QUICK : FULL;
  const tickets = PLACES_A_BUYER * buyers;
  const servers = await context.servers();
  const shards = await openShards(servers.config, defer);
  const verdict = emptyVerdict();
  const tokens = await signTokens(servers, buyers);
  const open = (name: StrategyName) =>
    startApi(servers, name, { poolSize: POOL, connections: CLIENTS }, defer);
  const apis = new Map(await Promise.all(STRATEGIES.map(async (name) => [name, await open(name)] as const)));

  /** One run: all buyers until the last ticket, then as many as can be refused in a while, then the checks. */
  const sellOut = async (name: StrategyName): Promise<Measured> => {
    const { client, process } = apis.get(name)!;
    const sales = await openSales(shards, [0], tickets);
    const buy = postBookings(client, tokens, sales[0]!, (n) => WISHES[n % WISHES.length]!);
    const before = await process.cpuMicros();
    const sold = await closedLoop({ clients: CLIENTS, requests: buyers }, buy);
    const cpu = (await process.cpuMicros()) - before;
    const late = await closedLoop(
      { clients: CLIENTS, seconds: refusalSeconds },
      postBookings(client, tokens, sales[0]!),
    );
    sold.ledger.add(late.ledger.facts());
    const expect = { keyed: true, capacity: tickets, refusals: ['sold_out'] };
    merge(verdict, await verifySales(shards, sales, sold.ledger, expect), name);
    if (sold.ledger.places !== tickets)
      verdict.faults.push(`${name}: ${sold.ledger.places} places sold of ${tickets}`);
    return {
      perSecond: perSecond(sold),
      ...latency(sold),
      cpuMicros: cpu / sold.requests,
      soldOutSeconds: sold.ms / 1000,
      refusalsPerSecond: (1000 * late.requests) / late.ms,
      generatorCpu: sold.ownCpuMicros / (1000 * sold.ms),
    };
  };

  await warmUp();
  const rows = await alternate(
    STRATEGIES.map((name): Contender => ({ strategy: name, measure: () => sellOut(name) })),
    rounds,
    say,
  );
  const lane = rows.find((row) => row.strategy === 'lane')!;
  return {
    rows,
    ratios: ratiosOf(rows),
    bars: [
      bar(
        `seconds until ${tickets} tickets are sold`,
        '<=',
        (3 * tickets) / 50_000,
        Number(lane.soldOutSeconds),
      ),
      bar('refusals a second then', '>=', 5000, Number(lane.refusalsPerSecond)),
    ],
    ...verdict,
    setting: {
      tickets,
      buyers,
      clients: CLIENTS,
      rounds,
      singleStatementPool: POOL,
      perSecond: 'bookings, of 2.5 places on average',
      cpu: 'the API process, while there are tickets',
      generatorCpu: 'share of one CPU, in a process of its own',
    },
  };

  async function warmUp(): Promise<void> {
    for (const { client } of apis.values()) {
      const [sale] = await openSales(shards, [0], ENOUGH);
      await closedLoop({ clients: CLIENTS, seconds: quick ? 1 : 3 }, postBookings(client, tokens, sale!));
    }
  }
}
