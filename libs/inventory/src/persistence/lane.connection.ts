import pg from 'pg';

/** A statement that is prepared once a connection under its name. */
export interface Statement {
  name: string;
  text: string;
}

// What each lane session is told, and why:
// - a process frozen inside its transaction loses it after 1 s, so that the others go on;
// - nobody waits longer than 2 s for a lock; a client that does not acknowledge a result is cut off after 2 s (one that
//   is frozen may do so for ever: frozen.sessions.ts);
// - plans are made once, for tables of any size: a plan made while a table was young kept scanning it (4,900
//   instead of 32,500 bookings a second), and one that kept all entries of a list at hand, to look for one person, took 1.2 s a batch
//   once there were 30,000.
const SESSION = {
  idle_in_transaction_session_timeout: '1s',
  lock_timeout: '2s',
  tcp_user_timeout: '2000',
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_material: 'off',
  jit: 'off',
};

// bigint as number: counters and versions stay far below 2^53.
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);

/** A lane's own connection. Queries are sent at once and answered in order, without waiting for each other. */
export class LaneConnection {
  private lost = false;

  private constructor(private readonly client: pg.Client) {
    client.on('error', () => {
      this.lost = true;
    });
    client.on('end', () => {
      this.lost = true;
    });
  }

  /** Connects within `timeoutMs`, or throws. */
  static async open(url: string, application: string, timeoutMs: number): Promise<LaneConnection> {
    const client = new pg.Client({
      connectionString: url,
      application_name: application,
      connectionTimeoutMillis: timeoutMs,
      options: Object.entries(SESSION)
        .map(([key, value]) => `-c ${key}=${value}`)
        .join(' '),
      keepAlive: true,
      pipeline: true,
      types,
    });
    const connection = new LaneConnection(client);
    await client.connect();
    return connection;
  }

  get usable(): boolean {
    return !this.lost;
  }

  /**
   * Runs a statement, in its turn. Rejects with PostgreSQL's error, or with the connection's when that is lost.
   *
   * A promise of pg's own made each batch's queries outlive the young generation, once those of one batch had: with the values that
   * they bind some 160 KiB a batch, for which V8 had to collect all of the heap every two seconds.
   */
  query<Row extends pg.QueryResultRow>(
    statement: pg.QueryConfig | string,
    values?: unknown[],
  ): Promise<pg.QueryResult<Row>> {
    return new Promise((resolve, reject) => {
      const query = new pg.Query<Row>(statement, values, (error, result) => {
        if (error) reject(error);
        else resolve(result);
      });
      this.client.query(query);
    });
  }

  /** Sends all queries that `send` makes in one write. */
  together<T>(send: () => T): T {
    const { stream } = (
      this.client as unknown as {
        connection: { stream: NodeJS.WritableStream & { cork(): void; uncork(): void } };
      }
    ).connection;
    stream.cork();
    try {
      return send();
    } finally {
      stream.uncork();
    }
  }

  async close(): Promise<void> {
    await this.client.end();
  }

  /** Cuts the connection without a goodbye: the server rolls back what was open. */
  destroy(): void {
    this.lost = true;
    (this.client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }
}
