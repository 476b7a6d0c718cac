/** Places wanted of a ticket type, which is named by its position in the event. */
export type Line = readonly [type: number, quantity: number];

/** What is asked of one event. Users, like ticket types, are numbered; holds and bookings go by their ids. */
export type Operation =
  | { do: 'book'; user: number; lines: readonly Line[]; key?: string }
  | { do: 'hold'; user: number; lines: readonly Line[]; ttlMs: number; key?: string }
  | { do: 'consume'; user: number; hold: string; key?: string }
  | { do: 'release'; user: number; hold: string }
  | { do: 'cancel'; user: number; booking: string; late: boolean; key?: string }
  | { do: 'checkIn'; user: number; booking: string; number: number; key?: string }
  /** Cancels up to `limit` bookings of an event that is canceled, and as many of its holds. */
  | { do: 'cancelSome'; limit: number }
  /** The organizer changes a capacity, or cancels the event. */
  | { do: 'resize'; type: number; delta: number }
  | { do: 'close' }
  /** The time of a hold is over: nobody asks for it, it happens. */
  | { do: 'lapse'; hold: string }
  | { do: 'read' };

/** What somebody has or had: how many places of each ticket type. */
export interface Holding {
  id: string;
  user: number;
  quantities: readonly number[];
  status: string;
  /** Minor units. */
  total: number;
}

/** One ticket type's counters. */
export interface Counters {
  available: number;
  held: number;
  booked: number;
}

/** What can be said about an operation that was answered. */
export type Answer =
  | { hold: Holding }
  | { booking: Holding & { version: number }; checkedIn?: number }
  | { canceled: number; released: number; left: number }
  | { done: true }
  | { version: number; counters: readonly Counters[] }
  /** A refusal with the members that tell numbers; the ticket type by its position. */
  | { refused: string; facts: Readonly<Record<string, number>> };

/** The id of the hold or booking that an answer is about. */
export function idIn(answer: Answer | null): string | null {
  if (answer && 'booking' in answer) return answer.booking.id;
  return answer && 'hold' in answer ? answer.hold.id : null;
}

/** The name of an operation's idempotency key among those of all users. */
export function keyIn(operation: Operation): string | null {
  return 'key' in operation && operation.key !== undefined ? `${operation.user} ${operation.key}` : null;
}

/** An operation as a client saw it. Milliseconds of one clock. */
export interface Observation {
  operation: Operation;
  /** Null when the client never learned what became of it. */
  answer: Answer | null;
  from: number;
  /** Infinity without an answer: it may yet happen. */
  to: number;
  /** When it most likely happened, where that is known better than from its answer; the search tries this first. */
  guess?: number;
}
