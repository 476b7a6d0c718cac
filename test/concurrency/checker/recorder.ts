import type { Dice } from '../../support/effort.js';
import type { Inventory } from '../../support/lane.process.js';
import type { EventTerms } from './event.model.js';
import type { Ending, EventUnderTest } from './event.under-test.js';
import type { Observation, Operation } from './operation.js';

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
  return { terms: { types, phase: 'on sale' }, users, clients: dice.roll(4, 16), operations };
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
  const bookings: string[] = [];
  let left = plan.operations;
  const client = async (number: number) => {
    const dice = diceOf(number);
    while (left > 0) {
      const operation = choose(dice, plan, bookings, `${number}-${left--}`);
      // Now and then the same request twice at once, as impatient people and proxies send it.
      const times = 'key' in operation && operation.key && dice.chance(0.1) ? 2 : 1;
      const seen = await Promise.all(
        Array.from({ length: times }, () => observe(event, operation, () => dice.pick(processes))),
      );
      for (const one of seen) {
        history.push(one);
        if (one.answer && 'booking' in one.answer) bookings.push(one.answer.booking.id);
      }
    }
  };
  await Promise.all(Array.from({ length: plan.clients }, (_, number) => client(number)));
  history.push(await observe(event, { do: 'read' }, () => processes[0]!));
  return history;
}

function choose(dice: Dice, { terms, users }: Plan, bookings: readonly string[], name: string): Operation {
  const user = dice.roll(0, users - 1);
  const key = dice.chance(0.6) ? { key: name } : {};
  const kind = dice.roll(1, 10);
  if (kind === 1) return { do: 'read' };
  if (kind <= 4 && bookings.length)
    return { do: 'cancel', user, booking: dice.pick(bookings), late: false, ...key };
  const lines = Array.from(
    { length: dice.roll(1, 2) },
    () => [dice.roll(0, terms.types.length - 1), dice.roll(1, 4)] as const,
  );
  return { do: 'book', user, lines, ...key };
}

/** Does an operation until it is done or, without a key, may have been. */
async function observe(
  event: EventUnderTest,
  operation: Operation,
  by: () => Inventory,
): Promise<Observation> {
  const from = performance.now();
  const keyed = 'key' in operation && operation.key !== undefined;
  for (;;) {
    const ending: Ending = await event.perform(by(), operation);
    if (ending === 'unknown' && !keyed) return { operation, answer: null, from, to: Infinity };
    if (typeof ending === 'object') return { operation, answer: ending, from, to: performance.now() };
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
