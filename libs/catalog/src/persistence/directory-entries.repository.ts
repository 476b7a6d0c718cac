import type { AvailabilityFacts } from '#libs/contracts';
import type { Tx } from '#libs/sharding';
import type { DirectoryEntry } from './directory.entry.js';

// In: one JSON object an entry (DirectoryEntry). Guard: news older than what is known changes nothing.
const UPSERT = `
  INSERT INTO directory AS d (event_id, version, status, organization_id, starts_at, over_at, ended, sales_until,
    category, city, country, price_min, price_max, words, facts)
  SELECT "eventId", version, status, "organizationId", "startsAt", "overAt", "overAt" <= clock_timestamp(),
    "salesUntil", category, city, country, "priceMin", "priceMax",
    setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', place), 'B')
      || setweight(to_tsvector('simple', text), 'D'), facts
  FROM jsonb_to_recordset($1::jsonb) AS e ("eventId" uuid, version integer, status text, "organizationId" uuid,
    "startsAt" timestamptz, "overAt" timestamptz, "salesUntil" timestamptz, category text, city text, country text,
    "priceMin" bigint, "priceMax" bigint, title text, place text, text text, facts jsonb)
  ORDER BY "eventId"
  ON CONFLICT (event_id) DO UPDATE SET
    (version, status, organization_id, starts_at, over_at, ended, sales_until, category, city, country,
      price_min, price_max, words, facts, updated_at)
    = (excluded.version, excluded.status, excluded.organization_id, excluded.starts_at, excluded.over_at,
      excluded.ended, excluded.sales_until, excluded.category, excluded.city, excluded.country,
      excluded.price_min, excluded.price_max, excluded.words, excluded.facts, clock_timestamp())
  WHERE d.version < excluded.version`;

export async function upsertEntries(tx: Tx, entries: readonly DirectoryEntry[]): Promise<void> {
  if (entries.length) await tx.query(UPSERT, [JSON.stringify(entries)]);
}

// In: events and the versions with which they went. Effect: an empty row keeps late news from bringing them back.
const DELETE = `
  INSERT INTO directory AS d (event_id, version, status)
  SELECT event_id, version, 'deleted' FROM unnest($1::uuid[], $2::integer[]) AS e (event_id, version)
  ORDER BY event_id
  ON CONFLICT (event_id) DO UPDATE SET
    (version, status, organization_id, starts_at, over_at, sales_until, category, city, country, price_min,
      price_max, words, facts, updated_at)
    = (excluded.version, 'deleted', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, clock_timestamp())
  WHERE d.version < excluded.version`;

export async function deleteEntries(
  tx: Tx,
  gone: readonly { eventId: string; version: number }[],
): Promise<void> {
  if (gone.length) await tx.query(DELETE, [gone.map((e) => e.eventId), gone.map((e) => e.version)]);
}

// In: one element an event. Guard: older counters change nothing.
const UPSERT_STOCK = `
  INSERT INTO directory_stock AS s (event_id, version, available, ticket_types)
  SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::jsonb[]) AS e (event_id, version, available, ticket_types)
  ORDER BY event_id
  ON CONFLICT (event_id) DO UPDATE SET (version, available, ticket_types)
    = (excluded.version, excluded.available, excluded.ticket_types)
  WHERE s.version < excluded.version`;

export async function upsertStock(
  tx: Tx,
  news: readonly { version: number; facts: AvailabilityFacts }[],
): Promise<void> {
  if (!news.length) return;
  await tx.query(UPSERT_STOCK, [
    news.map((n) => n.facts.eventId),
    news.map((n) => n.version),
    news.map((n) => n.facts.ticketTypes.reduce((sum, type) => sum + type.available, 0)),
    news.map((n) => JSON.stringify(n.facts.ticketTypes)),
  ]);
}

// Effect: up to 5,000 events that are over leave the indexes of what is on sale.
const MARK_ENDED = `
  UPDATE directory SET ended = true WHERE event_id IN (
    SELECT event_id FROM directory WHERE status = 'published' AND NOT ended AND over_at <= clock_timestamp()
    ORDER BY over_at LIMIT 5000 FOR UPDATE SKIP LOCKED)`;

// Effect: up to 5,000 rows of drafts deleted a week ago go, with their counters.
const SWEEP = `
  WITH gone AS (
    DELETE FROM directory WHERE event_id IN (
      SELECT event_id FROM directory WHERE status = 'deleted' AND updated_at < clock_timestamp() - interval '7 days'
      LIMIT 5000 FOR UPDATE SKIP LOCKED)
    RETURNING event_id)
  DELETE FROM directory_stock AS s USING gone WHERE s.event_id = gone.event_id`;

/** Takes what is over out of the indexes and forgets old deletions. Safe to run at any time, by several at once. */
export async function tidyDirectory(tx: Tx): Promise<void> {
  await tx.query(MARK_ENDED);
  await tx.query(SWEEP);
}
