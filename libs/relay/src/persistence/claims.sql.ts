import type { DomainEvent } from '#libs/contracts';
import type { Database } from '#libs/sharding';
import { LONGEST_BACKOFF_MS, type Pace } from '../domain/pace.js';
import type { Verdict } from '../domain/verdict.js';

/** A DomainEvent as the outbox holds it. */
export type ClaimedRow = DomainEvent & {
  /** Names of the consumers that are through with it. */
  confirmed: string[];
  createdAt: Date;
};

const COLUMNS = `o.id, o.type, o.subject, o.subject_version AS "subjectVersion", o.payload, o.trace, o.confirmed,
  o.created_at AS "createdAt"`;

// In: how many at most, lease in ms. Out: undone rows that were due, of any age: a row that was committed late is found like
// any other. Effect: nobody else gets them before the lease is over. Skips rows that another relay is claiming.
// By id = ANY, so that however many done rows there are, and whatever the planner knows of them, only indexes are read.
const CLAIM = `
  UPDATE outbox AS o SET due_at = clock_timestamp() + $2 * interval '1 millisecond'
  WHERE id = ANY (ARRAY(
    SELECT id FROM outbox
    WHERE done_at IS NULL AND parked_at IS NULL AND due_at <= now()
    ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED))
  RETURNING ${COLUMNS}`;

// In: arrays of ids, newly confirmed and required consumers (texts of text[]), errors, whether something was away; then ms of
// patience for what was away, tries, ms of the first back-off, ms of the longest.
// Effect: a row is done when every required consumer has confirmed; one that failed backs off, and parks after its tries.
const SETTLE = `
  UPDATE outbox AS o SET
    confirmed = o.confirmed || v.confirmed::text[],
    done_at = CASE WHEN (o.confirmed || v.confirmed::text[]) @> v.required::text[] THEN clock_timestamp() END,
    attempts = o.attempts + (v.error IS NOT NULL)::integer,
    last_error = coalesce(v.error, o.last_error),
    parked_at = CASE WHEN v.error IS NOT NULL AND o.attempts + 1 >= $7 THEN clock_timestamp() ELSE o.parked_at END,
    due_at = CASE
      WHEN v.error IS NOT NULL
        THEN clock_timestamp() + least($8 * 2 ^ least(o.attempts, 30), $9) * interval '1 millisecond'
      WHEN v.away THEN clock_timestamp() + $6 * interval '1 millisecond'
      ELSE o.due_at END
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::boolean[])
    AS v(id, confirmed, required, error, away)
  WHERE o.id = v.id AND o.id = ANY ($1::uuid[]) AND o.done_at IS NULL`;

const FIND = `SELECT ${COLUMNS} FROM outbox AS o WHERE o.id = $1 AND o.done_at IS NULL`;

// In: ids of rows of one type, consumer, all consumers of that type. Effect: as settling, for one consumer.
const CONFIRM = `
  UPDATE outbox SET
    confirmed = confirmed || $2::text,
    done_at = CASE WHEN (confirmed || $2::text) @> $3::text[] THEN clock_timestamp() END
  WHERE id = ANY ($1::uuid[]) AND done_at IS NULL AND NOT confirmed @> ARRAY[$2::text]`;

// In: id, error, whether it was the last try, ms until it is to be brought again (null: its queue does). Effect: remembers
// the error; the last try parks the row.
const FAIL = `
  UPDATE outbox SET
    last_error = $2,
    parked_at = CASE WHEN $3 THEN clock_timestamp() ELSE parked_at END,
    due_at = least(due_at, clock_timestamp() + $4 * interval '1 millisecond')
  WHERE id = $1 AND done_at IS NULL`;

type Source = Database<unknown>;

export function claimDue(source: Source, pace: Pace): Promise<ClaimedRow[]> {
  return source.onPrimary(async ({ sql }) => {
    const { rows } = await sql.query<ClaimedRow>(CLAIM, [pace.batch, pace.redispatchMs]);
    return rows;
  });
}

/** Writes down what became of claimed rows. */
export async function settle(source: Source, verdicts: Verdict[], pace: Pace): Promise<void> {
  const sorted = verdicts.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  await source.onPrimary(({ sql }) =>
    sql.query(SETTLE, [
      sorted.map((v) => v.id),
      sorted.map((v) => textOfArray(v.confirmed)),
      sorted.map((v) => textOfArray(v.required)),
      sorted.map((v) => v.error),
      sorted.map((v) => v.away),
      pace.awayMs,
      pace.tries,
      pace.backoffMs,
      LONGEST_BACKOFF_MS,
    ]),
  );
}

/** The row, unless it is done (or gone). */
export function findUndone(source: Source, id: string): Promise<ClaimedRow | null> {
  return source.onPrimary(async ({ sql }) => (await sql.query<ClaimedRow>(FIND, [id])).rows[0] ?? null);
}

/** Of rows of one type, outside the pass that claimed them. */
export async function confirm(
  source: Source,
  ids: string[],
  consumer: string,
  required: string[],
): Promise<void> {
  await source.onPrimary(({ sql }) => sql.query(CONFIRM, [ids, consumer, required]));
}

/** Writes down that an effect failed. `againMs`: it is to be brought again after that time; null leaves it to its queue. */
export async function recordFailure(
  source: Source,
  id: string,
  { text, last, againMs }: { text: string; last: boolean; againMs: number | null },
): Promise<void> {
  await source.onPrimary(({ sql }) => sql.query(FAIL, [id, text, last, againMs]));
}

/** Names of consumers (lower case with hyphens) as PostgreSQL writes an array of them. */
function textOfArray(names: string[]): string {
  return `{${names.join(',')}}`;
}
