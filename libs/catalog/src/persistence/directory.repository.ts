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

/** More matches than this are not ranked: ranking reads each of them. */
const MAX_RANKED = 10_000;
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
  const conditions = conditionsOf(filter, statement);
  const from = 'directory AS d LEFT JOIN directory_stock AS s USING (event_id)';
  const columns = `d.event_id, d.version, ${STATUS} AS status, d.facts, d.starts_at, s.ticket_types AS counters`;
  const rank =
    filter.query === null ? '0' : `ts_rank(d.words, to_tsquery('simple', ${statement.add(filter.query)}))`;
  const ranked = filter.sort === 'relevance' ? `LIMIT ${MAX_RANKED}` : '';
  // The inner SELECT is the bounded set of candidates when they are ranked; otherwise the planner flattens it.
  const sql = `
    SELECT version, status, facts, counters, starts_at AS "startsAt", rank
    FROM (SELECT ${columns}, ${rank}::real AS rank FROM ${from} WHERE ${conditions.join(' AND ')} ${ranked}) AS e
    WHERE ${after(filter.sort, key, statement)}
    ORDER BY ${ORDER[filter.sort]} LIMIT ${limit + 1}`;
  return (await tx.query<DirectoryRow>(sql, statement.values)).rows;
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
