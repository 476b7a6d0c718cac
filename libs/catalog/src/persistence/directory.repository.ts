import { type CursorKey, refusals } from '#libs/kernel';
import type { AvailabilityFacts, EventFacts } from '#libs/contracts';
import type { Tx } from '#libs/sharding';
import type { EventStatus } from '../domain/event.js';

export type DirectorySort = 'startsAt' | '-startsAt' | 'relevance';

/** What a list of events asks for; texts folded as the directory keeps them, times and amounts with their ends. */
export interface DirectoryFilter {
  /** Only this organization's, in every state; null for what the public sees. */
  organizationId: string | null;
  /** Null: every state of one's own, or what is published and not over. */
  status: EventStatus | null;
  /** For to_tsquery. */
  query: string | null;
  category: string | null;
  city: string | null;
  country: string | null;
  from: Date | null;
  to: Date | null;
  minPrice: number | null;
  maxPrice: number | null;
  availableOnly: boolean;
  sort: DirectorySort;
}

/** An event of the directory and its counters (null until they were announced). */
export interface DirectoryRow {
  version: number;
  status: EventStatus;
  facts: EventFacts;
  counters: AvailabilityFacts['ticketTypes'] | null;
  startsAt: Date;
  rank: number;
}

/** Of more matches the soonest are ranked: ranking reads each of them, some 10 µs in memory, 40 µs cold. */
const MAX_RANKED = 2000;
const STATUS = `CASE WHEN d.status = 'published' AND d.over_at <= statement_timestamp() THEN 'ended' ELSE d.status END`;
const ON_SALE = `d.status = 'published' AND NOT d.ended AND d.over_at > statement_timestamp()`;
const OVER = `d.status = 'published' AND d.over_at <= statement_timestamp()`;

/** A page of the directory after `key`, and one row more if there is one. */
export async function listDirectory(
  tx: Tx,
  filter: DirectoryFilter,
  limit: number,
  key: CursorKey | null,
): Promise<DirectoryRow[]> {
  const statement = new Statement();
  const { sort } = filter;
  // First which events, in indexes as far as possible, then what is known of these few.
  const sql = `
    WITH page AS (
      SELECT event_id, rank FROM (${candidates(filter, statement)}) AS c
      WHERE ${after(sort, key, statement)} ORDER BY ${ORDER[sort]} LIMIT ${limit + 1})
    SELECT d.version, ${STATUS} AS status, d.facts, s.ticket_types AS counters, d.starts_at AS "startsAt", rank
    FROM page JOIN directory AS d USING (event_id) LEFT JOIN directory_stock AS s USING (event_id)
    ORDER BY ${ORDER[sort]}`;
  return (await tx.query<DirectoryRow>(sql, statement.values)).rows;
}

/** All events that fit the filter; to be ranked, only the soonest of them. */
function candidates(filter: DirectoryFilter, statement: Statement): string {
  const conditions = conditionsOf(filter, statement).join(' AND ');
  const stock = filter.availableOnly ? 'JOIN directory_stock AS s USING (event_id)' : '';
  const from = `FROM directory AS d ${stock} WHERE ${conditions}`;
  if (filter.sort !== 'relevance') return `SELECT event_id, d.starts_at, 0::real AS rank ${from}`;
  const query = `to_tsquery('simple', ${statement.add(filter.query)})`;
  return `SELECT event_id, d.starts_at, ts_rank(d.words, ${query}) AS rank ${from}
    ORDER BY d.starts_at, event_id LIMIT ${MAX_RANKED}`;
}

/** The sort key of a row, for the cursor that leads past it. */
export function directoryKey(sort: DirectorySort, row: DirectoryRow): CursorKey {
  const key = [row.startsAt.toISOString(), row.facts.eventId] as const;
  return sort === 'relevance' ? [row.rank, ...key] : key;
}

const ORDER: Record<DirectorySort, string> = {
  startsAt: 'starts_at, event_id',
  '-startsAt': 'starts_at DESC, event_id DESC',
  relevance: 'rank DESC, starts_at, event_id',
};

/** Collects the values of a statement under way; `add` gives the placeholder. */
class Statement {
  readonly values: unknown[] = [];
  add(value: unknown): string {
    return `$${this.values.push(value)}`;
  }
}

function conditionsOf(filter: DirectoryFilter, statement: Statement): string[] {
  const conditions = [visible(filter, statement)];
  const test = (value: unknown, condition: (placeholder: string) => string) => {
    if (value !== null) conditions.push(condition(statement.add(value)));
  };
  test(filter.query, (p) => `d.words @@ to_tsquery('simple', ${p})`);
  test(filter.category, (p) => `d.category = ${p}`);
  test(filter.city, (p) => `d.city = ${p}`);
  test(filter.country, (p) => `d.country = ${p}`);
  test(filter.from, (p) => `d.starts_at >= ${p}`);
  test(filter.to, (p) => `d.starts_at <= ${p}`);
  test(filter.minPrice, (p) => `d.price_max >= ${p}`);
  test(filter.maxPrice, (p) => `d.price_min <= ${p}`);
  if (filter.availableOnly) conditions.push('s.available > 0 AND d.sales_until > statement_timestamp()');
  return conditions;
}

function visible({ organizationId, status }: DirectoryFilter, statement: Statement): string {
  if (organizationId === null) return ON_SALE;
  const own = `d.status <> 'deleted' AND d.organization_id = ${statement.add(organizationId)}`;
  if (status === null) return own;
  if (status === 'published') return `${own} AND ${ON_SALE}`;
  return `${own} AND ${status === 'ended' ? OVER : `d.status = ${statement.add(status)}`}`;
}

function after(sort: DirectorySort, key: CursorKey | null, statement: Statement): string {
  if (!key) return 'true';
  const [rank, startsAt, eventId] = sort === 'relevance' ? key : [null, ...key];
  const moment = typeof startsAt === 'string' ? new Date(startsAt) : null;
  const valid = moment && !Number.isNaN(moment.getTime()) && UUID.test(String(eventId));
  if (!valid || (sort === 'relevance' && typeof rank !== 'number')) {
    throw refusals.invalid_cursor('The cursor is not one that this list gave; start again without it.');
  }
  const last = `(${statement.add(moment)}::timestamptz, ${statement.add(eventId)}::uuid)`;
  if (sort === 'startsAt') return `(starts_at, event_id) > ${last}`;
  if (sort === '-startsAt') return `(starts_at, event_id) < ${last}`;
  const score = `${statement.add(rank)}::real`;
  return `(rank < ${score} OR (rank = ${score} AND (starts_at, event_id) > ${last}))`;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
