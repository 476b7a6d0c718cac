import { copyFileSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes; beyond, a log is kept as `.1` and begun anew. */
const LARGEST = 50 * 1024 * 1024;

/** Their writers append, so they go on at the beginning of what was emptied. */
export function rotateLogs(folder: string): void {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.log'))) {
    const file = join(folder, name);
    if (statSync(file).size < LARGEST) continue;
    copyFileSync(file, `${file}.1`);
    truncateSync(file);
  }
}
