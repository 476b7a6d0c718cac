import { refusals } from '#libs/kernel';
import { type Tx, codeOf, violates } from '#libs/sharding';
import type { Answer, IdempotentRequest, Success } from '../domain/request.js';

// In: caller, key, fingerprint. Effect: holds off the same request until the transaction ends; another request with the
// same key is not held up, KEEP finds it out. Waits as long as the session's lock_timeout says, then raises 55P03.
const LOCK = `
  SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text || ' ' || $2 || ' ' || encode($3, 'hex'), 4831))`;

// In: caller, key. Out: what is stored for them on this shard, whatever its slot.
const FIND = `SELECT fingerprint, status, answer FROM idempotency WHERE caller = $1 AND key = $2`;

// In: slot, caller, key, fingerprint, status, answer. Effect: one row; 23505 when there is one already.
const KEEP = `
  INSERT INTO idempotency (slot, caller, key, fingerprint, status, answer) VALUES ($1, $2, $3, $4, $5, $6)`;

/**
 * Does the work once for a caller's key, in the transaction of the work: call it before the work's own locks.
 * A request with a key that was seen gets the stored answer; one whose first is still running waits for it. Only
 * successes are kept, since whatever throws rolls the transaction back. Without a key (`null`) it just works.
 *
 * Throws `idempotency_key_reused` for another path or body, `idempotency_in_progress` when the first takes longer
 * than the session's lock_timeout.
 */
export async function once<Body>(
  tx: Tx,
  request: IdempotentRequest | null,
  work: () => Promise<Success<Body>>,
): Promise<Answer<Body>> {
  if (!request) return { ...(await work()), replayed: false };
  await waitForTurn(tx, request);
  const stored = await find<Body>(tx, request);
  if (stored) return { ...stored, replayed: true };

  const done = await work();
  await keep(tx, request, done);
  return { ...done, replayed: false };
}

async function waitForTurn(tx: Tx, { caller, key, fingerprint }: IdempotentRequest): Promise<void> {
  try {
    await tx.query(LOCK, [caller, key, fingerprint]);
  } catch (error) {
    if (codeOf(error) !== '55P03') throw error;
    throw refusals.idempotency_in_progress(
      'The first request with this Idempotency-Key is still running; try again.',
    );
  }
}

async function find<Body>(
  tx: Tx,
  { caller, key, fingerprint }: IdempotentRequest,
): Promise<Success<Body> | null> {
  type Row = { fingerprint: Buffer; status: number; answer: Body };
  const { rows } = await tx.query<Row>(FIND, [caller, key]);
  const same = rows.find((row) => row.fingerprint.equals(fingerprint));
  if (same) return { status: same.status, body: same.answer };
  if (!rows.length) return null;
  throw keyReused();
}

async function keep(tx: Tx, request: IdempotentRequest, done: Success): Promise<void> {
  const { slot, caller, key, fingerprint } = request;
  try {
    await tx.query(KEEP, [slot, caller, key, fingerprint, done.status, JSON.stringify(done.body ?? null)]);
  } catch (error) {
    // Another request with this key, which ran at the same time, has committed.
    throw violates(error, 'idempotency_pkey') ? keyReused() : error;
  }
}

function keyReused() {
  return refusals.idempotency_key_reused(
    'This Idempotency-Key was used for another path or body; send a new key with a new request.',
  );
}
