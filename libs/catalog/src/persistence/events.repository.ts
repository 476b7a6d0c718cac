import type { Tx } from '#libs/sharding';
import type { EventDescription, EventRecord } from '../domain/event.js';

// Out: an event with its ticket types and sections, of one snapshot. `ended` is judged by the database's clock, as
// overAt() says.
const READ = `
  SELECT e.id, e.organization_id AS "organizationId", (SELECT shard_id FROM shard_identity) AS "shardId",
    CASE WHEN e.status = 'published'
      AND coalesce(e.ends_at, greatest(e.starts_at, e.sales_end_at)) <= clock_timestamp()
      THEN 'ended' ELSE e.status END AS status,
    e.version, e.title, e.description, e.category,
    json_build_object('name', e.venue_name, 'city', e.venue_city, 'country', e.venue_country,
      'timezone', e.venue_timezone) AS venue,
    e.starts_at AS "startsAt", e.ends_at AS "endsAt",
    e.sales_start_at AS "salesStartAt", e.sales_end_at AS "salesEndAt", e.currency,
    (SELECT json_agg(json_build_object('id', t.id, 'name', t.name, 'kind', t.kind, 'capacity', s.capacity,
        'priceAmount', t.price_amount, 'priceVersion', t.price_version,
        'maxPerBooking', t.max_per_booking, 'maxPerPerson', t.max_per_person) ORDER BY t.position)
      FROM ticket_types AS t JOIN stock AS s ON s.ticket_type_id = t.id WHERE t.event_id = e.id) AS "ticketTypes",
    (SELECT coalesce(json_agg(json_build_object('name', c.name, 'ticketTypeId', c.ticket_type_id,
        'rows', c.rows) ORDER BY c.position), '[]')
      FROM sections AS c WHERE c.event_id = e.id) AS sections,
    CASE WHEN e.cancel_done < e.cancel_total
      THEN json_build_object('done', e.cancel_done, 'total', e.cancel_total) END AS canceling,
    e.created_at AS "createdAt", e.updated_at AS "updatedAt"
  FROM events AS e WHERE e.id = $1`;

/** The event with all that is sold at it, or null. */
export async function readEvent(tx: Tx, eventId: string): Promise<EventRecord | null> {
  const { rows } = await tx.query<EventRecord>(READ, [eventId]);
  return rows[0] ?? null;
}

const DESCRIPTION_COLUMNS = `title, description, category, venue_name, venue_city, venue_country, venue_timezone,
  starts_at, ends_at, sales_start_at, sales_end_at`;

function descriptionValues({ venue, ...event }: EventDescription): unknown[] {
  const { startsAt, endsAt, salesStartAt, salesEndAt } = event;
  return [
    event.title,
    event.description,
    event.category,
    ...[venue.name, venue.city, venue.country, venue.timezone],
    ...[startsAt, endsAt, salesStartAt, salesEndAt],
  ];
}

// Effect: a draft, and the row that sales lock.
const INSERT = `
  WITH event AS (
    INSERT INTO events (id, organization_id, created_by, currency, ${DESCRIPTION_COLUMNS})
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING id)
  INSERT INTO inventory (event_id) SELECT id FROM event`;

export interface Owner {
  organizationId: string;
  userId: string;
}

export async function insertDraft(
  tx: Tx,
  eventId: string,
  owner: Owner,
  currency: string,
  description: EventDescription,
): Promise<void> {
  const { organizationId, userId } = owner;
  await tx.query(INSERT, [eventId, organizationId, userId, currency, ...descriptionValues(description)]);
}

// Guard: the version is still the one that was read. Effect: the next version.
const DESCRIBE = `
  UPDATE events SET (${DESCRIPTION_COLUMNS}, version, updated_at)
    = ($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, version + 1, clock_timestamp())
  WHERE id = $1 AND version = $2`;

/** Whether the description was written: not when the event has another version by now. */
export async function describeIfUnchanged(
  tx: Tx,
  eventId: string,
  version: number,
  description: EventDescription,
): Promise<boolean> {
  const { rowCount } = await tx.query(DESCRIBE, [eventId, version, ...descriptionValues(description)]);
  return rowCount === 1;
}

// Guard: a draft that has not begun, by the database's clock.
const PUBLISH = `
  UPDATE events SET status = 'published', published_at = clock_timestamp(), version = version + 1,
    updated_at = clock_timestamp()
  WHERE id = $1 AND status = 'draft' AND starts_at > clock_timestamp()`;

export async function publishIfAhead(tx: Tx, eventId: string): Promise<boolean> {
  return (await tx.query(PUBLISH, [eventId])).rowCount === 1;
}

// In: how many bookings and holds there are to cancel. Guard: published and not over, by the database's clock.
const CANCEL = `
  UPDATE events SET status = 'canceled', canceled_at = clock_timestamp(), cancel_done = 0, cancel_total = $2,
    version = version + 1, updated_at = clock_timestamp()
  WHERE id = $1 AND status = 'published'
    AND coalesce(ends_at, greatest(starts_at, sales_end_at)) > clock_timestamp()`;

export async function cancelIfNotOver(tx: Tx, eventId: string, toCancel: number): Promise<boolean> {
  return (await tx.query(CANCEL, [eventId, toCancel])).rowCount === 1;
}

// In: how many were canceled now; whether none is left. Effect: progress, never past the total before the end.
const PROGRESS = `
  UPDATE events SET cancel_done = CASE WHEN $3 THEN cancel_total
    ELSE least(cancel_done + $2, greatest(cancel_total - 1, 0)) END
  WHERE id = $1`;

export async function noteCanceled(
  tx: Tx,
  eventId: string,
  canceled: number,
  finished: boolean,
): Promise<void> {
  await tx.query(PROGRESS, [eventId, canceled, finished]);
}

// Effect: the draft and all below it; the seats first, which no foreign key ties to it.
const DELETE_SEATS = 'DELETE FROM seats WHERE event_id = $1';
const DELETE_DRAFT = `DELETE FROM events WHERE id = $1 AND status = 'draft'`;

export async function deleteIfDraft(tx: Tx, eventId: string): Promise<boolean> {
  await tx.query(DELETE_SEATS, [eventId]);
  return (await tx.query(DELETE_DRAFT, [eventId])).rowCount === 1;
}
