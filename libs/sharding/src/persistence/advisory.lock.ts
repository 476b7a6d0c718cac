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
  return database.onPrimary(async ({ sql }) => {
    const client = await sql.connect();
    let broken: Error | undefined;
    try {
      const { rows } = await client.query<{ locked: boolean }>(
        'SELECT pg_try_advisory_lock(hashtextextended($1, 5741)) AS locked',
        [name],
      );
      if (!rows[0]!.locked) return false;
      try {
        await work();
        return true;
      } finally {
        await client
          .query('SELECT pg_advisory_unlock(hashtextextended($1, 5741))', [name])
          .catch((error: Error) => {
            broken = error;
          });
      }
    } finally {
      // A connection that could not unlock is closed, which unlocks.
      client.release(broken);
    }
  });
}
