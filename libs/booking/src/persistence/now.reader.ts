import { Refusal } from '#libs/kernel';
import type { Reader, Shard } from '#libs/sharding';

/** From the primary, since whoever asks may just have written; from the replica while the primary is away. */
export async function readNow<T>(
  shard: Shard,
  work: (reader: Pick<Reader<unknown>, 'sql'>) => Promise<T>,
): Promise<T> {
  try {
    return await shard.onPrimary(work);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'shard_unavailable') throw error;
    return shard.read(work);
  }
}
