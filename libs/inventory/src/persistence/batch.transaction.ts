import { type BatchDecisions, type Request, decideBatch } from '../domain/batch.js';
import type { WrittenBatch } from '../domain/moved.js';
import { readBatch } from './batch.reader.js';
import { type Mark, writeBatch } from './batch.writer.js';
import { first } from './batch.results.js';
import type { LaneConnection, Statement } from './lane.connection.js';

/** How a batch's transaction ended. */
export type Ending =
  /** `decided.answers` hold. */
  | { kind: 'committed'; decided: BatchDecisions }
  /** Nothing was done, for this reason; `lost`: because the connection went. */
  | { kind: 'undone'; error: unknown; lost: boolean }
  /** The connection was lost while COMMIT was under way. */
  | { kind: 'unknown'; decided: BatchDecisions; error: unknown };

/** What a batch knows of its lane after its first round trip. */
export interface LaneSeen {
  /** Whether the lane's holder changed in the last 500 ms. */
  contended: boolean;
  /** From BEGIN to having the lane's row, milliseconds. */
  lockMs: number;
}

/** Some slots of the batch are another shard's now. */
export class SlotsMoved extends Error {
  constructor(readonly owned: ReadonlySet<number>) {
    super('some slots of the batch are owned by another shard');
  }
}

/** Runs a batch as one transaction of two round trips. Never throws. */
export async function runBatch(
  connection: LaneConnection,
  requests: readonly Request[],
  slots: readonly number[],
  { holder, batch, offerMs }: { holder: string; batch: number; offerMs: number },
  onSent: (seen: LaneSeen, batch: WrittenBatch) => void,
): Promise<Ending> {
  let decided: BatchDecisions;
  let sent: ReturnType<typeof writeBatch>;
  try {
    const read = await readBatch(connection, requests, slots, offerMs);
    if (slots.some((slot) => !read.ownedSlots.has(slot))) throw new SlotsMoved(read.ownedSlots);
    const tookOver = read.lane.holder !== holder;
    decided = decideBatch(read.state, requests);
    const mark: Mark = { holder, batch, tookOver };
    sent = writeBatch(connection, read.state, decided, mark);
    const seen = { contended: tookOver || read.lane.contended, lockMs: read.lockMs };
    onSent(seen, { state: read.state, decided, moves: sent.moves });
  } catch (error) {
    await rollback(connection);
    return { kind: 'undone', error, lost: !connection.usable };
  }
  return ending(decided, sent);
}

async function ending(
  decided: BatchDecisions,
  { written, commit }: ReturnType<typeof writeBatch>,
): Promise<Ending> {
  const [writes, tag] = await Promise.allSettled([first(written), commit]);
  if (tag.status === 'fulfilled' && tag.value === 'COMMIT') return { kind: 'committed', decided };
  const error: unknown =
    writes.status === 'rejected' ? writes.reason : tag.status === 'rejected' && tag.reason;
  // An answer from the server, be it ROLLBACK or an error of a deferred check, means that nothing was done.
  const answered = tag.status === 'fulfilled' || (tag.reason as { severity?: string }).severity === 'ERROR';
  return answered ? { kind: 'undone', error, lost: false } : { kind: 'unknown', decided, error };
}

async function rollback(connection: LaneConnection): Promise<void> {
  // A connection that cannot roll back is lost, and its transaction with it.
  await connection.query('ROLLBACK').catch(() => connection.destroy());
}

// Effect: waits until no transaction of the lane is under way. Out: the last batch that the holder committed.
const LOCK: Statement = { name: 'lane_lock_only', text: 'SELECT 1 FROM lanes WHERE id = 1 FOR UPDATE' };
const MARKER: Statement = { name: 'lane_marker', text: 'SELECT batch FROM lane_markers WHERE holder = $1' };

/**
 * Whether a batch was committed, asked on a new connection. Takes the lane's row lock first: until then the old
 * session may still commit.
 */
export async function wasCommitted(
  connection: LaneConnection,
  holder: string,
  batch: number,
): Promise<boolean> {
  const [, , { rows }] = await first(
    connection.together(
      () =>
        [
          connection.query('BEGIN'),
          connection.query(LOCK),
          connection.query<{ batch: number }>(MARKER, [holder]),
          connection.query('COMMIT'),
        ] as const,
    ),
  );
  return rows[0]?.batch === batch;
}
