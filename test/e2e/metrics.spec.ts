import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { createApi } from '../../apps/api/src/create-api.js';
import { createWorker } from '../../apps/worker/src/create-worker.js';
import { describeMetrics } from '#libs/tracing';
import { Collector } from '../support/collector.js';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { LiveStage } from '../support/live.stage.js';
import { type Metric, faultsOf, labelFaults } from '../support/promql.js';
import { eventually } from '../support/relay.js';
import { ownPostgres, ownReplica } from '../support/servers.js';
import { startStack } from '../support/stack.js';

type Server = Awaited<ReturnType<typeof ownPostgres>>;

/** A process's metrics as it shows them: types by name, values by series. */
interface Shown {
  types: Map<string, string>;
  series: Map<string, number>;
}

let servers: Server[] = [];
let collector: Collector;
let stage: LiveStage;
/** With the labels that the registry knows: what never happened yet shows none. */
let metrics: Metric[];
const shown: Record<'api' | 'worker', Shown> = { api: empty(), worker: empty() };

function empty(): Shown {
  return { types: new Map(), series: new Map() };
}

async function look(url: string): Promise<Shown> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!] as const);
  const series = [...text.matchAll(/^([a-zA-Z_][^ {]*(?:\{.*\})?) (\S+)$/gm)].map(
    ([, name, value]) => [name!, Number(value)] as const,
  );
  return { types: new Map(types), series: new Map(series) };
}

/** The samples of a series whose labels hold all of these. */
function valuesOf({ series }: Shown, name: string, labels: Record<string, string> = {}): number[] {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return [...series]
    .filter(([one]) => one.split('{')[0] === name && wanted.every((part) => one.includes(part)))
    .map(([, value]) => value);
}

/** All metrics that both processes may have, by their registry: it is one a process, and this is a third. */
async function registered(databases: TestDatabases, otlp: string): Promise<Metric[]> {
  const config = {
    ...databases.config,
    tracing: { otlp: { ...OTLP, url: `${otlp}/v1/traces` } },
    log: { level: 'silent', pretty: false },
  };
  const api = await createApi({ ...config, processName: 'api' });
  const worker = await createWorker({ ...config, processName: 'worker' });
  const all = describeMetrics();
  await Promise.all([api.close(), worker.close()]);
  return all;
}
const OTLP = {
  ...{ headers: {}, timeoutMs: 1000, serviceName: null, resource: {} },
  ...{ maxQueue: 1000, batch: 100, everyMs: 100 },
};

beforeAll(async () => {
  collector = await Collector.start();
  const primary = await ownPostgres();
  const replica = await ownReplica(primary);
  servers = [replica, primary];
  const databases = await createDatabases({ on: { shard_2: primary } });
  metrics = await registered(databases, collector.url);
  const replicaUrl = new URL(replica.url());
  replicaUrl.pathname = new URL(databases.env.SHARD_2_URL!).pathname;
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '100',
    SHARD_2_REPLICA_URL: replicaUrl.toString(),
    THROTTLE_PROFILE: 'relaxed',
  };
  stage = new LiveStage(databases, await startStack(databases, { apis: 1, workers: 1, env }));
  await sellAndCancel();
}, 600_000);
afterAll(async () => {
  await stage?.close();
  await collector?.stop();
  for (const server of servers) await server.stop();
});

/** Something of everything: reads that the cache answers, bookings and refusals, an event that is canceled. */
async function sellAndCancel(): Promise<void> {
  const hall = await stage.publish({ title: 'Mahler 5' });
  const { token } = await stage.signUp();
  for (let i = 0; i < 3; i++) await stage.call('GET', `/v1/events/${hall.id}`);
  await stage.book(hall, token, 2);
  await expect(stage.book(hall, token, 2000)).rejects.toThrow('422');
  await stage.bookSeat(hall, hall.seats[0]!.id, token);
  await expect(stage.bookSeat(hall, hall.seats[0]!.id, token)).rejects.toThrow('409');
  await stage.call('POST', `/v1/events/${hall.id}/cancel`, { reason: 'rain' }, await stage.admin());
  const [api, worker] = [stage.urls[0]!, stage.stack.workers[0]!.url];
  await eventually(
    async () => {
      // Memory lives a second or two, which a busy machine may take for one request.
      await stage.call('GET', `/v1/events/${hall.id}`);
      await stage.call('GET', `/v1/events/${hall.id}`);
      [shown.api, shown.worker] = await Promise.all([look(api), look(worker)]);
      const effects = valuesOf(shown.worker, 'effect_seconds_count', { outcome: 'done' });
      const waiting = valuesOf(shown.worker, 'outbox_pending').reduce((sum, n) => sum + n, 0);
      const sent = valuesOf(shown.worker, 'otlp_spans_total', { outcome: 'sent' });
      const lag = valuesOf(shown.api, 'db_replica_lag_seconds', { database: 'shard-2' });
      const l1 = valuesOf(shown.api, 'http_cached_duration_seconds_count', { tier: 'l1' });
      return { effects: effects[0] ?? 0, waiting, sent: sent[0] ?? 0, lag: lag.length, l1: l1[0] ?? 0 };
    },
    ({ effects, waiting, sent, lag, l1 }) => effects > 0 && waiting === 0 && sent > 0 && lag > 0 && l1 > 0,
  );
}

/** What the documentation's table says, a row a metric. */
function documented(): Map<string, { type: string; labels: string[]; of: string[] }> {
  const text = readFileSync('docs/observability.md', 'utf8');
  const rows = [...text.matchAll(/^\| `([a-z0-9_]+)` +\| (\w+) +\| (.*?) +\| (.*?) +\| .+ \|$/gm)];
  return new Map(
    rows.map(([, name, type, labels, of]) => [
      name!,
      {
        type: type!,
        labels: [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label!).sort(),
        of: of!.split(', ').sort(),
      },
    ]),
  );
}

/** Node's own, which its packages document. */
const isNodes = (name: string) => /^(process|nodejs)_/.test(name) && name !== 'nodejs_eventloop_utilization';

it('documents every metric of both processes, its type and its labels, and no other', () => {
  const real = metrics
    .filter(({ name }) => !isNodes(name))
    .map(({ name, type, labels }) => {
      const of = (['api', 'worker'] as const).filter((process) => shown[process].types.has(name));
      return [name, { type, labels: [...labels].sort(), of: [...of] }] as const;
    });
  const byName = (entries: Iterable<readonly [string, unknown]>) =>
    Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
  expect(byName(documented())).toEqual(byName(real));
});

/** Series that what was done above must have counted, and at least how often. */
const MEASURED: [process: 'api' | 'worker', series: string, labels: Record<string, string>][] = [
  ['api', 'http_request_duration_seconds_count', { method: 'POST', route: '/v1/bookings', status: '201' }],
  ['api', 'http_request_duration_seconds_count', { method: 'POST', route: '/v1/bookings', status: '409' }],
  ['worker', 'http_request_duration_seconds_count', { route: '/metrics', status: '200' }],
  ['api', 'http_cached_duration_seconds_count', { tier: 'l1' }],
  ['api', 'http_cached_duration_seconds_count', { tier: 'l3' }],
  ['api', 'cache_reads_total', { view: 'event' }],
  ['api', 'cache_misses_total', { view: 'event' }],
  ['api', 'cache_loads_total', { view: 'event' }],
  ['api', 'cache_memory_entries', {}],
  ['api', 'lane_batches_total', { shard: 'shard-2', ending: 'committed' }],
  ['api', 'lane_batch_size_count', { shard: 'shard-2' }],
  ['api', 'lane_wait_seconds_count', { shard: 'shard-2' }],
  ['api', 'lane_lock_wait_seconds_count', { shard: 'shard-2' }],
  ['api', 'lane_batch_seconds_sum', { shard: 'shard-2' }],
  ['api', 'lane_refusals_total', { shard: 'shard-2', code: 'seat_taken' }],
  ['worker', 'lane_batches_total', { shard: 'shard-2', ending: 'committed' }],
  ['api', 'db_query_seconds_count', { database: 'master', side: 'primary' }],
  ['api', 'db_pool_wait_seconds_count', { database: 'shard-2', side: 'primary' }],
  ['api', 'db_pool_connections', { database: 'master', side: 'primary', state: 'idle' }],
  ['api', 'redis_up', {}],
  ['worker', 'redis_up', {}],
  ['worker', 'relay_batch_rows_count', { database: 'shard-2' }],
  ['worker', 'relay_dispatch_seconds_count', { database: 'shard-2' }],
  ['worker', 'relay_confirm_seconds_count', { consumer: 'directory' }],
  ['worker', 'effect_seconds_count', { effect: 'cancel-bookings', outcome: 'done' }],
  ['worker', 'effect_wait_seconds_count', { effect: 'cancel-bookings' }],
  ['worker', 'live_published_total', {}],
  ['api', 'nodejs_eventloop_utilization', {}],
  ['api', 'nodejs_eventloop_lag_p99_seconds', {}],
  ['worker', 'otlp_spans_total', { outcome: 'sent' }],
];

it.each(MEASURED)('%s measures %s %j', (process, series, labels) => {
  expect(valuesOf(shown[process], series, labels).some((value) => value > 0)).toBe(true);
});

it('tells of a queue that it is empty, of breakers that they are closed and of a replica how far it is behind', () => {
  expect(valuesOf(shown.worker, 'effect_queue_jobs', { effect: 'cancel-bookings' })).toEqual([0, 0, 0]);
  expect(valuesOf(shown.api, 'db_breaker_state')).toEqual([0, 0, 0, 0, 0]);
  expect(valuesOf(shown.api, 'db_replica_lag_seconds')).toHaveLength(1);
  expect(valuesOf(shown.worker, 'relay_idle_seconds').every((seconds) => seconds < 60)).toBe(true);
});

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; runbook: string };
}
const rules = (
  parse(readFileSync('deploy/prometheus/alerts.yml', 'utf8')) as { groups: { rules: Rule[] }[] }
).groups.flatMap((group) => group.rules);
/** Headings of the runbook, as anchors. */
const anchors = [...readFileSync('docs/runbook.md', 'utf8').matchAll(/^#+ (.+)$/gm)].map(
  ([, heading]) =>
    `docs/runbook.md#${heading!
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-')}`,
);

it.each(rules)(
  'alerts by what exists, and the runbook says what to do: $alert',
  ({ expr, labels, annotations }) => {
    expect(faultsOf(expr, metrics)).toEqual([]);
    expect(labelFaults(annotations.summary, expr, metrics)).toEqual([]);
    expect(anchors).toContain(annotations.runbook);
    expect(['page', 'ticket']).toContain(labels.severity);
  },
);

it('has no section in the runbook for an alert that there is not', () => {
  const named = [...readFileSync('docs/runbook.md', 'utf8').matchAll(/^### (\w+)$/gm)].map(
    ([, name]) => name,
  );
  expect(named.sort()).toEqual(rules.map(({ alert }) => alert).sort());
});

interface Panel {
  title: string;
  type: string;
  targets?: { expr: string; legendFormat: string }[];
}
const { panels } = JSON.parse(readFileSync('deploy/grafana/evently.json', 'utf8')) as { panels: Panel[] };

it.each(panels.filter(({ type }) => type !== 'row'))('shows what exists: $title', ({ targets = [] }) => {
  expect(targets).not.toEqual([]);
  for (const { expr, legendFormat } of targets) {
    expect(faultsOf(expr, metrics)).toEqual([]);
    expect(labelFaults(legendFormat, expr, metrics)).toEqual([]);
  }
});

it.each([
  ['sum by (shard (lane_depth)', /cannot be parsed/],
  ['lane_dept > 1', /there is no metric lane_dept/],
  ['lane_depth{shad="1"}', /no metric in it has shad/],
  ['sum by (databse) (db_breaker_state)', /no metric in it has databse/],
  ['rate(lane_wait_seconds[5m])', /there is no metric lane_wait_seconds/],
  ['sum by (le) (rate(lane_batch_seconds_sum[5m]))', /no metric in it has le/],
  ['1 > 0', /asks for no metric/],
])('would see that %s is wrong', (query, fault) => {
  expect(faultsOf(query, metrics).join()).toMatch(fault);
});

it('would see a label in words that the answer does not have', () => {
  expect(labelFaults('{{shard}} {{code}}', 'sum by (shard) (lane_refusals_total)', metrics)).toHaveLength(1);
  expect(labelFaults('{{ $labels.shard }}', 'lane_depth > 1', metrics)).toEqual([]);
});
