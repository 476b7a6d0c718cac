import type pg from 'pg';
import type { Database } from './database.client.js';

/**
 * Runs work while holding the named advisory lock of a database; does nothing and returns false while another session holds
 * it. For timers: two workers never do the same. The lock ends with its connection, whatever happens.
 */
export async function exclusively(
  database: Database<unknown>,
  name: string,
  work: () => Promise<void>,
): Promise<boolean> {
  // The breaker sees the locking alone: were the work inside, and this call the one with which the breaker tries whether
  // the database is back, then each use of the database by the work would wait for the end of that try, which is its own.
  const client = await database.onPrimary(({ sql }) => lock(sql, name));
  if (!client) return false;
  let broken: Error | undefined;
  try {
    await work();
    return true;
  } finally {
    await client
      .query('SELECT pg_advisory_unlock(hashtextextended($1, 5741))', [name])
      .catch((error: Error) => {
        broken = error;
      });
    // A connection that could not unlock is closed, which unlocks.
    client.release(broken);
  }
}

/** The connection that has the lock; null when another has it. */
async function lock(sql: pg.Pool, name: string): Promise<pg.PoolClient | null> {
  const client = await sql.connect();
  let locked = false;
  try {
    const { rows } = await client.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 5741)) AS locked',
      [name],
    );
    locked = rows[0]!.locked;
    return locked ? client : null;
  } finally {
    if (!locked) client.release();
  }
}
