import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Owner, giveTo, makePrivateFolder } from './owner.js';
import { duringBackup } from './persistence/postgres.admin.js';

/** What a base backup leaves out (the manual's list, "Making a base backup using the low level API"). */
const CONTENTS_LEFT_OUT = [
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
];
const FILES_LEFT_OUT = /^(postmaster\.(pid|opts)|pg_internal\.init|pgsql_tmp.*|.*\.new)$/;

/**
 * Copies the data of a running server so that a replica can start from the copy: a base backup without
 * `pg_basebackup`, which npm's binaries lack. Appears under its name only when complete.
 */
export async function copyOfRunning(
  url: string,
  from: string,
  to: string,
  owner: Owner | null,
): Promise<void> {
  const unfinished = `${to}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  makePrivateFolder(unfinished, owner);
  const label = await duringBackup(url, () => copyFolder(from, unfinished, owner));
  for (const [name, text] of [
    ['backup_label', label],
    ['standby.signal', ''],
  ] as const) {
    writeFileSync(join(unfinished, name), text, { mode: 0o600 });
    giveTo(owner, join(unfinished, name));
  }
  renameSync(unfinished, to);
}

function copyFolder(from: string, to: string, owner: Owner | null, depth = 0): void {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (FILES_LEFT_OUT.test(entry.name)) continue;
    if (entry.isDirectory()) {
      mkdirSync(target, { mode: 0o700 });
      if (depth > 0 || !CONTENTS_LEFT_OUT.includes(entry.name)) copyFolder(source, target, owner, depth + 1);
    } else if (!copyIfThere(source, target)) continue;
    giveTo(owner, target);
  }
}

/** A running server removes files at any moment; the log that the replica replays knows about it. */
function copyIfThere(source: string, target: string): boolean {
  try {
    copyFileSync(source, target);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
