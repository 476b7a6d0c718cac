import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, type Metric, Registry, collectDefaultMetrics } from 'prom-client';

/** Everything this process tells at GET /metrics. One a process, as its subject is the process. */
const registry = new Registry();
collectDefaultMetrics({ register: registry });

/** The text for Prometheus and its media type. */
export async function renderMetrics(): Promise<{ type: string; text: string }> {
  return { type: registry.contentType, text: await registry.metrics() };
}

/** A counter, made once and found again by its name, which ends in `_total`. */
export function counter<L extends string = never>(
  name: string,
  help: string,
  labelNames: readonly L[] = [],
): Counter<L> {
  const known = registry.getSingleMetric(name);
  return known ? (known as Counter<L>) : new Counter({ name, help, labelNames, registers: [registry] });
}

/** A histogram, made once and found again by its name; `buckets` are upper bounds in the name's unit. */
export function histogram<L extends string = never>(
  name: string,
  help: string,
  buckets: number[],
  labelNames: readonly L[] = [],
): Histogram<L> {
  const known = registry.getSingleMetric(name);
  return known
    ? (known as Histogram<L>)
    : new Histogram({ name, help, buckets, labelNames, registers: [registry] });
}

/**
 * A gauge that is asked when somebody looks: `collect` sets its values then. The last `collect` given under a
 * name is the one that answers.
 */
export function gauge<L extends string = never>(
  name: string,
  help: string,
  labelNames: readonly L[],
  collect: (gauge: Gauge<L>) => void | Promise<void>,
): void {
  registry.removeSingleMetric(name);
  new Gauge<L>({
    name,
    help,
    labelNames,
    registers: [registry],
    async collect() {
      this.reset();
      await collect(this);
    },
  });
}

let lastLook: EventLoopUtilization = performance.eventLoopUtilization();
gauge(
  'nodejs_eventloop_utilization',
  'Share of time in use since the last look; 1: none is left.',
  [],
  (metric) => {
    const now = performance.eventLoopUtilization();
    metric.set(performance.eventLoopUtilization(now, lastLook).utilization);
    lastLook = now;
  },
);

/** All metrics of this process with their labels, also of those that have nothing to tell yet. */
export function describeMetrics(): { name: string; type: string; labels: readonly string[] }[] {
  // The registry's own description leaves the labels out.
  const all = registry.getMetricsAsArray() as unknown as (Metric & { name: string; labelNames: string[] })[];
  return all.map((metric) => ({ name: metric.name, type: typeOf(metric), labels: metric.labelNames }));
}

function typeOf(metric: Metric): string {
  if (metric instanceof Histogram) return 'histogram';
  return metric instanceof Counter ? 'counter' : 'gauge';
}
