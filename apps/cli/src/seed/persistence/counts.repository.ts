import type { Shards } from '#libs/sharding';

/** How many events of one category a shard has in one state of sales. */
export interface EventCount {
  shard: string;
  category: string;
  sales: string;
  count: number;
}

// Out: events by category and state, by this database's clock. Nearly sold out: less than a tenth is left.
const COUNT = `
  SELECT category, count(*)::int AS count,
    CASE
      WHEN status <> 'published' THEN status
      WHEN sales_start_at > now() THEN 'not open yet'
      WHEN coalesce(sales_end_at, starts_at) <= now() THEN 'over'
      WHEN stock.available = 0 THEN 'sold out'
      WHEN stock.available * 10 < stock.capacity THEN 'nearly sold out'
      ELSE 'open'
    END AS sales
  FROM events
  JOIN (SELECT event_id, sum(available) AS available, sum(capacity) AS capacity FROM stock GROUP BY event_id) stock
    ON stock.event_id = events.id
  GROUP BY 1, 3`;

/** The events of all shards, as their primaries hold them. */
export async function countEvents(shards: Shards): Promise<EventCount[]> {
  const counts = shards.all().map(async (shard) => {
    const { rows } = await shard.onPrimary(({ sql }) => sql.query<Omit<EventCount, 'shard'>>(COUNT));
    return rows.map((row) => ({ shard: shard.name, ...row }));
  });
  return (await Promise.all(counts)).flat();
}
