import type pg from 'pg';

const EVERY_MS = 1000;
/** A replica further behind than this is not read. */
const MAX_LAG_MS = 5000;

// Out: milliseconds behind; null when it is no standby or receives nothing, so that its age is unknown.
const LAG = `
  SELECT CASE
    WHEN NOT pg_is_in_recovery() OR NOT EXISTS (SELECT FROM pg_stat_get_wal_receiver() AS r WHERE r.pid IS NOT NULL) THEN NULL
    WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
    ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000
  END::double precision AS lag`;

/** Asks a replica once a second how far it is behind. */
export class ReplicaWatch {
  /** Milliseconds behind the primary; null when unknown. */
  lagMs: number | null = null;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly sql: pg.Pool) {}

  get usable(): boolean {
    return this.lagMs !== null && this.lagMs <= MAX_LAG_MS;
  }

  /** Measures now, and from now on every second. */
  async start(): Promise<void> {
    await this.measure();
    this.timer = setInterval(() => void this.measure(), EVERY_MS);
    this.timer.unref();
  }

  /** The replica failed a read: not used until it answers a measurement. */
  fail(): void {
    this.lagMs = null;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async measure(): Promise<void> {
    try {
      const { rows } = await this.sql.query<{ lag: number | null }>(LAG);
      this.lagMs = rows[0]?.lag ?? null;
    } catch {
      // Away: `usable` turns false, reads go to the primary, and health shows it.
      this.lagMs = null;
    }
  }
}
