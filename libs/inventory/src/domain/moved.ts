import type { BatchDecisions, BatchState, Request } from './batch.js';

/** What a batch adds to the counters of a ticket type. */
export interface StockMove {
  id: string;
  eventId: string;
  available: number;
  held: number;
  booked: number;
  offered: number;
  reserved: number;
  waiting: number;
}

const NO_MOVE = { available: 0, held: 0, booked: 0, offered: 0, reserved: 0, waiting: 0 };

/** The net deltas a ticket type; in id order, as all locks are taken. */
export function stockMoves({ changes }: Pick<BatchDecisions, 'changes'>): StockMove[] {
  const moves = new Map<string, StockMove>();
  for (const { eventId, change } of changes) {
    if (change.kind !== 'stock' && change.kind !== 'queue') continue;
    const id = change.ticketTypeId;
    const move = moves.get(id) ?? { id, eventId, ...NO_MOVE };
    if (change.kind === 'stock') {
      move.available += change.available;
      move.held += change.held;
      move.booked += change.booked;
    } else {
      move.offered += change.offered;
      move.reserved += change.reserved;
      move.waiting += change.waiting;
    }
    moves.set(id, move);
  }
  return [...moves.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** A batch as it was written. */
export interface WrittenBatch {
  state: BatchState;
  decided: BatchDecisions;
  moves: readonly StockMove[];
}

/** An event whose availability a batch moved from one version to the next. */
export interface MovedEvent {
  eventId: string;
  before: number;
  after: number;
  types: readonly StockMove[];
}

/** Which events a batch moved, and their ticket types. */
export function movedBy({ state, moves }: Omit<WrittenBatch, 'decided'>): MovedEvent[] {
  return [...Map.groupBy(moves, (move) => move.eventId)].map(([eventId, types]) => {
    const before = state.inventories.get(eventId)!.version;
    return { eventId, before, after: before + 1, types };
  });
}

/** Somebody, and the version of an event's availability that shows what they did. */
export interface Wrote {
  userId: string;
  eventId: string;
  version: number;
}

/** Who did something to which events: also of a request that was done before, for its first answer may have been lost. */
export function wroteBy(
  requests: readonly Request[],
  { state, decided }: WrittenBatch,
  moved: readonly MovedEvent[],
): Wrote[] {
  const after = new Map(moved.map((event) => [event.eventId, event.after]));
  return requests.flatMap(({ command: { eventId } }, i): Wrote[] => {
    const answer = decided.answers[i]!;
    const userId = 'outcome' in answer ? userOf(answer.outcome) : null;
    if (userId === null) return [];
    return [{ userId, eventId, version: after.get(eventId) ?? state.inventories.get(eventId)!.version }];
  });
}

/** Whose hold, booking or waitlist entry an outcome is. */
function userOf(outcome: object): string | null {
  const owned = Object.values(outcome).find(
    (value: unknown): value is { userId: string } =>
      typeof value === 'object' && value !== null && 'userId' in value,
  );
  return owned?.userId ?? null;
}
