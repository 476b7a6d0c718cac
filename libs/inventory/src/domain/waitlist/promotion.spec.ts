import { GATHERING_MS } from './promotion.js';
import { OFFER_MS, WaitingSale } from './waiting-sale.fixture.js';

/** A sale that is sold out, place by place. */
function soldOut(capacity: number): WaitingSale {
  const sale = new WaitingSale({ capacities: [capacity] });
  for (let i = 0; i < capacity; i++) {
    const asks = [{ ticketTypeId: 't0', quantity: 1 }];
    sale.do([{ kind: 'book', userId: 'first', bookingId: `s${i}`, reference: `s${i}`, asks }]);
  }
  return sale;
}
const join = (sale: WaitingSale, id: string, quantity: number) =>
  sale.do([
    { kind: 'join', userId: `u-${id}`, entryId: id, holdId: `o-${id}`, ticketTypeId: 't0', quantity },
  ])[0];
const cancel = (sale: WaitingSale, ...numbers: number[]) =>
  sale.do(numbers.map((n) => ({ kind: 'cancel', bookingId: `s${n}`, late: false, reason: null })));
const book = (sale: WaitingSale, quantity: number) => {
  const asks = [{ ticketTypeId: 't0', quantity }];
  const [answer] = sale.do([
    { kind: 'book', userId: 'passer-by', bookingId: `p${sale.bookings.size}`, reference: 'p', asks },
  ]);
  return 'refused' in answer! ? answer.refused.code : 'booked';
};
const stateOf = (sale: WaitingSale) =>
  Object.fromEntries([...sale.entries.values()].map((entry) => [entry.id, entry.status]));
const own = (id: string) => ({ entryId: id, userId: `u-${id}` });

it('tells who joins their place, and refuses who need not or already waits', () => {
  const sale = soldOut(3);
  expect(join(sale, 'a', 1)).toMatchObject({
    outcome: { position: 1, entry: { status: 'waiting', joined: 1 } },
  });
  expect(join(sale, 'b', 2)).toMatchObject({ outcome: { position: 2 } });
  const again = { kind: 'join', userId: 'u-a', entryId: 'c', holdId: 'o-c', ticketTypeId: 't0' } as const;
  expect(sale.do([{ ...again, quantity: 1 }])).toMatchObject([
    { refused: { code: 'already_waiting', members: { entryId: 'a' } } },
  ]);
  expect(sale.do([{ ...again, quantity: 11 }])).toMatchObject([
    { refused: { code: 'quantity_out_of_range' } },
  ]);
  const free = new WaitingSale({ capacities: [3] });
  expect(join(free, 'a', 3)).toMatchObject({ refused: { code: 'tickets_available' } });
  expect(join(free, 'a', 4)).toMatchObject({ outcome: { position: 1 } });
});

it('offers what is freed in the same decision, in order, before the next request', () => {
  const sale = soldOut(3);
  join(sale, 'a', 1);
  join(sale, 'b', 2);
  join(sale, 'c', 1);
  const asks = [{ ticketTypeId: 't0', quantity: 1 }];
  const answers = sale.do([
    { kind: 'cancel', bookingId: 's0', late: false, reason: null },
    { kind: 'book', userId: 'passer-by', bookingId: 'p', reference: 'p', asks },
    { kind: 'accept', ...own('a'), bookingId: 'x', reference: 'x' },
  ]);
  expect(answers).toMatchObject([
    { outcome: { booking: { status: 'canceled' } } },
    { refused: { code: 'waitlist_first' } },
    { outcome: { booking: { id: 'x', userId: 'u-a', total: 1000 } } },
  ]);
  expect(stateOf(sale)).toEqual({ a: 'accepted', b: 'waiting', c: 'waiting' });
  expect(book(sale, 1)).toBe('sold_out');
});

it('goes by priority, then by the time of joining', () => {
  const sale = soldOut(3);
  for (const id of ['a', 'b', 'c']) join(sale, id, 1);
  sale.do([{ kind: 'prioritize', entryId: 'c', priority: 5 }]);
  cancel(sale, 0);
  expect(stateOf(sale)).toEqual({ a: 'waiting', b: 'waiting', c: 'offered' });
  expect(sale.do([{ kind: 'prioritize', entryId: 'c', priority: 9 }])).toMatchObject([
    { refused: { code: 'invalid_state' } },
  ]);
  sale.do([{ kind: 'leave', ...own('c') }]);
  expect(stateOf(sale)).toEqual({ a: 'offered', b: 'waiting', c: 'left' });
});

it('passes an offer that is declined, left or over on to the next', () => {
  const sale = soldOut(1);
  for (const id of ['a', 'b', 'c', 'd']) join(sale, id, 1);
  cancel(sale, 0);
  sale.do([{ kind: 'decline', ...own('a') }]);
  expect(sale.do([{ kind: 'decline', ...own('a') }])).toMatchObject([{ refused: { code: 'no_offer' } }]);
  expect(sale.do([{ kind: 'decline', ...own('c') }])).toMatchObject([{ refused: { code: 'no_offer' } }]);
  sale.do([{ kind: 'leave', ...own('b') }]);
  expect(stateOf(sale)).toEqual({ a: 'declined', b: 'left', c: 'offered', d: 'waiting' });
  sale.now += OFFER_MS;
  expect(sale.do([{ kind: 'accept', ...own('c'), bookingId: 'x', reference: 'x' }])).toMatchObject([
    { refused: { code: 'offer_expired' } },
  ]);
  expect(stateOf(sale)).toEqual({ a: 'declined', b: 'left', c: 'expired', d: 'offered' });
});

it('sells what nobody who waits can use, and lets nobody offer past the end of sales', () => {
  const sale = soldOut(4);
  join(sale, 'family', 3);
  cancel(sale, 0);
  expect(book(sale, 1)).toBe('booked');
  sale.now = sale.endOfSales - 1000;
  cancel(sale, 1, 2, 3);
  expect(sale.holds.get('o-family')).toMatchObject({ status: 'active', expiresAt: sale.endOfSales });
  sale.now = sale.endOfSales;
  sale.do([{ kind: 'expire' }]);
  expect(stateOf(sale)).toEqual({ family: 'expired' });
});

it('lets a family that was passed over three times gather from the fourth time on', () => {
  const sale = soldOut(9);
  join(sale, 'family', 4);
  for (const id of ['a', 'b', 'c', 'd', 'e']) join(sale, id, 1);
  const seen = [0, 1, 2, 3, 4, 5, 6].map((n) => {
    cancel(sale, n);
    const { passes, gathered, status } = sale.entries.get('family')!;
    return [passes, gathered, status];
  });
  expect(seen).toEqual([
    [1, 0, 'waiting'],
    [2, 0, 'waiting'],
    [3, 0, 'waiting'],
    [3, 1, 'waiting'],
    [3, 2, 'waiting'],
    [3, 3, 'waiting'],
    [3, 0, 'offered'],
  ]);
  expect(stateOf(sale)).toMatchObject({ a: 'offered', b: 'offered', c: 'offered', d: 'waiting' });
});

it('does not let one who waits for ten stop the sale for longer than half an hour, once', () => {
  const sale = soldOut(10);
  join(sale, 'attacker', 10);
  for (const n of [0, 1, 2]) {
    cancel(sale, n);
    expect(book(sale, 1)).toBe('booked');
  }
  cancel(sale, 3);
  expect([book(sale, 1), sale.types.get('t0')!.reserved]).toEqual(['waitlist_first', 1]);
  sale.now += GATHERING_MS - 1;
  cancel(sale, 4);
  expect([book(sale, 1), sale.types.get('t0')!.reserved]).toEqual(['waitlist_first', 2]);
  sale.now += 1;
  expect(book(sale, 2)).toBe('booked');
  for (const n of [5, 6, 7, 8]) {
    cancel(sale, n);
    expect(book(sale, 1)).toBe('booked');
  }
  expect(sale.entries.get('attacker')).toMatchObject({
    status: 'waiting',
    gathered: 0,
    gatheringUntil: null,
  });
});

it('keeps what it has not come to for the queue, and goes on step by step', () => {
  const sale = new WaitingSale({ capacities: [10], offers: 2 });
  const asks = [{ ticketTypeId: 't0', quantity: 10 }];
  sale.do([{ kind: 'book', userId: 'first', bookingId: 's0', reference: 's0', asks }]);
  for (let i = 0; i < 8; i++) join(sale, `e${i}`, 1);
  cancel(sale, 0);
  expect(sale.types.get('t0')).toMatchObject({ available: 0, offered: 2, reserved: 8, waiting: 6 });
  expect([sale.unfinished, join(sale, 'late', 1)]).toMatchObject([true, { outcome: { position: 5 } }]);
  sale.goOn();
  expect(sale.types.get('t0')).toMatchObject({ available: 1, offered: 9, reserved: 0, waiting: 0 });
});

it('leaves to others what would bring a person above the limit', () => {
  const sale = new WaitingSale({ capacities: [3], maxPerPerson: 2 });
  const one = [{ ticketTypeId: 't0', quantity: 1 }];
  for (const n of [0, 1]) {
    sale.do([{ kind: 'book', userId: 'first', bookingId: `s${n}`, reference: 's', asks: one }]);
  }
  sale.do([{ kind: 'book', userId: 'u-a', bookingId: 's2', reference: 's', asks: one }]);
  join(sale, 'a', 2);
  expect(sale.entries.size).toBe(0);
  join(sale, 'b', 2);
  join(sale, 'a', 1);
  cancel(sale, 0);
  expect(stateOf(sale)).toEqual({ b: 'waiting', a: 'offered' });
  expect(
    sale.do([{ kind: 'join', userId: 'u-a', ...{ entryId: 'x', holdId: 'y' }, ...one[0]! }]),
  ).toMatchObject([{ refused: { code: 'person_limit_reached', members: { have: 2 } } }]);
});
