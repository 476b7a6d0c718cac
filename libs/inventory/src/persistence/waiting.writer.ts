import type { DomainEvent } from '#libs/contracts';
import { newId, slotOfId } from '#libs/kernel';
import type { BatchDecisions } from '../domain/batch.js';
import type { Change, EntryNews } from '../domain/change.js';
import type { EntryRecord } from '../domain/waitlist/entry-record.js';
import { entryFacts } from './entry.facts.js';
import type { Statement } from './lane.connection.js';

// What a batch writes about waiting entries.

// In: events, how many entries joined and how many more wait. Effect: the counters move where none falls below 0.
const MOVE_QUEUES: Statement = {
  name: 'lane_move_queues',
  text: `
    WITH moved AS (
      UPDATE inventory AS i SET joined = i.joined + d.joined, waiting = i.waiting + d.waiting
      FROM unnest($1::uuid[], $2::integer[], $3::integer[]) AS d (event_id, joined, waiting)
      WHERE i.event_id = d.event_id AND i.waiting + d.waiting >= 0
      RETURNING 1
    ) SELECT assert_rows((SELECT count(*) FROM moved), cardinality($1), 'inventory')`,
};
// In: entries and the versions that were read, one element a column and row. Effect: as they then are, where nobody changed
// them since.
const CHANGE_ENTRIES: Statement = {
  name: 'lane_change_entries',
  text: `
    WITH changed AS (
      UPDATE waitlist_entries AS w SET priority = d.priority, status = d.status, version = d.version, passes = d.passes,
        gathering_since = d.gathering_since, gathering_until = d.gathering_until, gathered = d.gathered,
        offered_at = d.offered_at, ended_at = d.ended_at
      FROM unnest($1::uuid[], $2::integer[], $3::smallint[], $4::text[], $5::integer[], $6::smallint[], $7::timestamptz[],
        $8::timestamptz[], $9::integer[], $10::timestamptz[], $11::timestamptz[])
        AS d (id, read, priority, status, version, passes, gathering_since, gathering_until, gathered, offered_at, ended_at)
      WHERE w.id = d.id AND w.version = d.read
      RETURNING 1
    ) SELECT assert_rows((SELECT count(*) FROM changed), cardinality($1), 'waitlist_entries')`,
};
// In: entries, one element a column and row. Effect: on the list, or what has become of them since; 23505 where the person has a
// living one.
const INSERT_ENTRIES: Statement = {
  name: 'lane_join',
  text: `
    INSERT INTO waitlist_entries (id, priority, status, version, passes, gathering_since, gathering_until, gathered, offered_at,
      ended_at, event_id, ticket_type_id, user_id, quantity, joined, hold_id, joined_at)
    SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::integer[], $5::smallint[], $6::timestamptz[],
      $7::timestamptz[], $8::integer[], $9::timestamptz[], $10::timestamptz[], $11::uuid[], $12::uuid[], $13::uuid[],
      $14::integer[], $15::bigint[], $16::uuid[], $17::timestamptz[])`,
};

type EntryChange = Extract<Change, { kind: 'entry' }>;

/** The writes about waiting entries, in their order, and what is to be announced of them; nothing where nobody waits. */
export function waitingWrites({ changes }: BatchDecisions): {
  statements: [Statement, unknown[]][];
  news: DomainEvent[];
} {
  const own = changes.filter(({ change }) => change.kind === 'entry');
  if (!own.length) return { statements: [], news: [] };
  const entries = new Map<string, { read: number; entry: EntryRecord }>();
  for (const { change } of own) {
    const { entry } = change as EntryChange;
    entries.set(entry.id, { read: entries.get(entry.id)?.read ?? entry.version - 1, entry });
  }
  const fresh = [...entries.values()].filter(({ read }) => read === 0).map(({ entry }) => entry);
  const changed = [...entries.values()].filter(({ read }) => read > 0);
  const moves = queueMoves(changes);
  const statements: [Statement, unknown[]][] = [];
  if (moves.length) statements.push([MOVE_QUEUES, columns(moves, (m) => [m.eventId, m.joined, m.waiting])]);
  // Who left may have joined again.
  if (changed.length) statements.push([CHANGE_ENTRIES, changedColumns(changed)]);
  if (fresh.length) statements.push([INSERT_ENTRIES, freshColumns(fresh)]);
  return { statements, news: own.flatMap(({ change, trace }) => newsOf(change as EntryChange, trace)) };
}

interface QueueMove {
  eventId: string;
  joined: number;
  waiting: number;
}

/** In the order of the events' ids, as all locks are taken. */
function queueMoves(changes: BatchDecisions['changes']): QueueMove[] {
  const moves = new Map<string, QueueMove>();
  for (const { eventId, change } of changes) {
    const joined = change.kind === 'entry' && change.news === 'joined' ? 1 : 0;
    const waiting = change.kind === 'queue' ? change.waiting : 0;
    const move = moves.get(eventId) ?? { eventId, joined: 0, waiting: 0 };
    moves.set(eventId, { eventId, joined: move.joined + joined, waiting: move.waiting + waiting });
  }
  const moved = [...moves.values()].filter(({ joined, waiting }) => joined !== 0 || waiting !== 0);
  return moved.sort((a, b) => (a.eventId < b.eventId ? -1 : 1));
}

function changedColumns(rows: readonly { read: number; entry: EntryRecord }[]): unknown[] {
  return columns(rows, ({ read, entry }) => [entry.id, read, ...stateOf(entry)]);
}

function freshColumns(rows: readonly EntryRecord[]): unknown[] {
  return columns(rows, (e) => [
    e.id,
    ...stateOf(e),
    ...[e.eventId, e.ticketTypeId, e.userId, e.quantity, e.joined, e.holdId, time(e.joinedAt)],
  ]);
}

/** What changes in an entry's life. */
function stateOf(e: EntryRecord): unknown[] {
  return [
    ...[
      e.priority,
      e.status,
      e.version,
      e.passes,
      time(e.gatheringSince),
      time(e.gatheringUntil),
      e.gathered,
    ],
    ...[time(e.offeredAt), time(e.endedAt)],
  ];
}

function columns<Row>(rows: readonly Row[], valuesOf: (row: Row) => unknown[]): unknown[] {
  const all = rows.map(valuesOf);
  return all[0]!.map((_, column) => all.map((values) => values[column]));
}

function time(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

const TYPE: Record<EntryNews, `waitlist.${EntryNews}`> = {
  joined: 'waitlist.joined',
  moved: 'waitlist.moved',
  offered: 'waitlist.offered',
  expired: 'waitlist.expired',
  ended: 'waitlist.ended',
};

function newsOf({ entry, news, offer }: EntryChange, trace: string | null): DomainEvent[] {
  if (news === null) return [];
  const id = newId(slotOfId(entry.id)!);
  const payload = entryFacts(entry, offer);
  return [{ id, type: TYPE[news], subject: entry.id, subjectVersion: entry.version, payload, trace }];
}
