import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel';
import pg from 'pg';
import type { DatabaseUrls } from '#libs/config';
import { Refusal, refusals } from '#libs/kernel';
import { isUnavailable, unavailable } from '../sharding.errors.js';
import { traceQueries } from './query.trace.js';
import { ReplicaWatch } from './replica.watch.js';

/** A transaction in progress, or anything else that runs SQL on one connection. */
export type Tx = Pick<pg.ClientBase, 'query'>;

/** Opens a Prisma client on a pool. */
export type OpenPrisma<Prisma> = (pool: pg.Pool) => Prisma;

/** One side of a database to read from. */
export interface Reader<Prisma> {
  prisma: Prisma;
  sql: pg.Pool;
}

export interface DatabaseOptions<Prisma> {
  /** `master`, `shard-1` … */
  name: string;
  urls: DatabaseUrls;
  /** Shown in pg_stat_activity. */
  application: string;
  /** Connections to the primary and to the replica. */
  connections: { primary: number; replica: number };
  openPrisma: OpenPrisma<Prisma>;
}

/**
 * A database with its replica: own pools (the bulkhead), own breaker. One that is away answers
 * `shard_unavailable` (or `service_unavailable`) at once, and costs the others nothing.
 */
export class Database<Prisma> {
  readonly name: string;
  /** The primary: whatever decides about seats or money reads here. */
  readonly primary: Reader<Prisma>;
  readonly replica: Reader<Prisma> | null;
  readonly watch: ReplicaWatch | null;

  private readonly breaker = circuitBreaker(handleWhen(isUnavailable), {
    halfOpenAfter: 1000,
    breaker: new ConsecutiveBreaker(5),
  });

  constructor(options: DatabaseOptions<Prisma>) {
    this.name = options.name;
    const { urls, connections } = options;
    const open = (url: string, max: number, side: 'primary' | 'replica'): Reader<Prisma> => {
      const sql = openPool(url, max, options.application);
      traceQueries(sql, options.name, side);
      return { sql, prisma: options.openPrisma(sql) };
    };
    this.primary = open(urls.primary, connections.primary, 'primary');
    this.replica = urls.replica ? open(urls.replica, connections.replica, 'replica') : null;
    this.watch = this.replica && new ReplicaWatch(this.replica.sql);
  }

  /** `closed` while the primary answers, `open` while calls fail at once. */
  get state(): 'closed' | 'half-open' | 'open' {
    if (this.breaker.state === CircuitState.Closed) return 'closed';
    return this.breaker.state === CircuitState.HalfOpen ? 'half-open' : 'open';
  }

  /** Runs work on the primary outside a transaction; throws the database's refusal while it is away. */
  async onPrimary<T>(work: (reader: Reader<Prisma>) => Promise<T>): Promise<T> {
    try {
      return await this.breaker.execute(() => work(this.primary));
    } catch (error) {
      throw this.translate(error);
    }
  }

  /** Reads from the replica, or from the primary where there is none, it is behind, or it fails. */
  async read<T>(work: (reader: Reader<Prisma>) => Promise<T>): Promise<T> {
    if (this.replica && this.watch?.usable) {
      try {
        return await work(this.replica);
      } catch (error) {
        // A query cancelled by replay (40001 on a standby) or a lost replica: the primary answers instead.
        if (!isUnavailable(error) && (error as { code?: string }).code !== '40001') throw error;
        this.watch.fail();
      }
    }
    return this.onPrimary(work);
  }

  /** Reads from the primary, since whoever asks may just have written; from the replica while the primary is away. */
  async readNow<T>(work: (reader: Reader<Prisma>) => Promise<T>): Promise<T> {
    try {
      return await this.onPrimary(work);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'shard_unavailable') throw error;
      return this.read(work);
    }
  }

  /**
   * One transaction on the primary, READ COMMITTED. A connection lost before COMMIT is sent means that nothing
   * was done (`shard_unavailable`); lost after it, `outcome_unknown`: the caller retries with the same key.
   */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.onPrimary(async ({ sql }) => {
      const client = await sql.connect();
      let broken: Error | undefined;
      try {
        await client.query('BEGIN');
        const result = await work(client);
        await commit(client);
        return result;
      } catch (error) {
        broken = await rollback(client, error);
        throw error;
      } finally {
        client.release(broken);
      }
    });
  }

  async close(): Promise<void> {
    this.watch?.stop();
    await Promise.all([this.primary.sql.end(), this.replica?.sql.end()]);
  }

  private translate(error: unknown): unknown {
    return error instanceof BrokenCircuitError || isUnavailable(error) ? unavailable(this.name) : error;
  }
}

async function commit(client: pg.PoolClient): Promise<void> {
  let tag: string;
  try {
    tag = (await client.query('COMMIT')).command;
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    throw refusals.outcome_unknown(
      'The connection was lost during the commit; retry with the same Idempotency-Key.',
    );
  }
  if (tag !== 'COMMIT') throw new Error(`a transaction ended in ${tag} instead of COMMIT`);
}

/** Rolls back; the error to discard the connection with when even that fails. */
async function rollback(client: pg.PoolClient, cause: unknown): Promise<Error | undefined> {
  if (isUnavailable(cause)) return cause as Error;
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

// bigint as number: amounts and versions are checked to stay exact. Everything else as pg reads it.
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);

function openPool(url: string, max: number, application: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    application_name: application,
    connectionTimeoutMillis: 2000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    statement_timeout: 30_000,
    lock_timeout: 5000,
    idle_in_transaction_session_timeout: 10_000,
    types,
  });
  // An idle connection that dies is replaced by the pool at the next use; nobody waits for it. One in use that dies between
  // two statements fails the next of them; without a listener of its own it would end the process instead.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}
