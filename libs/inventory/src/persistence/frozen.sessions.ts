import { LaneConnection } from './lane.connection.js';

/** A batch takes milliseconds: one that has not ended by then waits for somebody. */
const AFTER_MS = 1000;
const EVERY_MS = 100;

// In: the application name of the lane's sessions. Effect: ends those that have waited for their own process for a second, in the
// middle of a transaction. Out: how many. Never a cancel: one that reaches a session in its COMMIT makes it answer before it is
// durable; a session that waits for its process is not committing. `state_change` is when its statement began.
const END_FROZEN = `
  SELECT count(*) FILTER (WHERE pg_terminate_backend(pid))::integer AS ended FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = $1 AND state <> 'idle' AND wait_event_type = 'Client'
    AND state_change < clock_timestamp() - interval '1 s'`;

/**
 * Lets a lane go on whose holder is frozen. The session's own idle_in_transaction_session_timeout ends most such transactions;
 * not that of a process which stopped reading in the middle of a result, or stopped writing in the middle of a request: its
 * session counts as active and would keep the lane as long as the process is frozen. So whoever waits for the lane looks.
 */
export class FrozenSessions {
  constructor(
    private readonly url: string,
    private readonly application: string,
    private readonly onLook: (result: { ended: number } | { failed: unknown }) => void,
  ) {}

  /** Looks after a second, and again until the function that it returns is called. */
  watch(): () => void {
    let over = false;
    let timer = setTimeout(() => void look(), AFTER_MS);
    const look = async () => {
      await this.endFrozen().then(
        (ended) => this.onLook({ ended }),
        (failed: unknown) => this.onLook({ failed }),
      );
      if (!over) timer = setTimeout(() => void look(), EVERY_MS);
    };
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }

  private async endFrozen(): Promise<number> {
    const connection = await LaneConnection.open(this.url, `${this.application}-look-up`, AFTER_MS);
    try {
      const { rows } = await connection.query<{ ended: number }>(END_FROZEN, [this.application]);
      return rows[0]!.ended;
    } finally {
      await connection.close();
    }
  }
}
