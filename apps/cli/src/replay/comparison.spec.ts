import { differences } from './comparison.js';
import type { PlannedEvent, PlannedReservation } from './replay.plan.js';
import type { Outcome } from './replayer.js';

const kept: PlannedReservation = { line: 2, parts: [2, 1], canceled: false };
const canceled: PlannedReservation = { line: 3, parts: [4], canceled: true };
const event = {
  group: 'g',
  occasion: '2024-02-01',
  capacity: 7,
  reservations: [kept, canceled],
} as PlannedEvent;
const outcomes = new Map<PlannedReservation, Outcome>([
  [kept, { bookingIds: ['a', 'b'], refused: null }],
  [canceled, { bookingIds: ['c'], refused: null }],
]);
const booking = (id: string, quantity: number, status = 'confirmed') => ({
  id,
  status,
  items: [{ quantity }],
});
const bookings = [booking('a', 2), booking('b', 1), booking('c', 4, 'canceled')];
const seen = { capacity: 7, available: 4, held: 0, booked: 3 };

it('finds nothing where the product shows what the file says', () => {
  expect(differences(event, outcomes, bookings, seen)).toEqual([]);
});

it('finds a booking that is gone', () => {
  expect(differences(event, outcomes, bookings.slice(1), seen)).toEqual(['line 2: its booking a is gone']);
});

it('finds a booking that nobody made', () => {
  expect(differences(event, outcomes, [...bookings, booking('d', 1)], seen)).toEqual([
    'booking d is not in the file',
  ]);
});

it('finds a booking listed twice', () => {
  expect(differences(event, outcomes, [...bookings, booking('a', 2)], seen)).toEqual([
    'a booking is listed twice',
  ]);
});

it('finds a cancellation that did not happen, or one too many', () => {
  const [a, b, c] = bookings;
  expect(differences(event, outcomes, [a!, b!, { ...c!, status: 'confirmed' }], seen)).toEqual([
    'line 3: its booking c is confirmed instead of canceled',
  ]);
  expect(differences(event, outcomes, [{ ...a!, status: 'canceled' }, b!, c!], seen)).toEqual([
    'line 2: its booking a is canceled instead of confirmed',
  ]);
});

it('finds a wrong number of places, in a booking and in the availability', () => {
  const [, b, c] = bookings;
  expect(
    differences(event, outcomes, [booking('a', 3), b!, c!], { ...seen, available: 3, booked: 4 }),
  ).toEqual([
    'line 2: its booking a holds 3 places instead of 2',
    'availability shows booked 4 instead of 3',
    'availability shows available 3 instead of 4',
  ]);
});

it('finds what was refused or never tried', () => {
  const refused = new Map(outcomes).set(kept, {
    bookingIds: ['a'],
    refused: 'POST /v1/bookings: 409 sold_out',
  });
  refused.delete(canceled);
  expect(differences(event, refused, [bookings[0]!], seen)).toEqual([
    'line 2: refused, POST /v1/bookings: 409 sold_out',
    'line 2: was not booked',
    'line 3: was not booked',
  ]);
});
