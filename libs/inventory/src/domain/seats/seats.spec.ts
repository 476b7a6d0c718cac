import fc from 'fast-check';
import { newIds } from '#libs/kernel';
import { firstClear, firstSet, isSet, setBit, unionOf } from './bitmap.js';
import { SeatPlan } from './seat-plan.js';
import { SectionSeats } from './section-seats.js';

const anyBits = fc.array(fc.boolean(), { minLength: 1, maxLength: 130 });

function bytesFor(flags: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(flags.length / 8));
  for (const [n, flag] of flags.entries()) if (flag) setBit(bytes, n);
  return bytes;
}

it('counts bits as PostgreSQL does', () => {
  const flags = [true, false, false, true, false, false, false, false, true];
  expect([...bytesFor(flags)]).toEqual([0b1001, 1]);
  fc.assert(
    fc.property(anyBits, (some) => {
      expect(some.map((_, n) => isSet(bytesFor(some), n))).toEqual(some);
    }),
  );
});

it('finds the next seat that is in a set, or is not, between any two seats', () => {
  fc.assert(
    fc.property(anyBits, fc.nat(130), fc.nat(130), (flags, a, b) => {
      const end = Math.min(a, flags.length);
      const from = Math.min(b, flags.length);
      const words = unionOf(bytesFor(flags), bytesFor(flags.map(() => false)));
      const find = (wanted: boolean) => {
        const n = flags.findIndex((flag, at) => at >= from && flag === wanted);
        return n < 0 || n >= end ? end : n;
      };
      expect(firstSet(words, from, end)).toBe(find(true));
      expect(firstClear(words, from, end)).toBe(find(false));
    }),
  );
});

it('knows every seat of a plan by its id, and where people find it', () => {
  const draw = (position: number, rows: number[]) => ({
    position,
    name: `S${position}`,
    ticketTypeId: 't',
    rows: rows.map((seats, row) => ({ name: `R${row}`, seats })),
    ids: Buffer.from(
      newIds(
        0,
        rows.reduce((a, b) => a + b, 0),
      )
        .join('')
        .replaceAll('-', ''),
      'hex',
    ),
  });
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }), { maxLength: 3 }),
      (halls) => {
        // Positions may have gaps: nothing but their order is known of them.
        const plan = new SeatPlan(
          'event',
          1,
          halls.map((rows, i) => draw(2 * i, rows)),
        );
        for (const [i, rows] of halls.entries()) {
          const labels = rows.flatMap((seats, row) =>
            Array.from({ length: seats }, (_, n) => ({
              section: `S${2 * i}`,
              row: `R${row}`,
              number: `${n + 1}`,
            })),
          );
          for (const [at, label] of labels.entries()) {
            const place = { section: 2 * i, at };
            expect(plan.find(plan.idOf(place))).toEqual(place);
            expect(plan.labelOf(place)).toEqual(label);
          }
        }
        expect(plan.find(newIds(0, 1)[0]!)).toBeNull();
        expect(plan.find('no id')).toBeNull();
      },
    ),
  );
});

it('does not draw a section whose seats are not those of its rows', () => {
  const ids = Buffer.alloc(16 * 3);
  const section = { position: 0, name: 'A', ticketTypeId: 't', rows: [{ name: '1', seats: 2 }], ids };
  expect(() => new SeatPlan('event', 1, [section])).toThrow('section 0 has other seats than its rows say');
});

it('moves a seat only from where it is, and keeps the three sets apart', () => {
  const none = () => new Uint8Array(2);
  const stored = { section: 4, version: 3, held: none(), booked: none(), blocked: none() };
  const seats = new SectionSeats(stored);
  seats.move(9, 'free', 'held');
  expect([seats.statusOf(9), seats.statusOf(8)]).toEqual(['held', 'free']);
  expect(() => seats.move(9, 'free', 'booked')).toThrow('seat 9 of section 4 is held, not free');
  seats.move(9, 'held', 'booked');
  seats.move(3, 'free', 'blocked');
  expect([...seats.changed].sort()).toEqual(['blocked', 'booked', 'held']);
  expect(stored).toMatchObject({ version: 3, held: none(), booked: Uint8Array.of(0, 2) });
  const copy = seats.copy();
  copy.move(9, 'booked', 'free');
  expect([copy.statusOf(9), seats.statusOf(9), stored.booked[1]]).toEqual(['free', 'booked', 2]);
});
