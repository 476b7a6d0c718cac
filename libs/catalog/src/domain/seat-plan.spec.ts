import fc from 'fast-check';
import { planSeats, seatsByType } from './seat-plan.js';

const rows = fc.array(fc.record({ name: fc.string(), seats: fc.integer({ min: 1, max: 50 }) }), {
  minLength: 1,
});
const sections = fc.array(
  fc.record({ name: fc.string(), ticketTypeId: fc.constantFrom('stalls', 'balcony'), rows }),
);

describe('the plan of a seat map', () => {
  it('numbers every seat of every row once, without a gap', () => {
    fc.assert(
      fc.property(sections, (map) => {
        const plan = planSeats(map, 3);
        const numbers = plan.seats.flatMap((seats, i) =>
          Array.from({ length: seats }, (_, p) => plan.before[i]! + p),
        );
        expect(numbers).toEqual(Array.from({ length: plan.total }, (_, i) => i));
      }),
    );
  });

  it('keeps the order of sections and rows, counted on from the sections that there are', () => {
    const plan = planSeats(
      [
        {
          name: 'A',
          ticketTypeId: 'stalls',
          rows: [
            { name: '1', seats: 2 },
            { name: '2', seats: 3 },
          ],
        },
        { name: 'B', ticketTypeId: 'balcony', rows: [{ name: '1', seats: 1 }] },
      ],
      4,
    );
    expect(plan).toEqual({
      section: [4, 4, 5],
      rowPosition: [0, 1, 0],
      rowName: ['1', '2', '1'],
      seats: [2, 3, 1],
      before: [0, 2, 5],
      ticketTypeId: ['stalls', 'stalls', 'balcony'],
      total: 6,
    });
  });

  it('gives each ticket type as many places as its sections have seats', () => {
    fc.assert(
      fc.property(sections, (map) => {
        const byType = [...seatsByType(map).values()].reduce((sum, seats) => sum + seats, 0);
        expect(byType).toBe(planSeats(map, 0).total);
      }),
    );
  });
});
