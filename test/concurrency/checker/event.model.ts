import type { Answer, Counters, Holding, Line, Operation } from './operation.js';

export interface TypeTerms {
  capacity: number;
  price: number;
  maxPerBooking: number;
  maxPerPerson: number | null;
}

export interface EventTerms {
  types: readonly TypeTerms[];
  phase: 'draft' | 'before sales' | 'on sale' | 'sales over' | 'begun' | 'canceled';
}

/** What the model remembers; replaced, never changed in place below its first level. */
interface State {
  canceled: boolean;
  capacities: number[];
  bookings: Map<string, Holding>;
  /** By user and key: the request, and what it was answered. */
  answers: Map<string, { request: string; answer: Answer }>;
  /** How often the counters moved since the beginning, and since they were last read. */
  moves: number;
  movesSinceRead: number;
  versionRead: number;
}

/**
 * What an event ought to do, one operation after the other: the sequential specification that tests hold the product to.
 * It shares nothing with the product and keeps no counters: it counts who has what each time it is asked.
 */
export class EventModel {
  private constructor(
    private readonly terms: EventTerms,
    private readonly state: State,
  ) {}

  static of(terms: EventTerms): EventModel {
    return new EventModel(terms, {
      canceled: terms.phase === 'canceled',
      capacities: terms.types.map((type) => type.capacity),
      bookings: new Map(),
      answers: new Map(),
      moves: 0,
      movesSinceRead: 0,
      versionRead: 1,
    });
  }

  /**
   * Does an operation that was answered so. Null answers: nobody knows what it was answered, whatever it does is right.
   * @returns the event afterwards, or null when it could not have been answered so
   */
  admits(operation: Operation, answer: Answer | null, id: string): EventModel | null {
    const { next, expected } = this.does(operation, idIn(answer) ?? id);
    if (answer === null || same(expected, answer)) return next;
    if (operation.do !== 'read' || !('version' in answer) || !('version' in expected)) return null;
    // Several moves may share a version, and a version that was seen says how the counters stand.
    const { moves, movesSinceRead, versionRead } = this.state;
    const least = versionRead + (movesSinceRead ? 1 : 0);
    if (answer.version < least || answer.version > 1 + moves) return null;
    if (!same(expected.counters, answer.counters)) return null;
    if (answer.version === versionRead) return this;
    return new EventModel(this.terms, { ...this.state, movesSinceRead: 0, versionRead: answer.version });
  }

  /** Does an operation. `id` names what it makes. The version that a read expects is right if each move was a batch of its own. */
  does(operation: Operation, id: string): { next: EventModel; expected: Answer } {
    const key = 'key' in operation && operation.key !== undefined && `${operation.user} ${operation.key}`;
    const request = JSON.stringify(operation);
    const before = key !== false && this.state.answers.get(key);
    if (before) {
      const expected = before.request === request ? before.answer : refuse('idempotency_key_reused');
      return { next: this, expected };
    }
    const state = copy(this.state);
    const expected = this.change(state, operation, id);
    if ('refused' in expected) return { next: this, expected };
    if (key !== false) state.answers.set(key, { request, answer: expected });
    return { next: new EventModel(this.terms, state), expected };
  }

  /** Two events that print the same behave the same from here on. */
  print(): string {
    const { canceled, capacities, bookings, answers, moves, movesSinceRead, versionRead } = this.state;
    const lines = [...bookings.values()].map((b) => `${b.id}${b.status[1]}${b.user}:${b.quantities.join()}`);
    const keys = [...answers].map(([key, { answer }]) => `${key}=${idIn(answer)}`);
    return [
      canceled,
      capacities.join(),
      moves,
      movesSinceRead > 0,
      versionRead,
      ...lines.sort(),
      ...keys.sort(),
    ].join(';');
  }

  counters(): Counters[] {
    return this.terms.types.map((_, type) => {
      const booked = this.taken(this.state, type);
      return { available: this.state.capacities[type]! - booked, held: 0, booked };
    });
  }

  private change(state: State, operation: Operation, id: string): Answer {
    switch (operation.do) {
      case 'book':
        return this.book(state, operation.user, operation.lines, id);
      case 'cancel':
        return this.cancel(state, operation.booking, operation.late);
      case 'cancelSome':
        return this.cancelSome(state, operation.limit);
      case 'resize': {
        const taken = this.taken(state, operation.type);
        const capacity = state.capacities[operation.type]! + operation.delta;
        if (capacity < taken) return refuse('capacity_below_taken', { type: operation.type, taken });
        state.capacities[operation.type] = capacity;
        moved(state, operation.delta !== 0);
        return { done: true };
      }
      case 'close':
        state.canceled = true;
        return { done: true };
      case 'read':
        return { version: 1 + state.moves, counters: this.counters() };
    }
  }

  private book(state: State, user: number, lines: readonly Line[], id: string): Answer {
    const quantities = this.terms.types.map(() => 0);
    for (const [type, quantity] of lines) {
      const max = this.terms.types[type]!.maxPerBooking;
      quantities[type]! += quantity;
      if (quantity < 1 || quantities[type]! > max)
        return refuse('quantity_out_of_range', { type, min: 1, max });
    }
    // In the order in which the request names the types.
    const wanted = [...new Set(lines.map(([type]) => type))];
    const { phase } = this.terms;
    if (state.canceled || phase === 'draft') return refuse('event_not_bookable');
    if (phase !== 'on sale') return refuse('sales_closed');
    for (const type of wanted) {
      const limit = this.terms.types[type]!.maxPerPerson;
      const have = this.taken(state, type, user);
      if (limit !== null && have + quantities[type]! > limit)
        return refuse('person_limit_reached', { type, limit, have });
    }
    for (const type of wanted) {
      const available = state.capacities[type]! - this.taken(state, type);
      if (quantities[type]! > available) return refuse('sold_out', { type, available });
    }
    const total = quantities.reduce(
      (sum, quantity, type) => sum + quantity * this.terms.types[type]!.price,
      0,
    );
    const booking = { id, user, quantities, status: 'confirmed', version: 1, total };
    state.bookings.set(id, booking);
    moved(state, true);
    return { booking };
  }

  private cancel(state: State, id: string, late: boolean): Answer {
    const booking = state.bookings.get(id);
    if (!booking) return refuse('not_found');
    if (booking.status === 'canceled') return { booking };
    if (this.terms.phase === 'begun' && !late) return refuse('cancellation_closed');
    return { booking: cancelOne(state, booking) };
  }

  private cancelSome(state: State, limit: number): Answer {
    if (!state.canceled) return refuse('event_not_bookable');
    const live = [...state.bookings.values()].filter((booking) => booking.status === 'confirmed');
    // Which of them is not said; tests ask for all that there are.
    const chosen = live.slice(0, limit);
    for (const booking of chosen) cancelOne(state, booking);
    return { canceled: chosen.length };
  }

  /** Places that are taken of a type, or that one user has. */
  private taken(state: State, type: number, user?: number): number {
    let places = 0;
    for (const booking of state.bookings.values()) {
      if (booking.status !== 'confirmed' || (user !== undefined && booking.user !== user)) continue;
      places += booking.quantities[type]!;
    }
    return places;
  }
}

function cancelOne(state: State, booking: Holding): Holding {
  const canceled = { ...booking, status: 'canceled', version: booking.version + 1 };
  state.bookings.set(booking.id, canceled);
  moved(state, true);
  return canceled;
}

function moved(state: State, really: boolean): void {
  if (!really) return;
  state.moves++;
  state.movesSinceRead++;
}

function copy(state: State): State {
  return {
    ...state,
    capacities: [...state.capacities],
    bookings: new Map(state.bookings),
    answers: new Map(state.answers),
  };
}

function refuse(refused: string, facts: Record<string, number> = {}): Answer {
  return { refused, facts };
}

function idIn(answer: Answer | null): string | null {
  return answer && 'booking' in answer ? answer.booking.id : null;
}

/** Both were made by `refuse`, by this model, or in its likeness: equal however their members are ordered. */
function same(one: unknown, other: unknown): boolean {
  return sorted(one) === sorted(other);
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
