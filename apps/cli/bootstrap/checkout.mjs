import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that Evently was checked out into; found from the source as from dist/. */
export const root = folderWith('package-lock.json', dirname(fileURLToPath(import.meta.url)));

function folderWith(name, folder) {
  return existsSync(join(folder, name)) ? realpathSync(folder) : folderWith(name, dirname(folder));
}
