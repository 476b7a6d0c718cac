import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** Runs one connection's worth of work and closes it. */
export async function withConnection<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined); // a server that stops: the pending query rejects by itself
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The folder that the server at this address serves. Throws what `pg` throws: ECONNREFUSED, 28P01, 57P03… */
export async function dataDirectoryAt(url: string): Promise<string> {
  return withConnection(url, async (client) => {
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    return rows[0]!.data_directory;
  });
}

/** `template` is a database that nobody is connected to. */
export async function createDatabase(url: string, name: string, template = 'template1'): Promise<void> {
  await withConnection(url, (client) =>
    client.query(`create database ${quoted(name)} template ${quoted(template)}`),
  );
}

export async function databaseExists(url: string, name: string): Promise<boolean> {
  return withConnection(url, async (client) => {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    return rowCount === 1;
  });
}

/** Nobody may be connected to it. */
export async function renameDatabase(url: string, from: string, to: string): Promise<void> {
  await withConnection(url, (client) =>
    client.query(`alter database ${quoted(from)} rename to ${quoted(to)}`),
  );
}

/** Drops the database together with whoever is connected to it. */
export async function dropDatabase(url: string, name: string): Promise<void> {
  await withConnection(url, (client) => client.query(`drop database if exists ${quoted(name)} with (force)`));
}

/**
 * Runs `copy` between the start and the end of a base backup and gives the text of the backup_label
 * that belongs into what was copied.
 */
export async function duringBackup(url: string, copy: () => void): Promise<string> {
  return withConnection(url, async (client) => {
    await client.query(`select pg_backup_start('replica', true)`);
    copy();
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    return rows[0]!.labelfile;
  });
}

/** Whether a replica of this name receives the primary's log within `patience` milliseconds. */
export async function isStreaming(primaryUrl: string, replica: string, patience: number): Promise<boolean> {
  return withConnection(primaryUrl, async (client) => {
    for (const deadline = Date.now() + patience; Date.now() < deadline; await sleep(100)) {
      const { rowCount } = await client.query(
        `select from pg_stat_replication where application_name = $1 and state = 'streaming'`,
        [replica],
      );
      if (rowCount) return true;
    }
    return false;
  });
}

export async function promote(url: string): Promise<void> {
  await withConnection(url, (client) => client.query('select pg_promote()'));
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
