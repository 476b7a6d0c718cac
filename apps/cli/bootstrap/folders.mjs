import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { root } from './checkout.mjs';

/**
 * Where the local servers keep their data: EVENTLY_DATA_DIR, else .evently/ in the checkout; for root, whose servers
 * run as another user that may not be let into the checkout, a folder of this checkout's own under /var/lib.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string}
 */
export function dataFolder(env = process.env) {
  if (env.EVENTLY_DATA_DIR) return resolve(root, env.EVENTLY_DATA_DIR);
  return process.getuid?.() === 0 ? privateToCheckout() : resolve(root, '.evently');
}

function privateToCheckout() {
  return `/var/lib/evently/${createHash('sha256').update(root).digest('hex').slice(0, 12)}`;
}
