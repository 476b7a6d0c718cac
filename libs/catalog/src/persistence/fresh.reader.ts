import type { Database, Reader } from '#libs/sharding';

/** What shows the state of sales may lag a commit by that much. */
const MAX_LAG_MS = 1000;

/**
 * Reads for somebody who may have just written (`ownWrites`: on the primary), or for the public: on the replica as
 * long as it is at most a second behind.
 */
export function readFresh<Prisma, T>(
  database: Database<Prisma>,
  ownWrites: boolean,
  work: (reader: Reader<Prisma>) => Promise<T>,
): Promise<T> {
  const lag = database.watch?.lagMs ?? null;
  return ownWrites || lag === null || lag > MAX_LAG_MS ? database.onPrimary(work) : database.read(work);
}
