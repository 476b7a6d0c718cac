import { EventModel } from './event.model.js';
import { explain, linearize } from './linearizability.js';
import type { Answer, Observation, Operation } from './operation.js';

const terms = (capacity: number, maxPerPerson: number | null = null) =>
  EventModel.of({
    types: [{ capacity, price: 100, maxPerBooking: 10, maxPerPerson }],
    phase: 'on sale',
  });
const book = (user: number, quantity = 1, key?: string): Operation => ({
  do: 'book',
  user,
  lines: [[0, quantity]],
  ...(key !== undefined && { key }),
});
const booked = (id: string, user: number, quantity = 1): Answer => ({
  booking: { id, user, quantities: [quantity], status: 'confirmed', version: 1, total: 100 * quantity },
});
const canceled = (id: string, user: number, quantity = 1): Answer => ({
  booking: { id, user, quantities: [quantity], status: 'canceled', version: 2, total: 100 * quantity },
});
const cancel = (user: number, booking: string): Operation => ({ do: 'cancel', user, booking, late: false });
const soldOut = (available = 0): Answer => ({ refused: 'sold_out', facts: { type: 0, available } });
const hold = (user: number, quantity = 1, key?: string): Operation => ({
  do: 'hold',
  user,
  lines: [[0, quantity]],
  ttlMs: 10,
  ...(key !== undefined && { key }),
});
const held = (id: string, user: number, quantity = 1): Answer => ({
  hold: { id, user, quantities: [quantity], status: 'active', total: 100 * quantity },
});
const consume = (user: number, id: string): Operation => ({ do: 'consume', user, hold: id });
const lapse = (id: string): [Operation, Answer] => [{ do: 'lapse', hold: id }, { done: true }];
const expired: Answer = { refused: 'hold_expired', facts: {} };
const read = (version: number, available: number, taken: number, kept = 0): [Operation, Answer] => [
  { do: 'read' },
  { version, counters: [{ available, held: kept, booked: taken }] },
];
const seen = (from: number, to: number, [operation, answer]: [Operation, Answer | null]): Observation => ({
  operation,
  answer,
  from,
  to: answer ? to : Infinity,
});

const sound: [string, EventModel, Observation[]][] = [
  ['nothing', terms(1), []],
  [
    'one buyer after the other',
    terms(1),
    [seen(0, 1, [book(1), booked('a', 1)]), seen(2, 3, [book(2), soldOut()])],
  ],
  [
    'a refusal that was answered before the sale that caused it, both at once',
    terms(1),
    [seen(0, 2, [book(2), soldOut()]), seen(1, 5, [book(1), booked('a', 1)])],
  ],
  [
    'a place that is free again',
    terms(1),
    [
      seen(0, 1, [book(1), booked('a', 1)]),
      seen(2, 6, [cancel(1, 'a'), canceled('a', 1)]),
      seen(3, 4, [book(2), booked('b', 2)]),
      seen(5, 7, [book(3), soldOut()]),
    ],
  ],
  [
    'an unanswered booking that took the last place much later than it was asked for',
    terms(1),
    [seen(0, 0, [book(1), null]), seen(1, 2, [...read(1, 1, 0)]), seen(3, 4, [book(2), soldOut()])],
  ],
  [
    'an unanswered booking that never was',
    terms(1),
    [seen(0, 0, [book(1), null]), seen(1, 2, [book(2), booked('b', 2)]), seen(3, 4, [...read(2, 0, 1)])],
  ],
  [
    'a retry that is answered with what the lost request had made',
    terms(2),
    [
      seen(0, 0, [book(1, 1, 'k'), null]),
      seen(1, 2, [...read(2, 1, 1)]),
      seen(3, 4, [book(1, 1, 'k'), booked('a', 1)]),
      seen(5, 6, [...read(2, 1, 1)]),
    ],
  ],
  [
    'several sales that share a version',
    terms(9),
    [
      seen(0, 5, [book(1), booked('a', 1)]),
      seen(0, 5, [book(2), booked('b', 2)]),
      seen(6, 7, [...read(2, 7, 2)]),
    ],
  ],
  [
    'a hold that is consumed while it lapses',
    terms(1),
    [
      seen(0, 1, [hold(1), held('h', 1)]),
      seen(8, 12, [consume(1, 'h'), booked('b', 1)]),
      seen(10, 11, lapse('h')),
      seen(13, 14, [book(2), soldOut()]),
    ],
  ],
  [
    'a hold that has lapsed, is shown as held until somebody asks, and is sold to him',
    terms(1),
    [
      seen(0, 1, [hold(1), held('h', 1)]),
      seen(10, 11, lapse('h')),
      seen(12, 13, read(2, 0, 0, 1)),
      seen(14, 15, [book(2), booked('b', 2)]),
      seen(16, 17, [consume(1, 'h'), expired]),
      seen(18, 19, read(3, 0, 1)),
    ],
  ],
];

const unsound: [string, EventModel, Observation[]][] = [
  [
    'a place that is sold twice',
    terms(1),
    [seen(0, 5, [book(1), booked('a', 1)]), seen(0, 5, [book(2), booked('b', 2)])],
  ],
  [
    'a refusal while a place was free',
    terms(1),
    [seen(0, 1, [book(1), soldOut()]), seen(2, 3, [book(2), booked('b', 2)])],
  ],
  [
    'a refusal with a number that never was',
    terms(3),
    [seen(0, 9, [book(1, 2), booked('a', 1, 2)]), seen(0, 9, [book(2, 4), soldOut(2)])],
  ],
  [
    'a key that was booked for twice',
    terms(5),
    [seen(0, 5, [book(1, 1, 'k'), booked('a', 1)]), seen(0, 5, [book(1, 1, 'k'), booked('b', 1)])],
  ],
  [
    'a sale that a later reader does not see',
    terms(2),
    [seen(0, 1, [book(1), booked('a', 1)]), seen(2, 3, [...read(1, 2, 0)])],
  ],
  [
    'counters that moved under an old version',
    terms(2),
    [seen(0, 1, [...read(1, 2, 0)]), seen(2, 3, [book(1), booked('a', 1)]), seen(4, 5, [...read(1, 1, 1)])],
  ],
  [
    'a version above the number of changes',
    terms(2),
    [seen(0, 1, [book(1), booked('a', 1)]), seen(2, 3, [...read(3, 1, 1)])],
  ],
  [
    'more than a person may have',
    terms(9, 2),
    [seen(0, 9, [book(1, 2), booked('a', 1, 2)]), seen(0, 9, [book(1), booked('b', 1)])],
  ],
  [
    'an unanswered booking that happened before it was asked for',
    terms(1),
    [seen(0, 1, [book(2), soldOut()]), seen(2, 2, [book(1), null])],
  ],
  [
    'a canceled booking whose place stays taken',
    terms(1),
    [
      seen(0, 1, [book(1), booked('a', 1)]),
      seen(2, 3, [cancel(1, 'a'), canceled('a', 1)]),
      seen(4, 5, [book(2), soldOut()]),
    ],
  ],
  [
    'a hold that is consumed after it has lapsed',
    terms(1),
    [
      seen(0, 1, [hold(1), held('h', 1)]),
      seen(10, 11, lapse('h')),
      seen(12, 13, [consume(1, 'h'), booked('b', 1)]),
    ],
  ],
  [
    'a hold that is over before its time',
    terms(1),
    [seen(0, 1, [hold(1), held('h', 1)]), seen(2, 3, [consume(1, 'h'), expired]), seen(10, 11, lapse('h'))],
  ],
  [
    'a hold that is consumed twice',
    terms(2),
    [
      seen(0, 1, [hold(1), held('h', 1)]),
      seen(2, 5, [consume(1, 'h'), booked('b', 1)]),
      seen(2, 5, [consume(1, 'h'), booked('c', 1)]),
    ],
  ],
  [
    'places that are held and sold at once',
    terms(1),
    [seen(0, 5, [hold(1), held('h', 1)]), seen(0, 5, [book(2), booked('b', 2)])],
  ],
];

it.each(sound)('finds an order for %s', (_, start, history) => {
  expect(explain(linearize(start, history))).toBe('linearizable');
});

it.each(unsound)('finds no order for %s', (_, start, history) => {
  expect(linearize(start, history).linearizable).toBe(false);
});

/** 200 operations in an order that the model itself gave, so many at a time. */
function longHistory(atOnce: number): Observation[] {
  const history: Observation[] = [];
  let model = terms(60);
  for (let n = 0; n < 200; n++) {
    const operation: Operation = n % 5 === 4 ? { do: 'read' } : book(n % atOnce, 1 + (n % 3));
    const { next, expected } = model.does(operation, `b${n}`);
    // Each takes effect at time n; half of the others that are under way then came before, half come after.
    const from = n - 0.1 - ((n * 7) % (atOnce / 2));
    const to = n + 0.1 + ((n * 11) % (atOnce / 2));
    history.push(seen(from, to, [operation, expected]));
    // A read is known to the model only when it is admitted.
    model = model.admits(operation, expected, `b${n}`) ?? next;
  }
  return history;
}

it('decides 200 operations of 16 clients when they are sound', () => {
  expect(explain(linearize(terms(60), longHistory(16)))).toBe('linearizable');
});

it('decides 200 operations of 8 clients when one of them is unsound', () => {
  const history = [...longHistory(8), seen(100, 101, [book(99, 3), booked('one too many', 99, 3)])];
  expect(linearize(terms(60), history).linearizable).toBe(false);
});
