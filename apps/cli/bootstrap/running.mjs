import { lockHolder, tryLock } from './lock.mjs';

const nameOf = (folder) => `data ${folder}`;

/**
 * Two cannot serve the same data. Throws when somebody does already.
 * @param {string} folder
 */
export async function refuseSecond(folder) {
  refuse(folder, await lockHolder(nameOf(folder)));
}

/**
 * From now on, until this process ends, others are refused.
 * @param {string} folder
 */
export async function takeDataFolder(folder) {
  refuse(folder, (await tryLock(nameOf(folder), 'running')).heldBy);
}

function refuse(folder, holder) {
  if (!holder) return;
  throw new Error(
    `Evently already runs on the data in ${folder} (process ${holder.pid}, since ${holder.since}).\n` +
      `Stop it with Ctrl-C in its window or with: kill ${holder.pid}\n` +
      'To run a second one beside it, give it its own EVENTLY_DATA_DIR, PORT, WORKER_PORT, LOCAL_POSTGRES_PORT, ' +
      'LOCAL_REPLICA_PORT and LOCAL_REDIS_PORT.',
  );
}
