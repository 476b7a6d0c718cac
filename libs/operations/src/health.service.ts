import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { RedisConnection } from '#libs/caching';
import { type Database, Master, Shards } from '#libs/sharding';
import { type DatabaseHealth, type HealthReport, healthReport, queueHealth } from './domain/health-report.js';
import { type Backlog, readBacklog } from './persistence/backlog.repository.js';

/** A database that does not answer within this is away. */
const PROBE_MS = 1500;
/** Anybody may ask as often as they like; the databases are asked once a second. */
const FRESH_MS = 1000;
/** Whoever watches over it is answered in a quarter of a second: databases that are busy make no process seem dead. */
const PATIENCE_MS = 150;

/** What this process can reach. */
@Injectable()
export class Health {
  private leaving = false;
  private asked: Promise<HealthReport> | null = null;
  private askedAt = -Infinity;
  /** The last report. */
  private known: HealthReport | null = null;

  constructor(
    private readonly master: Master,
    private readonly shards: Shards,
    private readonly redis: RedisConnection,
  ) {}

  /** A report at most a second old; or one older, when it takes long to know better. */
  async report(): Promise<HealthReport> {
    const now = performance.now();
    if (now - this.askedAt > FRESH_MS) {
      this.askedAt = now;
      this.asked = this.examine().then((report) => (this.known = report));
    }
    const soon = this.known ? [sleep(PATIENCE_MS, this.known, { ref: false })] : [];
    const report = await Promise.race([this.asked!, ...soon]);
    return this.leaving ? { ...report, status: 'draining' } : report;
  }

  /** From now on this process is not ready any more. */
  leave(): void {
    this.leaving = true;
  }

  private async examine(): Promise<HealthReport> {
    const all: Database<unknown>[] = [this.master, ...this.shards.all()];
    const [backlogs, ms] = await Promise.all([Promise.all(all.map(probe)), this.redis.ping()]);
    const databases = all.map((database, i) => [database.name, stateOf(database, backlogs[i]!)] as const);
    return healthReport({
      databases: Object.fromEntries(databases),
      redis: { status: ms === null ? 'down' : 'up', ms: ms === null ? null : Math.round(ms * 10) / 10 },
      queue: queueHealth(backlogs.filter((backlog) => backlog !== null)),
    });
  }
}

function stateOf(database: Database<unknown>, backlog: Backlog | null): DatabaseHealth {
  return {
    status: backlog ? 'up' : 'down',
    breaker: database.state,
    replica: replicaOf(database),
  };
}

function replicaOf({ watch }: Database<unknown>): DatabaseHealth['replica'] {
  if (!watch) return null;
  const status = watch.usable ? 'up' : watch.lagMs === null ? 'down' : 'behind';
  return { status, lagMs: watch.lagMs };
}

/** The backlog of a database's outbox; null when it does not answer in time. */
async function probe({ primary }: Database<unknown>): Promise<Backlog | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), PROBE_MS);
  });
  // Past the breaker: health must see by itself that the database is back. Any failure means that it is away.
  const answer = readBacklog(primary.sql).catch(() => null);
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
