import { Injectable } from '@nestjs/common';
import { RedisConnection } from '#libs/caching';
import { type Database, Master, Shards } from '#libs/sharding';
import { type DatabaseHealth, type HealthReport, healthReport, queueHealth } from './domain/health-report.js';
import { type Backlog, readBacklog } from './persistence/backlog.repository.js';

/** A database that does not answer within this is away. */
const PROBE_MS = 1500;
/** Anybody may ask as often as they like; the databases are asked once a second. */
const FRESH_MS = 1000;

/** What this process can reach. */
@Injectable()
export class Health {
  private last: { report: Promise<HealthReport>; at: number } | null = null;

  constructor(
    private readonly master: Master,
    private readonly shards: Shards,
    private readonly redis: RedisConnection,
  ) {}

  /** A report at most a second old. */
  async report(): Promise<HealthReport> {
    const now = performance.now();
    if (!this.last || now - this.last.at > FRESH_MS) this.last = { report: this.examine(), at: now };
    return this.last.report;
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
