import { Injectable } from '@nestjs/common';
import { type Database, Master, Shards } from '#libs/sharding';

export interface DatabaseHealth {
  status: 'up' | 'down';
  breaker: 'closed' | 'half-open' | 'open';
  replica: { status: 'up' | 'behind' | 'down'; lagMs: number | null } | null;
}

export interface HealthReport {
  /** `degraded`: something is away and the rest goes on; `down`: nothing useful can be served. */
  status: 'ok' | 'degraded' | 'down';
  databases: Record<string, DatabaseHealth>;
}

/** A database that does not answer within this is away. */
const PROBE_MS = 1500;

@Injectable()
export class Health {
  constructor(
    private readonly master: Master,
    private readonly shards: Shards,
  ) {}

  async report(): Promise<HealthReport> {
    const all = [this.master, ...this.shards.all()];
    const states = await Promise.all(all.map((database) => probe(database)));
    const databases = Object.fromEntries(all.map((database, i) => [database.name, states[i]!]));
    return { status: statusOf(states), databases };
  }
}

function statusOf(states: DatabaseHealth[]): HealthReport['status'] {
  if (states.every((state) => state.status === 'down')) return 'down';
  const whole = states.every((state) => state.status === 'up' && (state.replica?.status ?? 'up') === 'up');
  return whole ? 'ok' : 'degraded';
}

async function probe(database: Database<unknown>): Promise<DatabaseHealth> {
  const up = await answers(database);
  return { status: up ? 'up' : 'down', breaker: database.state, replica: replicaOf(database) };
}

function replicaOf({ watch }: Database<unknown>): DatabaseHealth['replica'] {
  if (!watch) return null;
  const status = watch.usable ? 'up' : watch.lagMs === null ? 'down' : 'behind';
  return { status, lagMs: watch.lagMs };
}

async function answers(database: Database<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PROBE_MS);
  });
  // The pool, not the breaker: health must see the database come back by itself.
  const asked = database.primary.sql.query('SELECT 1').then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
