import type { Master } from '#libs/sharding';

/** How full a queue of effects was. */
export interface QueueStatistics {
  queue: string;
  waiting: number;
  active: number;
  delayed: number;
}

// In: arrays of equal length, one element a queue. Effect: they are the newest numbers; queues that are no more go.
const WRITE = `
  WITH now_known AS (
    INSERT INTO queue_statistics (queue, waiting, active, delayed, updated_at)
    SELECT *, clock_timestamp() FROM unnest($1::text[], $2::integer[], $3::integer[], $4::integer[]) AS q ORDER BY 1
    ON CONFLICT (queue) DO UPDATE SET waiting = excluded.waiting, active = excluded.active, delayed = excluded.delayed,
      updated_at = excluded.updated_at)
  DELETE FROM queue_statistics WHERE queue <> ALL ($1::text[]) AND updated_at < clock_timestamp() - interval '1 hour'`;

export async function writeQueueStatistics(master: Master, queues: QueueStatistics[]): Promise<void> {
  await master.onPrimary(({ sql }) =>
    sql.query(WRITE, [
      queues.map((q) => q.queue),
      queues.map((q) => q.waiting),
      queues.map((q) => q.active),
      queues.map((q) => q.delayed),
    ]),
  );
}

/** As the workers wrote them last. */
export function readQueueStatistics(master: Master): Promise<(QueueStatistics & { updatedAt: Date })[]> {
  return master.onPrimary(({ prisma }) => prisma.queueStatistics.findMany({ orderBy: { queue: 'asc' } }));
}
