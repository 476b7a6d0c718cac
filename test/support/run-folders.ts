import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lockHolder, tryLock } from '../../apps/cli/bootstrap/lock.mjs';

/** A folder of this process's own below `below`, which servers of another user may pass through. */
export async function makeRunFolder(below: string, prefix: string): Promise<string> {
  const folder = mkdtempSync(join(below, `${prefix}${process.pid}-`));
  chmodSync(folder, 0o711);
  await tryLock(folder, 'running');
  return folder;
}

/** Removes the folders of runs that were killed. Their servers died with them, and so did their locks. */
export async function removeLeftFolders(belows: readonly string[], prefix: string): Promise<void> {
  for (const below of belows.filter((folder) => existsSync(folder))) {
    for (const name of readdirSync(below).filter((entry) => entry.startsWith(prefix))) {
      const folder = join(below, name);
      // Both, for a run in another container may have any number, and its lock need not be seen from here.
      if (isAlive(Number(name.slice(prefix.length).split('-')[0])) || (await lockHolder(folder))) continue;
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
