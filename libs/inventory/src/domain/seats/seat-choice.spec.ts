import fc from 'fast-check';
import { newId, newIds } from '#libs/kernel';
import { type BatchState, decideBatch } from '../batch.js';
import type { BookedItem } from '../booking-record.js';
import type { Ask, Command } from '../command.js';
import type { EventInventory } from '../inventory.js';
import { SeatPlan } from './seat-plan.js';
import { SectionSeats } from './section-seats.js';

const NOW = 1_000_000;
const EVENT = newId(7);
/** Two seated types, the first with two sections, and general admission. */
const TYPES = ['s0', 's1', 'g'];
const SECTIONS = [
  { name: 'A', ticketTypeId: 's0', rows: [5, 4] },
  { name: 'B', ticketTypeId: 's1', rows: [6] },
  { name: 'C', ticketTypeId: 's0', rows: [3] },
];
const bytes = (ids: readonly string[]) => Buffer.from(ids.join('').replaceAll('-', ''), 'hex');

function open() {
  const plan = new SeatPlan(
    EVENT,
    3,
    SECTIONS.map(({ rows, ...section }, position) => ({
      ...section,
      position,
      rows: rows.map((seats, row) => ({ name: `${row + 1}`, seats })),
      ids: bytes(
        newIds(
          7,
          rows.reduce((a, b) => a + b, 0),
        ),
      ),
    })),
  );
  const none = () => new Uint8Array(2);
  const places = plan.sections.flatMap(({ position, seats }) =>
    Array.from({ length: seats }, (_, at) => ({ section: position, at })),
  );
  const capacity = (type: string) =>
    places.filter(({ section }) => plan.section(section).ticketTypeId === type).length || 4;
  const inventory: EventInventory = {
    eventId: EVENT,
    version: 1,
    joined: 0,
    planVersion: 3,
    plan: null,
    terms: {
      organizationId: 'org',
      status: 'published',
      currency: 'EUR',
      startsAt: NOW + 1_000_000,
      endsAt: null,
      salesStartAt: null,
      salesEndAt: null,
    },
    seats: new Map(
      plan.sections.map(({ position: section }) => [
        section,
        new SectionSeats({ section, version: 1, held: none(), booked: none(), blocked: none() }),
      ]),
    ),
    types: new Map(
      TYPES.map((id) => [
        id,
        {
          id,
          kind: id === 'g' ? ('general' as const) : ('seated' as const),
          price: 100,
          priceVersion: 1,
          maxPerBooking: 6,
          maxPerPerson: null,
          available: capacity(id),
          held: 0,
          booked: 0,
          offered: 0,
          reserved: 0,
          waiting: 0,
        },
      ]),
    ),
    taken: new Map(),
    holds: new Map(),
    lapsed: 0,
    bookings: new Map(),
    checkIns: new Map(),
    entries: new Map(),
    living: new Map(),
    queues: new Map(),
    freed: new Map(),
    waitlist: { paused: false, closed: false, cutOffMinutes: null },
  };
  return { plan, inventory, places, ids: places.map((place) => plan.idOf(place)) };
}

/** An item; seats by their number among all seats, one more than there are for one that is unknown. */
const anyItem = fc.oneof(
  fc.record({ ticketTypeId: fc.constant('g'), quantity: fc.integer({ min: 1, max: 3 }) }),
  fc.record({
    ticketTypeId: fc.constantFrom('s0', 's0', 's1'),
    seats: fc.array(fc.nat(18), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    ticketTypeId: fc.constantFrom('s0', 's1'),
    quantity: fc.integer({ min: 1, max: 4 }),
    bestAvailable: fc.constant(true as const),
    section: fc.constantFrom(undefined, undefined, 'A', 'B'),
    allowSplit: fc.boolean(),
  }),
);
type Item = typeof anyItem extends fc.Arbitrary<infer T> ? T : never;
const anyAct = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constantFrom('book', 'hold'),
      items: fc.array(anyItem, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constantFrom('consume', 'release', 'cancel'), of: fc.nat(20) }),
  },
);

function asksOf(items: readonly Item[], ids: readonly string[]): Ask[] {
  return items.map((item) =>
    'seats' in item
      ? { ticketTypeId: item.ticketTypeId, seatIds: item.seats.map((n) => ids[n] ?? newId(7)) }
      : item,
  );
}

it('gives a seat to one holder at a time, and counts, bitmaps and holders agree', () => {
  fc.assert(
    fc.property(fc.array(anyAct, { maxLength: 30 }), (acts) => {
      const { plan, inventory, places, ids } = open();
      const capacity = new Map([...inventory.types.values()].map((type) => [type.id, type.available]));
      for (const [n, act] of acts.entries()) {
        const of = { eventId: EVENT, userId: 'ann' };
        const made = { bookingId: `b${n}`, reference: `r${n}` };
        const commands: Record<string, () => Command> = {
          book: () => ({
            kind: 'book',
            ...of,
            ...made,
            plan,
            asks: asksOf('items' in act ? act.items : [], ids),
          }),
          hold: () => ({
            kind: 'hold',
            ...of,
            holdId: `h${n}`,
            ttlMs: 5,
            plan,
            asks: asksOf('items' in act ? act.items : [], ids),
          }),
          consume: () => ({ kind: 'consume', ...of, ...made, holdId: `h${'of' in act ? act.of : 0}` }),
          release: () => ({ kind: 'release', ...of, holdId: `h${'of' in act ? act.of : 0}` }),
          cancel: () => ({
            kind: 'cancel',
            eventId: EVENT,
            bookingId: `b${'of' in act ? act.of : 0}`,
            late: false,
            reason: null,
          }),
        };
        const now = NOW + n;
        const inventories = new Map([[EVENT, inventory]]);
        const state: BatchState = { now, inventories, stored: new Map(), offerMs: 900_000, offers: 50 };
        const request = { command: commands[act.act]!(), key: null, trace: null };
        const { answers, changes } = decideBatch(state, [request]);
        for (const { change } of changes)
          if (change.kind === 'booked') inventory.bookings.set(change.booking.id, change.booking);
        const [answer] = answers;
        if ('items' in act && answer && 'outcome' in answer) honours(act.items, answer.outcome, plan);

        const live = [...inventory.bookings.values()].filter((one) => one.status === 'confirmed');
        const active = [...inventory.holds.values()].filter((one) => one.status === 'active');
        const seatsOf = (some: readonly { items: BookedItem[] }[]) =>
          some.flatMap(({ items }) => items.flatMap((item) => item.seatIds ?? []));
        const all = [...seatsOf(live), ...seatsOf(active)];
        expect(new Set(all).size).toBe(all.length);
        const with_ = (status: string) =>
          places
            .filter(({ section, at }) => inventory.seats.get(section)!.statusOf(at) === status)
            .map((place) => plan.idOf(place))
            .sort();
        expect(with_('booked')).toEqual(seatsOf(live).sort());
        expect(with_('held')).toEqual(seatsOf(active).sort());
        for (const type of inventory.types.values()) {
          expect(type.available + type.held + type.booked).toBe(capacity.get(type.id));
          if (type.kind !== 'seated') continue;
          const ofType = (id: string) => plan.section(plan.find(id)!.section).ticketTypeId === type.id;
          expect(type.booked).toBe(with_('booked').filter(ofType).length);
          expect(type.held).toBe(with_('held').filter(ofType).length);
        }
      }
    }),
    { numRuns: 400 },
  );
});

/** What was granted is what was asked: so many of each type, the seats that were named, the sections that were. */
function honours(items: readonly Item[], outcome: object, plan: SeatPlan): void {
  const { items: got } = ('hold' in outcome ? outcome.hold : (outcome as { booking: unknown }).booking) as {
    items: BookedItem[];
  };
  for (const type of TYPES) {
    const asked = items.filter((item) => item.ticketTypeId === type);
    const item = got.find((one) => one.ticketTypeId === type);
    const quantity = asked.reduce((sum, one) => sum + ('seats' in one ? one.seats.length : one.quantity), 0);
    expect(item?.quantity ?? 0).toBe(quantity);
    if (!item || type === 'g') continue;
    expect(item.seatIds!.length).toBe(quantity);
    expect(item.seats!.map(({ place }) => plan.idOf(place))).toEqual(item.seatIds);
    expect(item.seats!.map(({ label }) => label)).toEqual(
      item.seats!.map(({ place }) => plan.labelOf(place)),
    );
    for (const one of asked) {
      if ('bestAvailable' in one && one.section) {
        const inSection = item.seats!.filter(({ label }) => label.section === one.section).length;
        expect(inSection).toBeGreaterThanOrEqual(one.quantity);
      }
    }
  }
}

it('changes nothing while it decides, and answers with a stale plan that it is one', () => {
  const { plan, inventory, ids } = open();
  const asks: Ask[] = [
    { ticketTypeId: 's0', quantity: 2, bestAvailable: true },
    { ticketTypeId: 's0', seatIds: [ids[0]!] },
  ];
  const state = (): BatchState => ({
    now: NOW,
    inventories: new Map([[EVENT, inventory]]),
    stored: new Map(),
    offerMs: 900_000,
    offers: 50,
  });
  const book = (of: SeatPlan | null) => {
    const command: Command = {
      kind: 'book',
      eventId: EVENT,
      userId: 'ann',
      bookingId: 'b',
      reference: 'r',
      asks,
      plan: of,
    };
    return decideBatch(state(), [{ command, key: null, trace: null }]);
  };
  const old = new SeatPlan(EVENT, 2, []);
  for (const stale of [old, null]) {
    expect(book(stale)).toMatchObject({ answers: [{ refused: { code: 'plan_changed' } }], changes: [] });
  }
  inventory.types.get('s0')!.available = 2;
  expect(book(plan)).toMatchObject({ answers: [{ refused: { code: 'sold_out' } }], changes: [] });
  for (const seats of inventory.seats.values()) expect(seats.changed.size).toBe(0);
});
