import {
  type Answer,
  type Counters,
  type Holding,
  type Line,
  type Operation,
  idIn,
  keyIn,
} from './operation.js';

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

type Booking = Holding & { version: number };

/** What the model remembers. The collections are copied before they change, what is in them never changes. */
interface State {
  canceled: boolean;
  capacities: number[];
  holds: Map<string, Holding>;
  /** Holds that have lapsed and whose places still count as held: until the lane next has to do with the event. */
  lapsed: Set<string>;
  bookings: Map<string, Booking>;
  /** Tickets that came through the door: `booking#number`. */
  checkIns: Set<string>;
  /** By user and key: the request, and what it was answered. */
  answers: Map<string, { request: string; answer: Answer }>;
  /** Whether the operation under way moves the counters; how many did, and whether any since they were last read. */
  moving: boolean;
  moves: number;
  movedSinceRead: boolean;
  versionRead: number;
}

/** What goes to the lane, which first of all releases what has lapsed. */
const OF_THE_LANE = new Set(['book', 'hold', 'consume', 'release', 'cancel', 'checkIn', 'cancelSome']);

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
      holds: new Map(),
      lapsed: new Set(),
      bookings: new Map(),
      checkIns: new Set(),
      answers: new Map(),
      moving: false,
      moves: 0,
      movedSinceRead: false,
      versionRead: 1,
    });
  }

  /**
   * Does an operation that was answered so. Null answers: nobody knows what it was answered, whatever it does is right.
   * @param id what it makes if the answer does not say
   * @returns the event afterwards, or null when it could not have been answered so
   */
  admits(operation: Operation, answer: Answer | null, id: string): EventModel | null {
    // A hold cannot lapse before there is one.
    if (operation.do === 'lapse' && !this.state.holds.has(operation.hold)) return null;
    const { next, expected } = this.does(operation, idIn(answer) ?? id);
    if (operation.do === 'read') return this.admitsRead(expected, answer);
    return answer === null || same(expected, answer) ? next : null;
  }

  /** Does an operation. The version that a read expects is right if each operation was a batch of its own. */
  does(operation: Operation, id: string): { next: EventModel; expected: Answer } {
    const state = this.after(operation);
    const key = keyIn(operation);
    const request = JSON.stringify(operation);
    const before = key !== null && this.state.answers.get(key);
    if (before) {
      const expected = before.request === request ? before.answer : refuse('idempotency_key_reused');
      return { next: this.become(state), expected };
    }
    const expected = this.change(state, operation, id);
    if (key !== null && !('refused' in expected)) state.answers.set(key, { request, answer: expected });
    return { next: this.become(state), expected };
  }

  /**
   * What differs between events to which the same operations happened in different orders: who has what is said by the
   * answers, and so the same.
   */
  traceOfOrder(): string {
    const { lapsed, moves, movedSinceRead, versionRead } = this.state;
    return [moves, movedSinceRead, versionRead, ...[...lapsed].sort()].join();
  }

  private admitsRead(expected: Answer, answer: Answer | null): EventModel | null {
    if (answer === null) return this;
    if (!('version' in answer) || !('version' in expected)) return null;
    // Several moves may share a version, and a version that was seen says how the counters stand.
    const { moves, movedSinceRead, versionRead } = this.state;
    const least = versionRead + (movedSinceRead ? 1 : 0);
    if (answer.version < least || answer.version > 1 + moves) return null;
    if (!same(expected.counters, answer.counters)) return null;
    if (answer.version === versionRead) return this;
    return new EventModel(this.terms, { ...this.state, movedSinceRead: false, versionRead: answer.version });
  }

  /** A state to change; what has lapsed is released in it when the operation goes to the lane. */
  private after(operation: Operation): State {
    const { capacities, holds, lapsed, bookings, checkIns, answers } = this.state;
    const released = OF_THE_LANE.has(operation.do) && lapsed.size > 0;
    return {
      ...this.state,
      moving: released,
      capacities: [...capacities],
      holds: new Map(holds),
      lapsed: new Set(released ? [] : lapsed),
      bookings: new Map(bookings),
      checkIns: new Set(checkIns),
      answers: new Map(answers),
    };
  }

  /** This event itself when nothing is different. */
  private become(state: State): EventModel {
    const { canceled, lapsed, checkIns, answers } = this.state;
    const unchanged =
      !state.moving &&
      state.canceled === canceled &&
      state.lapsed.size === lapsed.size &&
      state.checkIns.size === checkIns.size &&
      state.answers.size === answers.size;
    if (unchanged) return this;
    // Once an operation, however much it moves: its batch releases what has lapsed under the same version.
    const moves = state.moving && { moving: false, moves: state.moves + 1, movedSinceRead: true };
    return new EventModel(this.terms, { ...state, ...moves });
  }

  private change(state: State, operation: Operation, id: string): Answer {
    switch (operation.do) {
      case 'book':
      case 'hold':
        return this.take(state, operation, id);
      case 'consume':
        return this.consume(state, operation, id);
      case 'release':
        return this.release(state, operation);
      case 'cancel':
        return this.cancel(state, operation.booking, operation.late);
      case 'checkIn':
        return this.checkIn(state, operation.booking, operation.number);
      case 'cancelSome':
        return this.cancelAll(state);
      case 'resize':
        return this.resize(state, operation.type, operation.delta);
      case 'close':
        state.canceled = true;
        return { done: true };
      case 'lapse': {
        const hold = state.holds.get(operation.hold);
        if (hold?.status === 'active') {
          state.holds.set(hold.id, { ...hold, status: 'expired' });
          state.lapsed.add(hold.id);
        }
        return { done: true };
      }
      case 'read':
        return { version: 1 + state.moves, counters: this.counters(state) };
    }
  }

  private take(
    state: State,
    { do: how, user, lines }: { do: 'book' | 'hold'; user: number; lines: readonly Line[] },
    id: string,
  ): Answer {
    const quantities = this.terms.types.map(() => 0);
    for (const [type, quantity] of lines) {
      const max = this.terms.types[type]!.maxPerBooking;
      quantities[type]! += quantity;
      if (quantity < 1 || quantities[type]! > max)
        return refuse('quantity_out_of_range', { type, min: 1, max });
    }
    const { phase } = this.terms;
    if (state.canceled || phase === 'draft') return refuse('event_not_bookable');
    if (phase !== 'on sale') return refuse('sales_closed');
    // In the order in which the request names the types.
    const wanted = [...new Set(lines.map(([type]) => type))];
    for (const type of wanted) {
      const limit = this.terms.types[type]!.maxPerPerson;
      const have = held(state, type, user) + booked(state, type, user);
      if (limit !== null && have + quantities[type]! > limit)
        return refuse('person_limit_reached', { type, limit, have });
    }
    for (const type of wanted) {
      const available = state.capacities[type]! - held(state, type) - booked(state, type);
      if (quantities[type]! > available) return refuse('sold_out', { type, available });
    }
    const total = quantities.reduce(
      (sum, quantity, type) => sum + quantity * this.terms.types[type]!.price,
      0,
    );
    state.moving = true;
    const hold = { id, user, quantities, status: 'active', total };
    if (how === 'hold') {
      state.holds.set(id, hold);
      return { hold };
    }
    const booking = { ...hold, status: 'confirmed', version: 1 };
    state.bookings.set(id, booking);
    return { booking };
  }

  private consume(
    state: State,
    { user, hold: id }: { user: number; hold: string },
    bookingId: string,
  ): Answer {
    const hold = state.holds.get(id);
    if (!hold || hold.user !== user) return refuse('not_found');
    if (state.canceled) return refuse('event_not_bookable');
    if (hold.status === 'consumed') return refuse('hold_consumed');
    if (hold.status !== 'active') return refuse('hold_expired');
    const booking = { ...hold, id: bookingId, status: 'confirmed', version: 1 };
    state.holds.set(id, { ...hold, status: 'consumed' });
    state.bookings.set(bookingId, booking);
    state.moving = true;
    return { booking };
  }

  private release(state: State, { user, hold: id }: { user: number; hold: string }): Answer {
    const hold = state.holds.get(id);
    if (!hold || hold.user !== user) return refuse('not_found');
    if (hold.status === 'consumed') return refuse('hold_consumed');
    if (hold.status !== 'active') return { hold };
    const released = { ...hold, status: 'released' };
    state.holds.set(id, released);
    state.moving = true;
    return { hold: released };
  }

  private cancel(state: State, id: string, late: boolean): Answer {
    const booking = state.bookings.get(id);
    if (!booking) return refuse('not_found');
    if (booking.status === 'canceled') return { booking };
    if ([...state.checkIns].some((ticket) => ticket.startsWith(`${id}#`)))
      return refuse('already_checked_in');
    if (this.terms.phase === 'begun' && !late) return refuse('cancellation_closed');
    state.moving = true;
    return { booking: cancelOne(state, booking) };
  }

  private checkIn(state: State, id: string, number: number): Answer {
    const booking = state.bookings.get(id);
    if (!booking || number > sum(booking.quantities)) return refuse('not_found');
    if (booking.status === 'canceled') return refuse('admission_canceled');
    const ticket = `${id}#${number}`;
    if (state.checkIns.has(ticket)) return refuse('already_checked_in');
    state.checkIns.add(ticket);
    return { booking, checkedIn: number };
  }

  /** Of all that there are: which of more than its limit it takes is not said. What has just lapsed counts as released. */
  private cancelAll(state: State): Answer {
    if (!state.canceled) return refuse('event_not_bookable');
    const bookings = [...state.bookings.values()].filter(({ status }) => status === 'confirmed');
    const holds = [...state.holds.values()].filter(({ status }) => status === 'active');
    for (const booking of bookings) cancelOne(state, booking);
    for (const hold of holds) state.holds.set(hold.id, { ...hold, status: 'released' });
    if (bookings.length + holds.length) state.moving = true;
    return { canceled: bookings.length, released: holds.length + this.state.lapsed.size, left: 0 };
  }

  private resize(state: State, type: number, delta: number): Answer {
    const counters = this.counters(state)[type]!;
    const taken = counters.held + counters.booked;
    if (delta < 0 && counters.available + delta < 0) return refuse('capacity_below_taken', { type, taken });
    state.capacities[type]! += delta;
    if (delta !== 0) state.moving = true;
    return { done: true };
  }

  /** As they are shown: with what has lapsed and is not released yet. */
  private counters(state: State): Counters[] {
    const kept = [...state.lapsed].map((id) => state.holds.get(id)!);
    return this.terms.types.map((_, type) => {
      const isHeld = held(state, type) + sum(kept.map(({ quantities }) => quantities[type]!));
      const isBooked = booked(state, type);
      return { available: state.capacities[type]! - isHeld - isBooked, held: isHeld, booked: isBooked };
    });
  }
}

/** Places in live holds of a type, or those of one user. */
function held(state: State, type: number, user?: number): number {
  return places(state.holds.values(), 'active', type, user);
}

/** Places in live bookings of a type, or those of one user. */
function booked(state: State, type: number, user?: number): number {
  return places(state.bookings.values(), 'confirmed', type, user);
}

function places(all: Iterable<Holding>, status: string, type: number, user?: number): number {
  let found = 0;
  for (const one of all) {
    if (one.status === status && (user === undefined || one.user === user)) found += one.quantities[type]!;
  }
  return found;
}

function cancelOne(state: State, booking: Booking): Booking {
  const canceled = { ...booking, status: 'canceled', version: booking.version + 1 };
  state.bookings.set(booking.id, canceled);
  return canceled;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function refuse(refused: string, facts: Record<string, number> = {}): Answer {
  return { refused, facts };
}

/** Equal however their members are ordered. */
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
