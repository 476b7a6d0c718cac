/** Places wanted of a ticket type, which is named by its position in the event. */
export type Line = readonly [type: number, quantity: number];

/** What is asked of one event. Users, like ticket types, are numbered; holds and bookings go by their ids. */
export type Operation =
  | { do: 'book'; user: number; lines: readonly Line[]; key?: string }
  | { do: 'cancel'; user: number; booking: string; late: boolean; key?: string }
  /** Cancels up to `limit` bookings of an event that is canceled. */
  | { do: 'cancelSome'; limit: number }
  /** The organizer changes a capacity, or cancels the event. */
  | { do: 'resize'; type: number; delta: number }
  | { do: 'close' }
  | { do: 'read' };

/** What somebody has: how many places of each ticket type. */
export interface Holding {
  id: string;
  user: number;
  quantities: readonly number[];
  status: string;
  version: number;
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
  | { booking: Holding }
  | { canceled: number }
  | { done: true }
  | { version: number; counters: readonly Counters[] }
  /** A refusal with the members that tell numbers; the ticket type by its position. */
  | { refused: string; facts: Readonly<Record<string, number>> };

/** An operation as a client saw it. Milliseconds of one clock. */
export interface Observation {
  operation: Operation;
  /** Null when the client never learned what became of it. */
  answer: Answer | null;
  from: number;
  /** Infinity without an answer: it may yet happen. */
  to: number;
}
