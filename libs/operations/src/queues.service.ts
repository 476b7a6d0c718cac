import { Injectable } from '@nestjs/common';
import { type Backlog, readBacklog, readQueueStatistics } from '#libs/outbox';
import { type Database, Master, Shards } from '#libs/sharding';

/** What waits in one database's outbox; null members while it is away. */
export interface OutboxState {
  database: string;
  status: 'up' | 'down';
  pending: number | null;
  parked: number | null;
  oldestSeconds: number | null;
}

/** How full the queue of an effect was when a worker last counted. */
export interface EffectState {
  queue: string;
  waiting: number;
  active: number;
  delayed: number;
  countedAt: string;
}

export interface QueuesReport {
  data: OutboxState[];
  effects: EffectState[];
}

/** What has not yet reached whom it must reach. */
@Injectable()
export class Queues {
  constructor(
    private readonly master: Master,
    private readonly shards: Shards,
  ) {}

  /** Of a database that is away it says so; without the master the effects' numbers are missing. */
  async report(): Promise<QueuesReport> {
    const all: Database<unknown>[] = [this.master, ...this.shards.all()];
    const [data, effects] = await Promise.all([Promise.all(all.map(stateOf)), this.effects()]);
    return { data, effects };
  }

  private async effects(): Promise<EffectState[]> {
    const rows = await readQueueStatistics(this.master).catch(() => []);
    return rows.map(({ queue, waiting, active, delayed, updatedAt }) => {
      return { queue, waiting, active, delayed, countedAt: updatedAt.toISOString() };
    });
  }
}

async function stateOf(database: Database<unknown>): Promise<OutboxState> {
  const backlog: Backlog | null = await readBacklog(database).catch(() => null);
  const status = backlog ? 'up' : 'down';
  const { pending, parked, oldestSeconds } = backlog ?? { pending: null, parked: null, oldestSeconds: null };
  return { database: database.name, status, pending, parked, oldestSeconds };
}
