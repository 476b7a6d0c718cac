import fc from 'fast-check';
import { type BatchDecisions, decideBatch } from '../batch.js';
import type { Change } from '../change.js';
import type { Command } from '../command.js';
import { type EntryRecord, isLiving, rankOf } from './entry-record.js';
import { GATHERING_MS } from './promotion.js';
import { type Asked, EVENT, USERS, WaitingSale, type WaitingSaleOptions } from './waiting-sale.fixture.js';

// Laws of the queue, over random sequences of batches; some of the sales read only a few entries a step.

const options: fc.Arbitrary<WaitingSaleOptions> = fc.record({
  capacities: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 2 }),
  maxPerPerson: fc.constantFrom(null, null, 4),
  offers: fc.constantFrom(1, 2, 50),
  patient: fc.constantFrom(1, 64),
});
const user = fc.constantFrom(...USERS);
const type = fc.constantFrom('t0', 't0', 't1');
const quantity = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 6 }));
const nth = fc.nat(60);

/** A command; `n` is its number in the sequence, `sale` what there is when it comes. */
type Made = (n: number, sale: WaitingSale) => Asked;
const pick = <T>(of: Iterable<T>, i: number): T | undefined => {
  const all = [...of];
  return all.length ? all[i % all.length] : undefined;
};
const entryOf = (sale: WaitingSale, i: number) =>
  pick([...sale.entries.values()].filter(isLiving), i) ?? pick(sale.entries.values(), i);
const ofEntry = (kind: 'leave' | 'decline' | 'accept', i: number): Made => {
  return (n, sale) => {
    const entry = entryOf(sale, i);
    const own = { entryId: entry?.id ?? 'none', userId: entry?.userId ?? 'u0' };
    return kind === 'accept' ? { kind, ...own, bookingId: `b${n}`, reference: `r${n}` } : { kind, ...own };
  };
};
const join = fc.record({ userId: user, ticketTypeId: type, quantity }).map((ask): Made => (n) => {
  return { kind: 'join', entryId: `e${n}`, holdId: `o${n}`, ...ask };
});
const cancel = nth.map((i): Made => (_, sale) => {
  const live = [...sale.bookings.values()].filter((booking) => booking.status === 'confirmed');
  return { kind: 'cancel', bookingId: pick(live, i)?.id ?? 'none', late: false, reason: null };
});
const command: fc.Arbitrary<Made> = fc.oneof(
  { weight: 4, arbitrary: join },
  { weight: 3, arbitrary: cancel },
  fc.record({ userId: user, ticketTypeId: type, quantity }).map(({ userId, ...ask }): Made => (n) => {
    return { kind: 'book', bookingId: `b${n}`, reference: `r${n}`, userId, asks: [ask] };
  }),
  fc.record({ userId: user, ticketTypeId: type, quantity }).map(({ userId, ...ask }): Made => (n) => {
    return { kind: 'hold', holdId: `h${n}`, ttlMs: 600_000, userId, asks: [ask] };
  }),
  nth.map((i): Made => (_, sale) => {
    const hold = pick(
      [...sale.holds.values()].filter((one) => one.status === 'active'),
      i,
    );
    return { kind: 'release', holdId: hold?.id ?? 'none', userId: hold?.userId ?? 'u0' };
  }),
  nth.map((i): Made => (n, sale) => {
    const hold = pick(sale.holds.values(), i);
    const ids = { holdId: hold?.id ?? 'none', bookingId: `b${n}`, reference: `r${n}` };
    return { kind: 'consume', userId: hold?.userId ?? 'u0', ...ids };
  }),
  nth.map((i) => ofEntry('accept', i)),
  nth.map((i) => ofEntry('decline', i)),
  nth.map((i) => ofEntry('leave', i)),
  fc.record({ i: nth, priority: fc.constantFrom(0, 1, 100) }).map(({ i, priority }): Made => (_, sale) => {
    return { kind: 'prioritize', entryId: entryOf(sale, i)?.id ?? 'none', priority };
  }),
  nth.map((i): Made => (_, sale) => ({ kind: 'offer', entryId: entryOf(sale, i)?.id ?? 'none' })),
);
/** Commands of a batch, and the minutes that pass before it. */
const batches = fc.array(
  fc.record({
    minutes: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.constantFrom(1, 16, 31)),
    commands: fc.array(command, { maxLength: 4 }),
    /** Whether the organizer pauses the list, or lets it go on, before it. */
    paused: fc.oneof({ weight: 8, arbitrary: fc.constant(null) }, fc.boolean()),
  }),
  { minLength: 5, maxLength: 60, size: 'max' },
);
type Batches = { minutes: number; commands: Made[]; paused: boolean | null }[];
type Seen = (before: WaitingSale, decided: BatchDecisions, sale: WaitingSale) => void;

function run(given: WaitingSaleOptions, all: Batches, seen: Seen): void {
  const sale = new WaitingSale(given);
  let n = 0;
  // Sold out from the beginning, place by place.
  for (const [typeId, { available }] of sale.types) {
    for (let i = 0; i < available; i++) {
      const ids = { bookingId: `s${typeId}${i}`, reference: `s${i}` };
      sale.do([{ kind: 'book', userId: 'first', ...ids, asks: [{ ticketTypeId: typeId, quantity: 1 }] }]);
    }
  }
  const look = (before: WaitingSale, decided: BatchDecisions) => seen(before, decided, sale);
  for (const { minutes, commands, paused } of all) {
    if (paused !== null) sale.settings = { ...sale.settings, paused };
    sale.now += minutes * 60_000 + 1;
    sale.do(
      commands.map((make) => make(n++, sale)),
      look,
    );
    // A step may come between, as it may in the lane.
    if (n % 3) sale.goOn(look);
  }
}

function holdsFor(seen: Seen, numRuns = 250): void {
  fc.assert(
    fc.property(options, batches, (given, all) => run(given, all, seen)),
    { numRuns },
  );
}

const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);

it('keeps every place in one counter, and the parts of what is held in theirs', () => {
  holdsFor((before, _, sale) => {
    for (const [id, now] of sale.types) {
      const was = before.types.get(id)!;
      expect(now.available + now.held + now.booked).toBe(was.available + was.held + was.booked);
      const offers = [...sale.holds.values()].filter((h) => h.status === 'active' && h.entryId);
      const offered = offers.flatMap((h) => h.items).filter((item) => item.ticketTypeId === id);
      const held = [...sale.holds.values()].filter((h) => h.status === 'active').flatMap((h) => h.items);
      const gathered = sum(sale.waiting(id).map((entry) => entry.gathered));
      expect(now.offered).toBe(sum(offered.map((item) => item.quantity)));
      expect(now.held - now.reserved).toBe(
        sum(held.filter((item) => item.ticketTypeId === id).map((item) => item.quantity)),
      );
      expect(now.waiting).toBe(sale.waiting(id).length);
      expect(now.reserved).toBeGreaterThanOrEqual(gathered);
      if (!sale.unfinished && !sale.settings.paused) expect(now.reserved).toBe(gathered);
      if (!now.waiting) expect(now.reserved).toBe(0);
      expect(Math.min(now.available, now.offered, now.reserved, now.booked)).toBeGreaterThanOrEqual(0);
    }
  });
});

/** Plays a batch's changes again and shows each grant to somebody with what was there just before. */
function grants(
  before: WaitingSale,
  { changes }: BatchDecisions,
  each: (grant: {
    typeId: string;
    entry: EntryRecord | null;
    available: number;
    waiting: EntryRecord[];
  }) => void,
): void {
  const sale = before.copy();
  const consumed = new Set(
    changes.map(({ change }) => (change.kind === 'unheld' ? change.hold.bookingId : null)),
  );
  for (const { change } of changes) {
    const granted = grantedBy(change, consumed);
    if (granted) {
      for (const { ticketTypeId: typeId, quantity: places } of granted.items) {
        const entry = granted.entryId === null ? null : sale.entries.get(granted.entryId)!;
        const available = sale.types.get(typeId)!.available + places;
        each({ typeId, entry, available, waiting: sale.waiting(typeId) });
      }
    }
    follow(sale, change);
  }
}

/** A hold or booking of places that were free until then: what a hold becomes takes none. */
function grantedBy(change: Change, consumed: ReadonlySet<string | null>) {
  if (change.kind === 'held') return { items: change.hold.items, entryId: change.hold.entryId };
  if (change.kind !== 'booked' || consumed.has(change.booking.id)) return null;
  return { items: change.booking.items, entryId: null };
}

function follow(sale: WaitingSale, change: Change): void {
  if (change.kind === 'stock') sale.types.get(change.ticketTypeId)!.available += change.available;
  if (change.kind === 'entry') sale.entries.set(change.entry.id, change.entry);
}

const byHand = ({ answers }: BatchDecisions, entry: EntryRecord) =>
  answers.some((one) => 'outcome' in one && 'offer' in one.outcome && one.outcome.entry.id === entry.id);

const fits = (sale: WaitingSale, entry: EntryRecord, typeId: string, available: number) => {
  const limit = sale.types.get(typeId)!.maxPerPerson;
  const within = limit === null || sale.placesOf(entry.userId, typeId) + entry.quantity <= limit;
  return within && entry.quantity <= available + entry.gathered;
};

it('offers to nobody while somebody before them fits', () => {
  let offers = 0;
  holdsFor((before, decided) => {
    // What a person has changes within the batch; the law with limits is about what was read.
    if ([...before.types.values()].some((one) => one.maxPerPerson !== null)) return;
    grants(before, decided, ({ typeId, entry, available, waiting }) => {
      // What the organizer offers by hand goes past the others.
      if (!entry || byHand(decided, entry)) return;
      offers++;
      const free = available - entry.gathered;
      const ahead = waiting.filter((one) => rankOf(one) < rankOf(entry));
      expect(ahead.filter((one) => fits(before, one, typeId, free))).toEqual([]);
    });
  });
  expect(offers).toBeGreaterThan(200);
});

it('gives a passer-by nothing that a waiting entry fits', () => {
  let passersBy = 0;
  holdsFor((before, decided) => {
    if ([...before.types.values()].some((one) => one.maxPerPerson !== null)) return;
    grants(before, decided, ({ typeId, entry, available, waiting }) => {
      if (entry) return;
      passersBy++;
      expect(waiting.filter((one) => fits(before, one, typeId, available))).toEqual([]);
    });
  });
  expect(passersBy).toBeGreaterThan(200);
});

it('leaves nobody waiting whom what is on sale would do for, once it is done', () => {
  holdsFor((_before, _decided, sale) => {
    if (sale.unfinished) return;
    for (const [id, { available }] of sale.types) {
      expect(sale.waiting(id).filter((entry) => fits(sale, entry, id, available))).toEqual([]);
    }
  });
});

it('lets one entry a type gather, no more than it wants, for half an hour and once', () => {
  let gathering = 0;
  holdsFor((before, _, sale) => {
    for (const id of sale.types.keys()) {
      const all = sale.waiting(id).filter((entry) => entry.gatheringUntil !== null);
      expect(all.length).toBeLessThanOrEqual(1);
      for (const entry of all) {
        gathering++;
        expect(entry.gatheringUntil).toBe(entry.gatheringSince! + GATHERING_MS);
        expect(entry.gatheringUntil).toBeGreaterThan(sale.now);
        expect(entry.gathered).toBeLessThan(entry.quantity);
        expect(entry.passes).toBe(3);
        const was = before.entries.get(entry.id);
        if (was?.gatheringSince) expect(entry.gatheringSince).toBe(was.gatheringSince);
      }
    }
  });
  expect(gathering).toBeGreaterThan(20);
});

it('moves entries along their arrows only', () => {
  const next = {
    waiting: ['waiting', 'offered', 'accepted', 'declined', 'left'],
    offered: ['offered', 'accepted', 'declined', 'expired', 'left'],
  } as Record<string, string[]>;
  holdsFor((before, _, sale) => {
    for (const entry of sale.entries.values()) {
      const was = before.entries.get(entry.id);
      if (!was) continue;
      if (!isLiving(was)) expect(entry).toEqual(was);
      else expect(next[was.status]).toContain(entry.status);
      if (entry.status === 'accepted') expect(sale.holds.get(entry.holdId)!.status).toBe('consumed');
    }
    const living = [...sale.entries.values()].filter(isLiving).map((e) => `${e.userId} ${e.ticketTypeId}`);
    expect(new Set(living).size).toBe(living.length);
  });
});

it('decides the same for the same rows', () => {
  holdsFor((_before, _decided, sale) => {
    const bookings = [...sale.bookings.values()].filter((one) => one.status === 'confirmed').slice(0, 2);
    const commands = bookings.map(({ id }): Command => {
      return { kind: 'cancel', eventId: EVENT, bookingId: id, late: false, reason: null };
    });
    const requests = commands.map((one) => ({ command: one, key: null, trace: null }));
    const decide = () => decideBatch(sale.copy().read(commands), requests);
    expect(decide()).toEqual(decide());
  }, 30);
});
