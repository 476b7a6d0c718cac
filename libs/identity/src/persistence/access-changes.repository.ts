import { newMasterId } from '#libs/kernel';
import type { Reader } from '#libs/sharding';
import type { AccessChange } from '../domain/access-list.js';
import type { Role } from '../domain/caller.js';
import type { MasterTx } from './master.transaction.js';

/** Tells every process. Last in its transaction: what waits for the commit is read again and again. */
export async function insertAccessChange(tx: MasterTx, change: AccessChange): Promise<void> {
  const { kind, userId } = change;
  const row = { id: newMasterId(), kind, userId };
  await tx.accessChange.create({ data: { ...row, ...particulars(change) }, select: { id: true } });
}

function particulars(change: AccessChange) {
  if (change.kind === 'session') return { targetId: change.sessionId };
  if (change.kind === 'key') return { targetId: change.keyId };
  return { role: change.role, organizationId: change.organizationId, userVersion: change.version };
}

/** Changes, and from which transaction to read on so that none is skipped; some come again. */
export interface NewChanges {
  changes: AccessChange[];
  /** An `xid8` as text. */
  readOnFrom: string;
}

// In: the xmin of the snapshot read last ('0' at first), how many seconds back changes matter.
// Out: this snapshot's xmin, and every change of a transaction that the last snapshot may not have shown: all those
// below its xmin were over. Always a row, with nulls when there is no change. 0.04 ms among 100,000 rows; a volatile
// clock_timestamp() in the place of now() would keep it from its index (80 ms).
const READ = `
  SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin,
    c.kind, c.user_id, c.target_id, c.role, c.organization_id, c.user_version
  FROM (SELECT 1) AS always LEFT JOIN access_changes c
    ON c.xid >= $1::xid8 AND c.changed_at > now() - make_interval(secs => $2)`;

/** Longest wait for the answer, in milliseconds: a server that hangs must not stop the reading for good. */
const ANSWER_WITHIN = 3000;

interface Row {
  xmin: string;
  kind: AccessChange['kind'] | null;
  user_id: string;
  target_id: string;
  role: Role;
  organization_id: string | null;
  user_version: number;
}

export async function readAccessChanges(
  sql: Reader<unknown>['sql'],
  from: string,
  seconds: number,
): Promise<NewChanges> {
  const query = { text: READ, values: [from, seconds], query_timeout: ANSWER_WITHIN };
  const { rows } = await sql.query<Row>(query);
  const { xmin } = rows[0]!;
  // A server restored from elsewhere counts from a lower number: everything is read again.
  const readOnFrom = BigInt(xmin) < BigInt(from) ? '0' : xmin;
  return { readOnFrom, changes: rows.filter((row) => row.kind !== null).map(toChange) };
}

function toChange(row: Row): AccessChange {
  const userId = row.user_id;
  if (row.kind === 'session') return { kind: 'session', userId, sessionId: row.target_id };
  if (row.kind === 'key') return { kind: 'key', userId, keyId: row.target_id };
  const { role, organization_id: organizationId, user_version: version } = row;
  return { kind: 'role', userId, version, role, organizationId };
}
