import type { Tx } from '#libs/sharding';

// In: consumer, ids. Out: the ids that this consumer had not been through with in this database. Waits for another
// transaction that is writing the same.
const REMEMBER = `
  INSERT INTO inbox (consumer, domain_event_id) SELECT $1, id FROM unnest($2::uuid[]) AS id ORDER BY id
  ON CONFLICT DO NOTHING RETURNING domain_event_id AS id`;

/** Remembers that a consumer is through with these DomainEvents, and says which of them are new to it. */
export async function remember(tx: Tx, consumer: string, ids: string[]): Promise<Set<string>> {
  const { rows } = await tx.query<{ id: string }>(REMEMBER, [consumer, ids]);
  return new Set(rows.map((row) => row.id));
}
