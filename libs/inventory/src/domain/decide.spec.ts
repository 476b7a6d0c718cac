import fc from 'fast-check';
import { newId } from '#libs/kernel';
import { type BatchState, type Request, decideBatch } from './batch.js';
import { apply } from './change.js';
import type { Command } from './command.js';
import { decide } from './decide.js';
import { type EventInventory, personKey } from './inventory.js';

const NOW = 1_000_000;
const EVENT = newId(7);
const USERS = ['ann', 'bob', 'cyd'];
const TYPES = ['t0', 't1'];

const anyTerms = fc.record({
  organizationId: fc.constant('org'),
  status: fc.constantFrom('draft', 'published', 'published', 'published', 'canceled'),
  currency: fc.constant('EUR'),
  startsAt: fc.constantFrom(NOW - 1, NOW, NOW + 1),
  endsAt: fc.constantFrom(null, null, NOW, NOW + 5),
  salesStartAt: fc.constantFrom(null, null, NOW, NOW + 1),
  salesEndAt: fc.constantFrom(null, NOW, NOW + 1, NOW + 1),
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
  });

const anyInventory: fc.Arbitrary<EventInventory> = fc
  .record({ terms: anyTerms, types: fc.tuple(...TYPES.map(anyType)) })
  .map(({ terms, types }) => ({
    eventId: EVENT,
    version: 1,
    terms,
    types: new Map(types.map((type) => [type.id, type])),
    taken: new Map(USERS.flatMap((user) => TYPES.map((type) => [personKey(user, type), 0]))),
    bookings: new Map(),
  }));

const anyQuantity = fc.oneof(fc.integer({ min: -1, max: 8 }), fc.constantFrom(0.5, NaN, Infinity, 2 ** 60));
const anyCommand: fc.Arbitrary<(number: number) => Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({
        userId: fc.constantFrom(...USERS),
        asks: fc.array(
          fc.record({ ticketTypeId: fc.constantFrom(...TYPES, 'none'), quantity: anyQuantity }),
          {
            minLength: 1,
            maxLength: 3,
          },
        ),
      })
      .map((some) => (number: number) => ({
        kind: 'book' as const,
        eventId: EVENT,
        bookingId: `b${number}`,
        reference: `r${number}`,
        ...some,
      })),
  },
  {
    weight: 2,
    arbitrary: fc.record({ of: fc.nat(20), late: fc.boolean() }).map(({ of, late }) => () => ({
      kind: 'cancel' as const,
      eventId: EVENT,
      bookingId: `b${of}`,
      late,
      reason: null,
    })),
  },
  {
    weight: 1,
    arbitrary: fc.nat(5).map((limit) => () => ({ kind: 'cancelSome' as const, eventId: EVENT, limit })),
  },
);

/** Decides and applies commands one after the other, as a batch does; bookings stay readable. */
function run(
  inventory: EventInventory,
  commands: readonly ((number: number) => Command)[],
  each: () => void,
) {
  for (const [number, make] of commands.entries()) {
    const decision = decide(inventory, make(number), NOW);
    if ('refused' in decision) continue;
    for (const change of decision.changes) {
      apply(inventory, change);
      if (change.kind === 'booked') inventory.bookings.set(change.booking.id, change.booking);
    }
    each();
  }
}

const live = (inventory: EventInventory) =>
  [...inventory.bookings.values()].filter((b) => b.status === 'confirmed');

it('keeps the sum of places, and none of them below zero, whatever is asked in whatever order', () => {
  fc.assert(
    fc.property(anyInventory, fc.array(anyCommand, { maxLength: 25 }), (inventory, commands) => {
      const capacity = new Map(
        [...inventory.types.values()].map((t) => [t.id, t.available + t.held + t.booked]),
      );
      run(inventory, commands, () => {
        for (const type of inventory.types.values()) {
          expect(type.available + type.held + type.booked).toBe(capacity.get(type.id));
          expect(Math.min(type.available, type.held, type.booked)).toBeGreaterThanOrEqual(0);
          const booked = live(inventory).flatMap((b) =>
            b.items.filter((item) => item.ticketTypeId === type.id),
          );
          expect(type.booked).toBe(booked.reduce((sum, item) => sum + item.quantity, 0));
        }
      });
    }),
    { numRuns: 500 },
  );
});

it('never lets a person have more than the limit, nor a booking more than its own', () => {
  fc.assert(
    fc.property(anyInventory, fc.array(anyCommand, { maxLength: 25 }), (inventory, commands) => {
      run(inventory, commands, () => {
        for (const booking of live(inventory)) {
          for (const item of booking.items) {
            expect(item.quantity).toBeLessThanOrEqual(inventory.types.get(item.ticketTypeId)!.maxPerBooking);
          }
        }
        for (const type of inventory.types.values()) {
          for (const user of USERS) {
            const have = live(inventory)
              .filter((b) => b.userId === user)
              .flatMap((b) => b.items)
              .filter((item) => item.ticketTypeId === type.id)
              .reduce((sum, item) => sum + item.quantity, 0);
            expect(have).toBeLessThanOrEqual(type.maxPerPerson ?? Infinity);
            expect(inventory.taken.get(personKey(user, type.id))).toBe(have);
          }
        }
      });
    }),
    { numRuns: 300 },
  );
});

it('decides the same for the same inventory, and changes nothing itself', () => {
  fc.assert(
    fc.property(anyInventory, fc.array(anyCommand, { maxLength: 10 }), (inventory, commands) => {
      for (const [number, make] of commands.entries()) {
        const before = structuredClone(inventory);
        const decision = decide(inventory, make(number), NOW);
        expect(inventory).toEqual(before);
        expect(decide(before, make(number), NOW)).toEqual(decision);
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
        },
      ],
    ]),
    taken: new Map([[personKey('ann', 't0'), 2]]),
    bookings: new Map(),
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
    const decision = decide(inventory, command, NOW);
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
        return { command: make(number), key, trace: null };
      });
      const state: BatchState = { now: NOW, inventories: new Map([[EVENT, inventory]]), stored: new Map() };
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
