import { parser } from '@prometheus-io/lezer-promql';

/** A metric that a process shows: its name, type and labels. */
export interface Metric {
  name: string;
  type: string;
  labels: readonly string[];
}

/** What Prometheus itself knows of every series, and the one metric that it makes itself. */
const OF_EVERY_SERIES = ['job', 'instance'];
const OWN_METRICS: Metric[] = [{ name: 'up', type: 'gauge', labels: [] }];

/** What a query asks for that does not exist, in words; empty when all of it does. Grafana's own variables count as 5 minutes. */
export function faultsOf(query: string, metrics: readonly Metric[]): string[] {
  const { text, names, labels } = readQuery(query);
  if (names === null) return [`cannot be parsed: ${text}`];
  if (!names.length) return [`asks for no metric: ${text}`];
  const found = names.map((name) => ({ name, metric: metricOf(name, [...metrics, ...OWN_METRICS]) }));
  const unknown = found.filter(({ metric }) => !metric).map(({ name }) => `there is no metric ${name}`);
  const known = new Set([...OF_EVERY_SERIES, ...found.flatMap(({ metric }) => metric ?? [])]);
  return [
    ...unknown,
    ...labels.filter((label) => !known.has(label)).map((label) => `no metric in it has ${label}`),
  ];
}

/** The labels that a query's answer may be told by: `{{shard}}` in Grafana, `$labels.shard` in an alert. */
export function labelFaults(text: string, query: string, metrics: readonly Metric[]): string[] {
  const told = [...text.matchAll(/\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}/g)].map(([, label]) => label!);
  const { names, groups } = readQuery(query);
  const own = (names ?? []).flatMap((name) => metricOf(name, [...metrics, ...OWN_METRICS]) ?? []);
  // What an aggregation does not keep is not there to be told.
  const kept = groups ?? [...own, ...OF_EVERY_SERIES];
  return told.filter((label) => !kept.includes(label)).map((label) => `${label} is not in the answer`);
}

interface Query {
  text: string;
  /** Of the metrics that it selects; null when it cannot be parsed. */
  names: string[] | null;
  /** In matchers and groupings. */
  labels: string[];
  /** What its aggregations group by; null when it has none. */
  groups: string[] | null;
}

function readQuery(query: string): Query {
  const text = query.replaceAll('$__rate_interval', '5m');
  const names: string[] = [];
  const labels: string[] = [];
  let groups: string[] | null = null;
  let broken = false;
  parser.parse(text).iterate({
    enter: ({ name, from, to, node, type }) => {
      const word = text.slice(from, to);
      if (type.isError) broken = true;
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector') names.push(word);
      if (name !== 'LabelName') {
        if (name === 'AggregateExpr') groups ??= [];
        return;
      }
      labels.push(word);
      if (node.parent?.name === 'GroupingLabels') (groups ??= []).push(word);
    },
  });
  return { text, names: broken ? null : names, labels, groups };
}

/** The labels of the metric that a series belongs to: a histogram has three kinds of them. */
function metricOf(series: string, metrics: readonly Metric[]): string[] | undefined {
  const exact = metrics.find(({ name, type }) => name === series && type !== 'histogram');
  if (exact) return [...exact.labels];
  const [, base, part] = /^(.*)_(bucket|sum|count)$/.exec(series) ?? [];
  const histogram = metrics.find(({ name, type }) => name === base && type === 'histogram');
  return histogram && [...histogram.labels, ...(part === 'bucket' ? ['le'] : [])];
}
