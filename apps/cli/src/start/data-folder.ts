import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Owner, canEnter } from '../local-stack/index.js';

/** What `npm start` keeps; `--fresh` removes exactly these, whatever else lies in the folder. */
const CONTENTS = {
  primary: 'primary',
  replica: 'replica',
  redis: 'redis',
  logs: 'logs',
  secrets: 'secrets.json',
  processes: 'processes.json',
};

export type DataFolder = { path: string } & Record<keyof typeof CONTENTS, string>;

/** Makes the folder, one that the servers' user may pass through. */
export function makeDataFolder(path: string, owner: Owner | null): DataFolder {
  makePassable(path);
  if (!canEnter(owner, path)) {
    throw new Error(
      `PostgreSQL must not run as root, and the user it runs as (${owner?.uid ?? 'you'}) cannot enter ${path}:\n` +
        'let others pass (chmod o+x) on the way there, or set EVENTLY_DATA_DIR to another folder.',
    );
  }
  const folder = { path } as DataFolder;
  for (const [key, name] of Object.entries(CONTENTS)) folder[key as keyof typeof CONTENTS] = join(path, name);
  mkdirSync(folder.logs, { recursive: true, mode: 0o700 });
  return folder;
}

/** Nothing of ours may run on it any more. */
export function emptyDataFolder(folder: DataFolder): void {
  for (const key of Object.keys(CONTENTS) as (keyof typeof CONTENTS)[]) {
    for (const suffix of ['', '.new', '.password']) {
      rmSync(folder[key] + suffix, { recursive: true, force: true });
    }
  }
  mkdirSync(folder.logs, { mode: 0o700 });
}

function makePassable(path: string): void {
  if (existsSync(path)) return;
  makePassable(dirname(path));
  mkdirSync(path);
  chmodSync(path, 0o711); // whatever the umask
}
