import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** The user that servers run as. PostgreSQL refuses to run as root. */
export interface Owner {
  uid: number;
  gid: number;
}

const NOBODY: Owner = { uid: 65534, gid: 65534 };

/** `nobody` when we are root; null otherwise, which means: as ourselves. */
export function serverOwner(): Owner | null {
  return process.getuid?.() === 0 ? NOBODY : null;
}

/** A folder that only its owner may enter, made if need be together with the ones above it. */
export function makePrivateFolder(path: string, owner: Owner | null): void {
  mkdirSync(dirname(path), { recursive: true });
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
  giveTo(owner, path);
}

export function giveTo(owner: Owner | null, path: string): void {
  if (owner) chownSync(path, owner.uid, owner.gid);
}

/** Whether servers can reach this folder: as root they run as another user, who may not be let in. */
export function canEnter(owner: Owner | null, folder: string): boolean {
  return spawnSync('test', ['-x', folder], { ...owner }).status === 0;
}
