import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that Evently was checked out into. */
export const root = realpathSync(join(dirname(fileURLToPath(import.meta.url)), '../../..'));
