import fc from 'fast-check';
import { newId } from '#libs/kernel';
import { type BatchState, type Request, decideBatch } from './batch.js';
import { apply } from './change.js';
import type { Command } from './command.js';
import type { BookedItem } from './booking-record.js';
import { decide } from './decide.js';
import { type EventInventory, personKey } from './inventory.js';

const NOW = 1_000_000;
const OFFER_MS = 900_000;
const EVENT = newId(7);
const USERS = ['ann', 'bob', 'cyd'];
const TYPES = ['t0', 't1'];

const nothingYet = () => ({
  joined: 0,
  planVersion: 1,
  plan: null,
  seats: new Map(),
  holds: new Map(),
  lapsed: 0,
  bookings: new Map(),
  checkIns: new Map(),
  entries: new Map(),
  living: new Map(),
  queues: new Map(),
  freed: new Map(),
  waitlist: { paused: false, closed: false, cutOffMinutes: null },
});

/** Mostly this one: a sequence in which everything is refused shows nothing. */
const mostly = <T>(usual: T, ...others: T[]) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, fc.constantFrom(...others));
const anyTerms = fc.record({
  organizationId: fc.constant('org'),
  status: mostly<'draft' | 'published' | 'canceled'>('published', 'draft', 'canceled'),
  currency: fc.constant('EUR'),
  startsAt: mostly(NOW + 1000, NOW - 1, NOW, NOW + 1, NOW + 10),
  endsAt: mostly<number | null>(null, NOW, NOW + 5),
  salesStartAt: mostly<number | null>(null, NOW, NOW + 1),
  salesEndAt: mostly<number | null>(null, NOW, NOW + 1, NOW + 10),
});

const anyType = (id: string) =>
  fc.record({
    id: fc.constant(id),
    kind: fc.constant('general' as const),
    price: fc.nat(100_000),
    priceVersion: fc.integer({ min: 1, max: 5 }),
    maxPerBooking: fc.integer({ min: 1, max: 6 }),
    maxPerPerson: fc.constantFrom(null, 3, 5),
    available: fc.nat(12),
    held: fc.nat(4),
    booked: fc.constant(0),
    offered: fc.constant(0),
    reserved: fc.constant(0),
    waiting: fc.constant(0),
  });

const anyInventory: fc.Arbitrary<EventInventory> = fc
  .record({ terms: anyTerms, types: fc.tuple(...TYPES.map(anyType)) })
  .map(({ terms, types }) => ({
    eventId: EVENT,
    version: 1,
    terms,
    types: new Map(types.map((type) => [type.id, type])),
    taken: new Map(USERS.flatMap((user) => TYPES.map((type) => [personKey(user, type), 0]))),
    ...nothingYet(),
  }));

const anyQuantity = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 1, max: 3 }) },
  { weight: 4, arbitrary: fc.integer({ min: -1, max: 8 }) },
  fc.constantFrom(0.5, NaN, Infinity, 2 ** 60),
);
const anyAsks = fc.array(
  fc.record({ ticketTypeId: fc.oneof(mostly('t0', 'none'), fc.constant('t1')), quantity: anyQuantity }),
  { minLength: 1, maxLength: 3 },
);
const anyUser = fc.constantFrom(...USERS);
/** A command; `number` is its place in the sequence, and most name what earlier ones made. */
type Made = (number: number, inventory: EventInventory) => Command;
const of = { eventId: EVENT };
/** One of those that there are, or none. */
const nth = <T>(all: Iterable<T>, n: number): T | undefined => {
  const some = [...all];
  return some[n % (some.length + 1)];
};
/** A hold that there is, and mostly whose it is. */
const anyHold = fc
  .record({ n: fc.nat(1000), other: mostly<string | null>(null, ...USERS) })
  .map(({ n, other }) => ({ holds }: EventInventory) => {
    const hold = nth(holds.values(), n);
    return { holdId: hold?.id ?? 'none', userId: other ?? hold?.userId ?? 'ann' };
  });
const anyBooking = fc
  .nat(1000)
  .map((n) => ({ bookings }: EventInventory) => ({ bookingId: nth(bookings.keys(), n) ?? 'none' }));
const anyCommand: fc.Arbitrary<Made> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({ userId: anyUser, asks: anyAsks })
      .map((some): Made => (n) => ({ kind: 'book', ...of, bookingId: `b${n}`, reference: `r${n}`, ...some })),
  },
  {
    weight: 6,
    arbitrary: fc
      .record({ userId: anyUser, asks: anyAsks, ttlMs: mostly(60_000, 1, 1, 3) })
      .map((some): Made => (n) => ({ kind: 'hold', ...of, holdId: `h${n}`, ...some })),
  },
  {
    weight: 3,
    arbitrary: anyHold.map((hold): Made => (n, inventory) => {
      return { kind: 'consume', ...of, ...hold(inventory), bookingId: `b${n}`, reference: `r${n}` };
    }),
  },
  {
    weight: 2,
    arbitrary: anyHold.map((hold): Made => (_, inventory) => ({
      kind: 'release',
      ...of,
      ...hold(inventory),
    })),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ booking: anyBooking, late: fc.boolean() })
      .map(({ booking, late }): Made => (_, inventory) => {
        return { kind: 'cancel', ...of, ...booking(inventory), late, reason: null };
      }),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ booking: anyBooking, number: fc.integer({ min: 1, max: 7 }) })
      .map(({ booking, number }): Made => (_, inventory) => {
        return { kind: 'checkIn', ...of, ...booking(inventory), number, by: 'door' };
      }),
  },
  { weight: 1, arbitrary: fc.nat(5).map((limit): Made => () => ({ kind: 'cancelSome', ...of, limit })) },
  { weight: 1, arbitrary: fc.constant<Made>(() => ({ kind: 'expire', ...of })) },
);

const sequence = fc.array(anyCommand, { minLength: 10, maxLength: 40, size: 'max' });

/** What the lane's reader says that people have: what is booked, and what is in holds that live by the batch's clock. */
function readPersons(inventory: EventInventory, now: number): void {
  const all = [...live(inventory), ...active(inventory).filter((hold) => hold.expiresAt > now)];
  for (const user of USERS) {
    const own = all.filter((one) => one.userId === user);
    for (const type of TYPES) inventory.taken.set(personKey(user, type), placesOf(own, type));
  }
}

/** One batch a command, the clock a millisecond further each time; what was made stays readable. */
function run(inventory: EventInventory, commands: readonly Made[], each: (now: number) => void) {
  for (const [number, make] of commands.entries()) {
    const now = NOW + number;
    readPersons(inventory, now);
    const requests = [{ command: make(number, inventory), key: null, trace: null }];
    const state: BatchState = {
      now,
      inventories: new Map([[EVENT, inventory]]),
      stored: new Map(),
      offerMs: 900_000,
      offers: 50,
    };
    for (const { change } of decideBatch(state, requests).changes) {
      if (change.kind === 'booked') inventory.bookings.set(change.booking.id, change.booking);
    }
    each(now);
  }
}

const live = (inventory: EventInventory) =>
  [...inventory.bookings.values()].filter((b) => b.status === 'confirmed');
const active = (inventory: EventInventory) =>
  [...inventory.holds.values()].filter((h) => h.status === 'active');
const placesOf = (of: readonly { items: BookedItem[] }[], typeId: string) =>
  of
    .flatMap(({ items }) => items)
    .filter((item) => item.ticketTypeId === typeId)
    .reduce((sum, item) => sum + item.quantity, 0);

it('keeps the sum of places, and none of them below zero, whatever is asked in whatever order', () => {
  fc.assert(
    fc.property(anyInventory, sequence, (inventory, commands) => {
      const capacity = new Map(
        [...inventory.types.values()].map((t) => [t.id, t.available + t.held + t.booked]),
      );
      const before = new Map([...inventory.types.values()].map((t) => [t.id, t.held]));
      run(inventory, commands, () => {
        for (const type of inventory.types.values()) {
          expect(type.available + type.held + type.booked).toBe(capacity.get(type.id));
          expect(Math.min(type.available, type.held, type.booked)).toBeGreaterThanOrEqual(0);
          expect(type.booked).toBe(placesOf(live(inventory), type.id));
          expect(type.held).toBe(before.get(type.id)! + placesOf(active(inventory), type.id));
        }
      });
    }),
    { numRuns: 200 },
  );
});

it('never lets a person have more than the limit, nor a booking more than its own', () => {
  fc.assert(
    fc.property(anyInventory, sequence, (inventory, commands) => {
      run(inventory, commands, () => {
        for (const { items } of [...live(inventory), ...active(inventory)]) {
          for (const item of items) {
            expect(item.quantity).toBeLessThanOrEqual(inventory.types.get(item.ticketTypeId)!.maxPerBooking);
          }
        }
        for (const type of inventory.types.values()) {
          for (const user of USERS) {
            const all = [...live(inventory), ...active(inventory)];
            const have = placesOf(
              all.filter((one) => one.userId === user),
              type.id,
            );
            expect(have).toBeLessThanOrEqual(type.maxPerPerson ?? Infinity);
            expect(inventory.taken.get(personKey(user, type.id))).toBe(have);
          }
        }
      });
    }),
    { numRuns: 300 },
  );
});

it('moves holds along their arrows only, and consumes none that has lapsed', () => {
  const ends = { consumed: 0, expired: 0, released: 0 };
  fc.assert(
    fc.property(anyInventory, sequence, (inventory, commands) => {
      let before = new Map(inventory.holds);
      run(inventory, commands, (now) => {
        for (const hold of inventory.holds.values()) {
          const was = before.get(hold.id);
          if (was && was.status !== 'active') expect(hold).toEqual(was);
          if (was?.status === 'active' && hold.status !== 'active') ends[hold.status]++;
          if (hold.status === 'active') expect(hold.expiresAt).toBeGreaterThan(now);
          if (hold.status === 'consumed') {
            expect(hold.endedAt).toBeLessThan(hold.expiresAt);
            expect(inventory.bookings.get(hold.bookingId!)).toMatchObject({
              items: hold.items,
              total: hold.total,
            });
          }
          if (hold.status === 'expired') expect(hold.endedAt).toBeGreaterThanOrEqual(hold.expiresAt);
        }
        const consumed = [...inventory.holds.values()].flatMap((hold) => hold.bookingId ?? []);
        expect(new Set(consumed).size).toBe(consumed.length);
        before = new Map(inventory.holds);
      });
    }),
    { numRuns: 500 },
  );
  expect(Math.min(...Object.values(ends))).toBeGreaterThan(50);
});

it('decides the same for the same inventory, and changes nothing itself', () => {
  fc.assert(
    fc.property(anyInventory, fc.array(anyCommand, { maxLength: 10 }), (inventory, commands) => {
      for (const [number, make] of commands.entries()) {
        const before = structuredClone(inventory);
        const command = make(number, inventory);
        const decision = decide(inventory, command, NOW, OFFER_MS);
        expect(inventory).toEqual(before);
        expect(decide(before, command, NOW, OFFER_MS)).toEqual(decision);
        if (!('refused' in decision)) decision.changes.forEach((change) => apply(inventory, change));
      }
    }),
    { numRuns: 200 },
  );
});

it('refuses in the order of the contract, when several reasons apply', () => {
  const inventory: EventInventory = {
    eventId: EVENT,
    version: 1,
    terms: {
      organizationId: 'org',
      status: 'canceled',
      currency: 'EUR',
      startsAt: NOW - 1,
      endsAt: null,
      salesStartAt: null,
      salesEndAt: null,
    },
    types: new Map([
      [
        't0',
        {
          id: 't0',
          kind: 'general',
          price: 1,
          priceVersion: 1,
          maxPerBooking: 4,
          maxPerPerson: 3,
          available: 1,
          held: 4,
          booked: 0,
          offered: 2,
          reserved: 1,
          waiting: 1,
        },
      ],
    ]),
    taken: new Map([[personKey('ann', 't0'), 2]]),
    ...nothingYet(),
  };
  const ask = (quantity: number) => {
    const command: Command = {
      kind: 'book',
      eventId: EVENT,
      userId: 'ann',
      bookingId: 'b',
      reference: 'r',
      asks: [{ ticketTypeId: 't0', quantity }],
    };
    const decision = decide(inventory, command, NOW, OFFER_MS);
    return 'refused' in decision ? decision.refused.code : 'booked';
  };
  const seen = [ask(9), ask(4)];
  inventory.terms.status = 'published';
  seen.push(ask(4));
  inventory.terms.startsAt = NOW + 1;
  seen.push(ask(4));
  inventory.taken.set(personKey('ann', 't0'), -2);
  inventory.types.get('t0')!.maxPerBooking = 9;
  seen.push(ask(5), ask(4), ask(2), ask(1));
  expect(seen).toEqual([
    'quantity_out_of_range',
    'event_not_bookable',
    'sales_closed',
    'person_limit_reached',
    'sold_out',
    'waitlist_first',
    'waitlist_first',
    'booked',
  ]);
});

it('answers every request of a batch, and repeats one with the same key', () => {
  fc.assert(
    fc.property(anyInventory, fc.array(anyCommand, { maxLength: 20 }), (inventory, commands) => {
      const requests = commands.map((make, number): Request => {
        const key = { caller: 'ann', key: `k${number}`, fingerprint: Buffer.from(`${number}`) };
        return { command: make(number, inventory), key, trace: null };
      });
      const state: BatchState = {
        now: NOW,
        inventories: new Map([[EVENT, inventory]]),
        stored: new Map(),
        offerMs: 900_000,
        offers: 50,
      };
      const once = decideBatch(state, requests);
      const moved = structuredClone(inventory.types);
      const twice = decideBatch(state, requests);
      expect(once.answers.length).toBe(requests.length);
      for (const [index, answer] of once.answers.entries()) {
        if ('outcome' in answer) expect(twice.answers[index]).toEqual({ ...answer, replayed: true });
      }
      if (once.answers.every((answer) => 'outcome' in answer)) expect(inventory.types).toEqual(moved);
    }),
    { numRuns: 200 },
  );
});
