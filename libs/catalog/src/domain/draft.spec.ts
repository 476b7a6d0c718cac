import fc from 'fast-check';
import { type EventDraft, MAX_SEATS, checkDraft, checkRows, checkSections, checkTimes } from './draft.js';

const price = { amount: 4500, currency: 'EUR' };
const sound: EventDraft = {
  title: 'Mahler 5',
  description: '',
  category: 'concert',
  venue: { name: 'Philharmonie', city: 'Berlin', country: 'DE', timezone: 'Europe/Berlin' },
  startsAt: new Date('2027-01-10T19:00:00Z'),
  endsAt: new Date('2027-01-10T22:00:00Z'),
  salesStartAt: null,
  salesEndAt: null,
  ticketTypes: [
    { name: 'Standing', kind: 'general', capacity: 500, price },
    { name: 'Stalls', kind: 'seated', price },
  ],
  sections: [{ name: 'A', ticketType: 'Stalls', rows: [{ name: '1', seats: 24 }] }],
};

function pathsOf(draft: Partial<EventDraft>): string[] {
  return checkDraft({ ...sound, ...draft }).map((error) => error.path);
}

describe('a draft', () => {
  it('is sound when every seated type has seats and every general one a capacity', () => {
    expect(checkDraft(sound)).toEqual([]);
  });

  it('ends after it starts', () => {
    expect(pathsOf({ endsAt: sound.startsAt })).toEqual(['endsAt']);
  });

  it('is sold before its sales end, and no longer than it lasts', () => {
    const late = new Date('2027-01-11T00:00:00Z');
    expect(pathsOf({ salesStartAt: sound.startsAt })).toEqual(['salesStartAt']);
    expect(pathsOf({ salesEndAt: late })).toEqual(['salesEndAt']);
    expect(pathsOf({ endsAt: null, salesEndAt: late })).toEqual([]);
    expect(pathsOf({ salesStartAt: late, salesEndAt: late, endsAt: null })).toEqual(['salesStartAt']);
  });

  it('names each of two ticket types of one name once, at the second', () => {
    const [standing, stalls] = sound.ticketTypes as [
      EventDraft['ticketTypes'][0],
      EventDraft['ticketTypes'][0],
    ];
    expect(pathsOf({ ticketTypes: [standing, stalls, standing] })).toEqual(['ticketTypes.2.name']);
  });

  it('has one currency', () => {
    const [standing, stalls] = sound.ticketTypes as [
      EventDraft['ticketTypes'][0],
      EventDraft['ticketTypes'][0],
    ];
    const dollars = { ...stalls, price: { amount: 1, currency: 'USD' } };
    expect(pathsOf({ ticketTypes: [standing, dollars] })).toEqual(['ticketTypes.1.price.currency']);
  });

  it('gives capacities to general types only, and to all of them', () => {
    const [, stalls] = sound.ticketTypes as [EventDraft['ticketTypes'][0], EventDraft['ticketTypes'][0]];
    const standing = { name: 'Standing', kind: 'general', price } as const;
    expect(pathsOf({ ticketTypes: [standing, stalls] })).toEqual(['ticketTypes.0.capacity']);
    expect(pathsOf({ ticketTypes: [{ ...stalls, capacity: 24 }] })).toEqual(['ticketTypes.0.capacity']);
  });

  it('has seats for every seated type, and no section of another', () => {
    expect(pathsOf({ sections: [] })).toEqual(['ticketTypes.1']);
    const [section] = sound.sections as [EventDraft['sections'][0]];
    expect(pathsOf({ sections: [section, { ...section, name: 'B', ticketType: 'Balcony' }] })).toEqual([
      'seatMap.sections.1.ticketType',
    ]);
    expect(pathsOf({ sections: [section, { ...section, name: 'B', ticketType: 'Standing' }] })).toEqual([
      'seatMap.sections.1.ticketType',
    ]);
  });

  it('has no two sections of one name, and in a section no two rows', () => {
    const [section] = sound.sections as [EventDraft['sections'][0]];
    expect(pathsOf({ sections: [section, section] })).toEqual(['seatMap.sections.1.name']);
    const rows = [section.rows[0]!, section.rows[0]!];
    expect(pathsOf({ sections: [{ ...section, rows }] })).toEqual(['seatMap.sections.0.rows.1.name']);
  });

  it.each([
    ['no object', '1', ''],
    ['a list', [], ''],
    ['no name', { seats: 1 }, '.name'],
    ['a blank name', { name: ' ', seats: 1 }, '.name'],
    ['a name of two lines', { name: '1\n2', seats: 1 }, '.name'],
    ['a name of 21 characters', { name: 'x'.repeat(21), seats: 1 }, '.name'],
    ['no seats', { name: '1', seats: 0 }, '.seats'],
    ['half a seat', { name: '1', seats: 0.5 }, '.seats'],
    ['seats in words', { name: '1', seats: '2' }, '.seats'],
    ['more than it should', { name: '1', seats: 2, color: 'red' }, '.color'],
  ])('has no row with %s', (_, row, path) => {
    expect(checkRows([{ name: '1', seats: 1 }, row], 'rows').map((e) => e.path)).toEqual([`rows.1${path}`]);
  });

  it('tells the first hundred of many wrong rows', () => {
    const rows = Array.from({ length: 1000 }, () => null) as never[];
    expect(pathsOf({ sections: [{ name: 'A', ticketType: 'Stalls', rows }] })).toHaveLength(100);
  });

  it('has at most 100,000 seats', () => {
    const types = [{ name: 'Stalls', kind: 'seated' as const }];
    const rows = (...seats: number[]) => seats.map((n, i) => ({ name: `${i}`, seats: n }));
    const hall = (...seats: number[]) => [{ name: 'A', ticketType: 'Stalls', rows: rows(...seats) }];
    expect(checkSections(hall(MAX_SEATS - 1, 1), types)).toEqual([]);
    expect(checkSections(hall(MAX_SEATS, 1), types).map((e) => e.path)).toEqual(['seatMap.sections']);
  });

  it('has no fault in its times exactly when they are in order', () => {
    const time = fc.integer({ min: 0, max: 5 }).map((day) => new Date(Date.UTC(2027, 0, 1 + day)));
    const maybe = fc.option(time);
    fc.assert(
      fc.property(time, maybe, maybe, maybe, (startsAt, endsAt, salesStartAt, salesEndAt) => {
        const ordered =
          (!endsAt || startsAt < endsAt) &&
          (!salesEndAt || !endsAt || salesEndAt <= endsAt) &&
          (!salesStartAt || salesStartAt < (salesEndAt ?? startsAt));
        expect(checkTimes({ startsAt, endsAt, salesStartAt, salesEndAt }).length === 0).toBe(ordered);
      }),
    );
  });
});
