import fc from 'fast-check';
import { newIds } from '#libs/kernel';
import { bestAvailable } from './best-available.js';
import { type SeatPlace, SeatPlan } from './seat-plan.js';
import { SectionSeats } from './section-seats.js';

/** A hall as drawn: `.` is a free seat, anything else a taken one; sections of rows, the front row first. */
type Drawing = string[][];

function open(drawing: Drawing, typeOf = (_: number) => 't') {
  const count = drawing.map((rows) => rows.join('').length);
  const plan = new SeatPlan(
    'event',
    1,
    drawing.map((rows, position) => ({
      position,
      name: `S${position}`,
      ticketTypeId: typeOf(position),
      rows: rows.map((row, i) => ({ name: `R${i}`, seats: row.length })),
      ids: Buffer.from(newIds(0, count[position]!).join('').replaceAll('-', ''), 'hex'),
    })),
  );
  const seats = new Map(
    drawing.map((rows, position) => {
      const none = () => new Uint8Array(Math.ceil(count[position]! / 8));
      const state = new SectionSeats({
        section: position,
        version: 1,
        held: none(),
        booked: none(),
        blocked: none(),
      });
      [...rows.join('')].forEach((seat, at) => seat === '.' || state.move(at, 'free', 'booked'));
      return [position, state];
    }),
  );
  const best = (quantity: number, wish: { section?: string; allowSplit?: boolean } = {}) =>
    bestAvailable(plan, seats, { ticketTypeId: 't', quantity, section: null, allowSplit: false, ...wish });
  return { plan, seats, best };
}

/** The drawing with `x` where the seats are. */
function chosen(drawing: Drawing, quantity: number, wish: { section?: string; allowSplit?: boolean } = {}) {
  const places = open(drawing).best(quantity, wish);
  if (!places) return null;
  return drawing.map((rows, section) => {
    let at = 0;
    const isChosen = () => {
      const here = at++;
      return places.some((place) => place.section === section && place.at === here);
    };
    return rows.map((row) => [...row].map((seat) => (isChosen() ? 'x' : seat)).join(''));
  });
}

it.each<[string, Drawing, number, Drawing | null]>([
  ['the middle of the front row', [['......', '......']], 2, [['..xx..', '......']]],
  ['the next row only when the front is full', [['b.b.b.', '......']], 2, [['b.b.b.', '..xx..']]],
  ['a row further back rather than leave one seat alone', [['.bb...', '......']], 2, [['.bb...', '..xx..']]],
  ['the end of a run rather than leave one seat alone', [['bb....']], 2, [['bbxx..']]],
  ['what leaves one alone when there is nothing else', [['b...bb']], 2, [['b.xxbb']]],
  ['a single seat for one rather than break a pair', [['b..b.b']], 1, [['b..bxb']]],
  ['the section that was drawn first among equals', [['......'], ['......']], 2, [['..xx..'], ['......']]],
  ['a front row of another section', [['bbbb', '......'], ['......']], 2, [['bbbb', '......'], ['..xx..']]],
  ['nothing when no run is long enough', [['..b..', '.b...']], 4, null],
  ['never across the ends of two rows', [['bb..', '..bb']], 3, null],
])('takes for a party %s', (_, drawing, quantity, expected) => {
  expect(chosen(drawing, quantity)).toEqual(expected);
});

it('takes what is asked of one section only', () => {
  expect(chosen([['......'], ['......']], 2, { section: 'S1' })).toEqual([['......'], ['..xx..']]);
  expect(chosen([['......'], ['bbb.']], 2, { section: 'S1' })).toBeNull();
});

it('splits only when it may and must, into as few pieces as it can', () => {
  expect(chosen([['...b..', '....b.']], 4, { allowSplit: true })).toEqual([['...b..', 'xxxxb.']]);
  expect(chosen([['...b..', '....b.']], 6, { allowSplit: true })).toEqual([['...bxx', 'xxxxb.']]);
  expect(chosen([['...b..', '....b.']], 11, { allowSplit: true })).toBeNull();
});

const anyRow = fc.string({ unit: fc.constantFrom('.', '.', '.', 'b'), minLength: 1, maxLength: 9 });
const anyDrawing = fc.array(fc.array(anyRow, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 });
const anyQuantity = fc.integer({ min: 1, max: 6 });

/** Every block there is, with what `bestAvailable` says of its worth; by looking at each of them. */
function allBlocks(drawing: Drawing, quantity: number) {
  return drawing.flatMap((rows, section) =>
    rows.flatMap((row, r) => {
      const before = rows.slice(0, r).join('').length;
      const starts = [...row].map((_, i) => i).filter((i) => i + quantity <= row.length);
      return starts
        .filter((i) => [...row.slice(i, i + quantity)].every((seat) => seat === '.'))
        .map((i) => {
          const after = row.slice(0, i) + 'x'.repeat(quantity) + row.slice(i + quantity);
          const alone = (text: string) => text.split(/[^.]+/).filter((run) => run.length === 1).length;
          const offCentre = Math.abs(i + quantity / 2 - row.length / 2);
          const worth = [alone(after) - aloneOutside(row, i, quantity), r, offCentre, section, i];
          return { worth, section, at: before + i };
        });
    }),
  );
}

/** Single free seats of the row that do not touch the block: they were alone before. */
function aloneOutside(row: string, from: number, quantity: number): number {
  let [start, end] = [from, from + quantity];
  while (row[start - 1] === '.') start--;
  while (row[end] === '.') end++;
  const alone = (text: string) => text.split(/[^.]+/).filter((run) => run.length === 1).length;
  return alone(row.slice(0, start)) + alone(row.slice(end));
}

function byWorth(a: { worth: number[] }, b: { worth: number[] }): number {
  const i = a.worth.findIndex((value, at) => value !== b.worth[at]);
  return i < 0 ? 0 : a.worth[i]! - b.worth[i]!;
}

it('agrees with looking at every block there is', () => {
  fc.assert(
    fc.property(anyDrawing, anyQuantity, (drawing, quantity) => {
      const [best] = allBlocks(drawing, quantity).sort(byWorth);
      const expected =
        best && Array.from({ length: quantity }, (_, i) => ({ section: best.section, at: best.at + i }));
      expect(open(drawing).best(quantity)).toEqual(expected ?? null);
    }),
    { numRuns: 3000 },
  );
});

/** Seats that lie side by side, as runs. */
function pieces(drawing: Drawing, places: readonly SeatPlace[]): number {
  const rowOf = ({ section, at }: SeatPlace) => {
    let end = 0;
    return drawing[section]!.findIndex((row) => at < (end += row.length));
  };
  const sorted = [...places].sort((a, b) => a.section - b.section || a.at - b.at);
  return sorted.filter((place, i) => {
    const before = sorted[i - 1];
    const beside = before?.section === place.section && before.at === place.at - 1;
    return !beside || rowOf(before) !== rowOf(place);
  }).length;
}

it('splits into the fewest pieces, of free seats only, each once', () => {
  fc.assert(
    fc.property(anyDrawing, fc.integer({ min: 1, max: 20 }), (drawing, quantity) => {
      const places = open(drawing).best(quantity, { allowSplit: true });
      const runs = drawing
        .flat()
        .flatMap((row) => row.split(/[^.]+/).map((run) => run.length))
        .sort((a, b) => b - a);
      const free = runs.reduce((a, b) => a + b, 0);
      if (!places) return expect(free).toBeLessThan(quantity);
      let [fewest, reached] = [0, 0];
      while (reached < quantity) reached += runs[fewest++]!;
      expect(places.length).toBe(quantity);
      expect(new Set(places.map(({ section, at }) => `${section} ${at}`)).size).toBe(quantity);
      for (const { section, at } of places) expect(drawing[section]!.join('')[at]).toBe('.');
      expect(pieces(drawing, places)).toBe(fewest);
    }),
    { numRuns: 2000 },
  );
});

it('remembers nothing of a row that has changed', () => {
  fc.assert(
    fc.property(anyDrawing, fc.array(anyQuantity, { maxLength: 12 }), (drawing, quantities) => {
      const { best, seats } = open(drawing);
      const now = () =>
        drawing.map((rows, section) => {
          let at = 0;
          return rows.map((row) =>
            [...row].map(() => (seats.get(section)!.statusOf(at++) === 'free' ? '.' : 'b')).join(''),
          );
        });
      for (const quantity of quantities) {
        const places = best(quantity);
        expect(places).toEqual(open(now()).best(quantity));
        for (const { section, at } of places ?? []) seats.get(section)!.move(at, 'free', 'held');
        if (places && quantity % 2)
          for (const { section, at } of places) seats.get(section)!.move(at, 'held', 'free');
      }
    }),
    { numRuns: 500 },
  );
});

it('takes seats of the ticket type only', () => {
  const { plan, seats } = open([['....'], ['....']], (position) => (position ? 't' : 'other'));
  const wish = { ticketTypeId: 't', quantity: 2, section: null, allowSplit: true };
  expect(bestAvailable(plan, seats, wish)?.map((place) => place.section)).toEqual([1, 1]);
  expect(bestAvailable(plan, seats, { ...wish, quantity: 5 })).toBeNull();
});
