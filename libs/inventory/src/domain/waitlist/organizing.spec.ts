import type { EntryRecord } from './entry-record.js';
import { type ListState, whatFor } from './waiting-for.js';
import { WaitingSale } from './waiting-sale.fixture.js';
import { FIRST_SETTINGS, endOfWaiting } from './waitlist-settings.js';

// What the organizer settles about a waitlist, offers by hand, and what an entry is told of it.

/** A sale that is sold out, place by place. */
function soldOut(capacity: number, maxPerPerson: number | null = null): WaitingSale {
  const sale = new WaitingSale({ capacities: [capacity], maxPerPerson });
  for (let i = 0; i < capacity; i++) {
    const asks = [{ ticketTypeId: 't0', quantity: 1 }];
    sale.do([{ kind: 'book', userId: `first${i}`, bookingId: `s${i}`, reference: `s${i}`, asks }]);
  }
  return sale;
}
const join = (sale: WaitingSale, id: string, quantity = 1) =>
  sale.do([
    { kind: 'join', userId: `u-${id}`, entryId: id, holdId: `o-${id}`, ticketTypeId: 't0', quantity },
  ])[0];
const cancel = (sale: WaitingSale, ...numbers: number[]) =>
  sale.do(numbers.map((n) => ({ kind: 'cancel', bookingId: `s${n}`, late: false, reason: null })));
const offer = (sale: WaitingSale, entryId: string) => sale.do([{ kind: 'offer', entryId }])[0];
const book = (sale: WaitingSale, quantity: number) => {
  const asks = [{ ticketTypeId: 't0', quantity }];
  const [answer] = sale.do([
    { kind: 'book', userId: 'passer-by', bookingId: `p${sale.bookings.size}`, reference: 'p', asks },
  ]);
  return 'refused' in answer! ? answer.refused.code : 'booked';
};
const stateOf = (sale: WaitingSale) =>
  Object.fromEntries([...sale.entries.values()].map((entry) => [entry.id, entry.status]));
const stock = (sale: WaitingSale) => sale.types.get('t0')!;
const settle = (sale: WaitingSale, settings: Partial<WaitingSale['settings']>) => {
  sale.settings = { ...sale.settings, ...settings };
};
const refused = (code: string) => ({ refused: { code } });

describe('a paused waitlist', () => {
  it('keeps what comes free for those who wait, and offers it in order when it goes on', () => {
    const sale = soldOut(3);
    for (const id of ['a', 'b', 'c']) join(sale, id);
    settle(sale, { paused: true });
    cancel(sale, 0, 1);
    expect(stock(sale)).toMatchObject({ available: 0, held: 2, reserved: 2, waiting: 3 });
    expect(sale.unfinished).toBe(false);
    expect(book(sale, 1)).toBe('waitlist_first');
    // However often the lane comes by.
    sale.do([{ kind: 'expire' }]);
    expect(stock(sale)).toMatchObject({ reserved: 2 });
    settle(sale, { paused: false });
    sale.do([{ kind: 'expire' }]);
    expect(stateOf(sale)).toEqual({ a: 'offered', b: 'offered', c: 'waiting' });
    expect(stock(sale)).toMatchObject({ offered: 2, reserved: 0 });
  });

  it('leaves on sale what was on sale before, and all when nobody waits any more', () => {
    const sale = soldOut(3);
    join(sale, 'a', 2);
    cancel(sale, 0);
    expect(stock(sale)).toMatchObject({ available: 1, reserved: 0 });
    settle(sale, { paused: true });
    cancel(sale, 1);
    expect(stock(sale)).toMatchObject({ available: 1, reserved: 1 });
    expect(book(sale, 1)).toBe('booked');
    expect(stock(sale)).toMatchObject({ available: 0, reserved: 1 });
    sale.do([{ kind: 'leave', entryId: 'a', userId: 'u-a' }]);
    expect(stock(sale)).toMatchObject({ available: 1, held: 0, reserved: 0, waiting: 0 });
  });

  it('keeps what an offer gives back, and what somebody had gathered', () => {
    const sale = soldOut(4);
    join(sale, 'single');
    cancel(sale, 0);
    expect(stateOf(sale)).toEqual({ single: 'offered' });
    join(sale, 'other');
    settle(sale, { paused: true });
    sale.do([{ kind: 'decline', entryId: 'single', userId: 'u-single' }]);
    expect(stock(sale)).toMatchObject({ available: 0, offered: 0, reserved: 1 });
    expect(stateOf(sale)).toMatchObject({ other: 'waiting' });
  });
});

describe('an offer by hand', () => {
  it('gives an entry places that are kept, whoever stands before it, and the others theirs', () => {
    const sale = soldOut(3);
    for (const id of ['a', 'b', 'c']) join(sale, id);
    settle(sale, { paused: true });
    cancel(sale, 0, 1);
    expect(offer(sale, 'c')).toMatchObject({
      outcome: { entry: { id: 'c', status: 'offered' }, offer: { entryId: 'c', total: 1000 } },
    });
    expect(stock(sale)).toMatchObject({ available: 0, held: 2, offered: 1, reserved: 1, waiting: 2 });
    settle(sale, { paused: false });
    sale.do([{ kind: 'expire' }]);
    expect(stateOf(sale)).toEqual({ a: 'offered', b: 'waiting', c: 'offered' });
  });

  it('takes what is on sale where nothing is kept', () => {
    const sale = soldOut(4);
    settle(sale, { paused: true });
    cancel(sale, 0);
    join(sale, 'a', 2);
    cancel(sale, 1);
    expect(stock(sale)).toMatchObject({ available: 1, reserved: 1 });
    expect(offer(sale, 'a')).toMatchObject({ outcome: { entry: { status: 'offered' } } });
    expect(stock(sale)).toMatchObject({ available: 0, held: 2, offered: 2, reserved: 0 });
  });

  it('keeps nothing of what was on sale before', () => {
    const sale = soldOut(4);
    for (const id of ['a', 'b']) join(sale, id, 2);
    cancel(sale, 0);
    settle(sale, { paused: true });
    cancel(sale, 1, 2);
    expect(stock(sale)).toMatchObject({ available: 1, reserved: 2 });
    offer(sale, 'b');
    expect(stock(sale)).toMatchObject({ available: 1, offered: 2, reserved: 0, waiting: 1 });
  });

  it('is refused where there is too little, to who does not wait, and above the limit a person', () => {
    const sale = soldOut(3, 2);
    for (const id of ['a', 'b']) join(sale, id, 2);
    expect(offer(sale, 'a')).toMatchObject(refused('sold_out'));
    expect(offer(sale, 'nobody')).toMatchObject(refused('not_found'));
    settle(sale, { paused: true });
    cancel(sale, 0, 1);
    const asks = [{ ticketTypeId: 't0', quantity: 1 }];
    cancel(sale, 2);
    sale.do([{ kind: 'leave', entryId: 'a', userId: 'u-a' }]);
    expect(offer(sale, 'a')).toMatchObject(refused('invalid_state'));
    settle(sale, { cutOffMinutes: 200 * 1440 });
    sale.do([{ kind: 'book', userId: 'u-b', bookingId: 'own', reference: 'own', asks }]);
    settle(sale, { cutOffMinutes: null });
    expect(offer(sale, 'b')).toMatchObject(refused('person_limit_reached'));
  });
});

describe('the end of a waitlist', () => {
  it('comes so long before the start, and lets what is kept go on sale', () => {
    const sale = soldOut(2);
    join(sale, 'a');
    settle(sale, { paused: true });
    cancel(sale, 0);
    expect(stock(sale)).toMatchObject({ available: 0, reserved: 1 });
    settle(sale, { cutOffMinutes: 60 });
    sale.now = sale.endOfSales - 60 * 60_000 - 1;
    sale.do([{ kind: 'expire' }]);
    expect(stock(sale)).toMatchObject({ available: 0, reserved: 1 });
    sale.now++;
    expect(join(sale, 'late', 2)).toMatchObject(refused('waitlist_closed'));
    expect(offer(sale, 'a')).toMatchObject(refused('waitlist_closed'));
    expect(stock(sale)).toMatchObject({ available: 1, reserved: 0, waiting: 1 });
    expect(book(sale, 1)).toBe('booked');
    cancel(sale, 1);
    expect(stateOf(sale)).toEqual({ a: 'waiting' });
  });

  it('ends offers', () => {
    const sale = soldOut(1);
    join(sale, 'a');
    settle(sale, { cutOffMinutes: 60 });
    const ends = endOfWaiting({ startsAt: sale.endOfSales, salesEndAt: null }, sale.settings);
    expect(ends).toBe(sale.endOfSales - 3_600_000);
    sale.now = ends - 1000;
    cancel(sale, 0);
    expect(sale.holds.get('o-a')!.expiresAt).toBe(ends);
    expect(
      endOfWaiting({ startsAt: 5_000_000, salesEndAt: 1000 }, { ...FIRST_SETTINGS, cutOffMinutes: 1 }),
    ).toBe(1000);
  });

  it('is not closing it: who waits is served, nobody joins', () => {
    const sale = soldOut(2);
    join(sale, 'a');
    settle(sale, { closed: true });
    expect(join(sale, 'b')).toMatchObject(refused('waitlist_closed'));
    cancel(sale, 0);
    expect(stateOf(sale)).toEqual({ a: 'offered' });
  });
});

describe('what an entry is told', () => {
  const entry = { quantity: 2, passes: 1, gatheringUntil: null, gathered: 0 } as EntryRecord;
  const list: ListState = {
    ...{ available: 0, reserved: 0, gathered: 0, paused: false, ends: 1000, limit: null, have: 0 },
  };
  const gatherer = { ...entry, gatheringUntil: 500, gathered: 1 };
  it.each([
    ['waitlist_over', entry, 1, { ends: 10, paused: true }, {}],
    ['paused', entry, 1, { paused: true, reserved: 1 }, {}],
    ['person_limit', entry, 3, { limit: 3, have: 2, available: 5 }, { limit: 3, have: 2 }],
    ['ahead_of_you', entry, 3, { limit: 3, have: 1 }, { ahead: 2 }],
    ['gathering', gatherer, 3, { reserved: 1, gathered: 1 }, { gathered: 1 }],
    ['being_offered', entry, 3, { reserved: 2, gathered: 1 }, {}],
    ['nobody_canceled', entry, 1, { reserved: 1, gathered: 1 }, {}],
    ['larger_than_free', entry, 3, { available: 1 }, { free: 1, passes: 1 }],
    ['ahead_of_you', entry, 17, {}, { ahead: 16 }],
    ['nobody_canceled', entry, 1, {}, {}],
  ] as const)('is %s', (reason, one, position, state, members) => {
    expect(whatFor(one, position, { ...list, ...state }, 10)).toEqual({ reason, ...members });
  });

  it('comes with the answer to joining', () => {
    const sale = soldOut(2);
    expect(join(sale, 'a')).toMatchObject({ outcome: { waitingFor: { reason: 'nobody_canceled' } } });
    expect(join(sale, 'b')).toMatchObject({ outcome: { waitingFor: { reason: 'ahead_of_you', ahead: 1 } } });
  });
});
