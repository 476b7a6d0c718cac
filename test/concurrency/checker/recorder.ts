import type { Dice } from '../../support/effort.js';
import type { Inventory } from '../../support/lane.process.js';
import type { EventTerms } from './event.model.js';
import type { Ending, EventUnderTest } from './event.under-test.js';
import { type Holding, type Observation, type Operation, idIn, keyIn } from './operation.js';

export interface Plan {
  terms: EventTerms;
  users: number;
  clients: number;
  operations: number;
}

/** A small event and a crowd for it, so that places run out, people reach their limit, and what is canceled is sold again. */
export function planOf(dice: Dice, operations: number): Plan {
  const users = dice.roll(2, 12);
  const types = Array.from({ length: dice.roll(1, 3) }, () => ({
    capacity: dice.roll(1, 30),
    price: dice.roll(0, 5000),
    maxPerBooking: dice.roll(2, 6),
    maxPerPerson: dice.chance(0.5) ? dice.roll(1, 8) : null,
  }));
  return { terms: { types, phase: 'on sale' }, users, clients: dice.roll(4, 12), operations };
}

/**
 * Lets clients do random operations at once on one event, each by way of a random process, and records what each was told.
 * A client that does not know asks again with its key, elsewhere; one without a key leaves it there.
 * @param processes those that run now: may change meanwhile
 * @param diceOf the choices of a client
 */
export async function record(
  event: EventUnderTest,
  plan: Plan,
  processes: readonly Inventory[],
  diceOf: (client: number) => Dice,
): Promise<Observation[]> {
  const history: Observation[] = [];
  const known: Known = { holds: [], bookings: [] };
  let left = plan.operations;
  const client = async (number: number) => {
    const dice = diceOf(number);
    while (left > 0) {
      const operation = choose(dice, plan, known, `${number}-${left--}`);
      // Now and then the same request twice at once, as impatient people and proxies send it.
      const times = keyIn(operation) && dice.chance(0.1) ? 2 : 1;
      const seen = await Promise.all(
        Array.from({ length: times }, () => observe(event, operation, () => dice.pick(processes))),
      );
      for (const one of seen) {
        history.push(one);
        if (one.answer && 'booking' in one.answer) known.bookings.push(one.answer.booking.id);
        if (one.answer && 'hold' in one.answer) known.holds.push(one.answer.hold);
      }
    }
  };
  await Promise.all(Array.from({ length: plan.clients }, (_, number) => client(number)));
  history.push(await observe(event, { do: 'read' }, () => processes[0]!));
  return [...(await withoutTraceless(event, history)), ...lapsesOf(event, history)];
}

async function withoutTraceless(
  event: EventUnderTest,
  history: readonly Observation[],
): Promise<Observation[]> {
  const answered = new Set(history.flatMap(({ answer }) => idIn(answer) ?? []));
  const unanswered = history.filter(({ answer }) => !answer).map(({ operation }) => operation);
  const kept = await event.withTrace(unanswered, answered);
  return history.filter(({ answer, operation }) => answer || kept.has(operation));
}

interface Known {
  holds: Holding[];
  bookings: string[];
}

function choose(dice: Dice, { terms, users }: Plan, { holds, bookings }: Known, name: string): Operation {
  const user = dice.roll(0, users - 1);
  const key = dice.chance(0.8) ? { key: name } : {};
  const kind = dice.roll(1, 20);
  if (kind <= 2) return { do: 'read' };
  if (kind <= 6 && bookings.length)
    return { do: 'cancel', user, booking: dice.pick(bookings), late: false, ...key };
  if (kind === 7 && bookings.length)
    return { do: 'checkIn', user, booking: dice.pick(bookings), number: dice.roll(1, 3), ...key };
  if (kind <= 12 && holds.length) {
    const hold = dice.pick(holds.slice(-5));
    return kind <= 10
      ? { do: 'consume', user: hold.user, hold: hold.id, ...key }
      : { do: 'release', user: hold.user, hold: hold.id };
  }
  const lines = Array.from(
    { length: dice.roll(1, 2) },
    () => [dice.roll(0, terms.types.length - 1), dice.roll(1, 4)] as const,
  );
  // A hold always has a key: its client learns when it ends.
  return kind <= 16
    ? { do: 'hold', user, lines, ttlMs: dice.roll(10, 500), key: name }
    : { do: 'book', user, lines, ...key };
}

/** The clocks of this process and of the database agree within so many milliseconds. */
const CLOCKS_MS = 10;

/**
 * A hold lapses at the moment that it said. By the clock of a batch, that is, which commits a little later: who reads beside
 * the lane does not see the consequences until then, so the lapse may come as late as the batch that was under way.
 */
function lapsesOf(event: EventUnderTest, history: readonly Observation[]): Observation[] {
  const origin = Date.now() - performance.now();
  return [...event.ends].map(([hold, expiresAt]) => {
    const at = expiresAt - origin;
    const underWay = history.filter(({ from, to, answer }) => answer && from < at && at < to);
    return {
      operation: { do: 'lapse', hold },
      answer: { done: true },
      from: at - CLOCKS_MS,
      to: Math.max(at, ...underWay.map(({ to }) => to)) + CLOCKS_MS,
      guess: at,
    };
  });
}

/** Does an operation until it is done or, without a key, may have been. */
async function observe(
  event: EventUnderTest,
  operation: Operation,
  by: () => Inventory,
): Promise<Observation> {
  const from = performance.now();
  for (;;) {
    const ending: Ending = await event.perform(by(), operation);
    if (ending === 'unknown' && !keyIn(operation)) return { operation, answer: null, from, to: Infinity };
    if (typeof ending === 'object') return { operation, answer: ending, from, to: performance.now() };
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
