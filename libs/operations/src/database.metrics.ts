import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RedisConnection } from '#libs/caching';
import { type Database, Master, Shards } from '#libs/sharding';
import { gauge } from '#libs/tracing';

const BREAKER = { closed: 0, 'half-open': 1, open: 2 };

/** Pools, breakers, replicas and Redis in /metrics, read when somebody looks. */
@Injectable()
export class DatabaseMetrics implements OnModuleInit {
  constructor(
    private readonly master: Master,
    private readonly shards: Shards,
    private readonly redis: RedisConnection,
  ) {}

  onModuleInit(): void {
    gauge('db_pool_connections', 'Connections by state.', ['database', 'side', 'state'], (pools) => {
      for (const { name, side, sql } of this.sides()) {
        pools.set({ database: name, side, state: 'idle' }, sql.idleCount);
        pools.set({ database: name, side, state: 'busy' }, sql.totalCount - sql.idleCount);
      }
    });
    gauge('db_pool_waiting', 'Callers that wait for a connection.', ['database', 'side'], (waiting) => {
      for (const { name, side, sql } of this.sides()) waiting.set({ database: name, side }, sql.waitingCount);
    });
    gauge('db_breaker_state', '0 closed, 1 half open, 2 open.', ['database'], (states) => {
      for (const { name, state } of this.all()) states.set({ database: name }, BREAKER[state]);
    });
    gauge('db_replica_lag_seconds', 'Missing while unknown.', ['database'], (lags) => {
      for (const { name, watch } of this.all()) {
        if (watch && watch.lagMs !== null) lags.set({ database: name }, watch.lagMs / 1000);
      }
    });
    gauge('redis_up', '1 while Redis answers this process, else 0.', [], async (up) =>
      up.set((await this.redis.ping()) === null ? 0 : 1),
    );
  }

  private all(): Database<unknown>[] {
    return [this.master, ...this.shards.all()];
  }

  private sides() {
    return this.all().flatMap(({ name, primary, replica }) => [
      { name, side: 'primary', sql: primary.sql },
      ...(replica ? [{ name, side: 'replica', sql: replica.sql }] : []),
    ]);
  }
}
