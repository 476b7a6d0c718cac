import { counter, gauge } from '#libs/tracing';
import type { AnswerMemory } from './memory.store.js';
import type { Tier } from './domain/view.js';

const reads = counter('cache_reads_total', 'Answers given, by view and by the tier that had them.', [
  'view',
  'tier',
]);
const misses = counter('cache_misses_total', 'Look-ups in a tier that did not have a fresh answer.', [
  'view',
  'tier',
]);
const loads = counter('cache_loads_total', 'Readings of a database, by view.', ['view']);
const refreshes = counter(
  'cache_refresh_failures_total',
  'Answers that could not be read anew behind a stale one.',
  ['view'],
);

/** Hits and misses a tier since this process began. */
export class CacheStatistics {
  readonly hits: Record<Tier, number> = { l1: 0, l2: 0, l3: 0 };
  readonly misses: Record<Tier, number> = { l1: 0, l2: 0, l3: 0 };
  /** Readings of databases; an answer of one may be many's. */
  loads = 0;
  private readonly counters = new Map<string, { inc: () => void }>();

  constructor(memory: AnswerMemory) {
    gauge('cache_memory_bytes', 'Answers in memory.', [], (bytes) => bytes.set(memory.size.bytes));
    gauge('cache_memory_entries', 'Answers in memory.', [], (entries) => entries.set(memory.size.entries));
    gauge(
      'cache_memory_evictions',
      'Answers that had to make room since the process began.',
      [],
      (evictions) => evictions.set(memory.evictions),
    );
  }

  hit(view: string, tier: Tier): void {
    this.hits[tier]++;
    const name = `${view} ${tier}`;
    let known = this.counters.get(name);
    if (!known) this.counters.set(name, (known = reads.labels({ view, tier })));
    known.inc();
  }

  miss(view: string, tier: Tier): void {
    this.misses[tier]++;
    misses.inc({ view, tier });
  }

  /** A reading of a database begins. */
  load(view: string): void {
    this.loads++;
    loads.inc({ view });
  }

  refreshFailed(view: string): void {
    refreshes.inc({ view });
  }
}
