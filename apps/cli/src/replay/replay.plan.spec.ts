import fc from 'fast-check';
import { slotOfTitle } from '#libs/kernel';
import { FIRST_SLOT_MAP } from '#libs/sharding';
import { planReplay } from './replay.plan.js';
import { type Reservation, readReservations } from './reservations.file.js';

const now = new Date('2026-11-22T12:00:00Z');
const DAY = 86_400_000;

function reservation(line: number, given: Partial<Reservation> = {}): Reservation {
  const plain = {
    group: 'g',
    occasion: '2024-02-01',
    bookedAt: '2024-01-01',
    canceledAt: null,
    quantity: 1,
    price: 10,
  };
  return { line, ...plain, ...given };
}

it('books before it cancels on the same day, else as it happened', () => {
  const plan = planReplay(
    [
      reservation(2, { canceledAt: '2024-01-05' }),
      reservation(3, { bookedAt: '2024-01-05' }),
      reservation(4, { bookedAt: '2024-01-03', canceledAt: '2024-01-03', occasion: '2024-03-01' }),
    ],
    now,
  );
  expect(plan.steps.map(({ kind, reservation }) => `${kind} ${reservation.line}`)).toEqual([
    'book 2',
    'book 4',
    'cancel 4',
    'book 3',
    'cancel 2',
  ]);
});

it('tells events apart by group and occasion, and gives each room for all that was ever booked', () => {
  const plan = planReplay(
    [
      reservation(2, { quantity: 3, canceledAt: '2024-01-02' }),
      reservation(3, { quantity: 2020 }),
      reservation(4, { group: 'h' }),
      reservation(5, { occasion: '2024-02-02' }),
    ],
    now,
  );
  expect(plan.events.map(({ group, occasion, capacity }) => [group, occasion, capacity])).toEqual([
    ['g', '2024-02-01', 2023],
    ['h', '2024-02-01', 1],
    ['g', '2024-02-02', 1],
  ]);
  expect(plan.events[0]!.reservations.map(({ parts }) => parts)).toEqual([[3], [1000, 1000, 20]]);
  expect(plan.events[0]!.maxPerBooking).toBe(1000);
});

it('posts the median of what was paid, and nothing where nothing was', () => {
  const plan = planReplay(
    [
      ...[0, -6.38, 10, 20, 30.004].map((price, i) => reservation(i + 2, { price })),
      ...[0, -1].map((price, i) => reservation(i + 7, { price, group: 'free' })),
    ],
    now,
  );
  expect(plan.events.map(({ price }) => price)).toEqual([0, 2000]);
});

it('moves every event ahead by whole weeks, and keeps the distances between them', () => {
  const day = fc.date({ min: new Date('1990-01-01'), max: new Date('2060-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(fc.array(day, { minLength: 1, maxLength: 30 }), (days) => {
      const occasions = days.map((d) => d.toISOString().slice(0, 10));
      const plan = planReplay(
        occasions.map((occasion, i) => reservation(i + 2, { occasion })),
        now,
      );
      expect(plan.shiftDays % 7).toBe(0);
      for (const event of plan.events) {
        expect(Date.parse(event.startsAt)).toBeGreaterThan(now.getTime() + 29 * DAY);
        expect(Date.parse(event.startsAt.slice(0, 10)) - Date.parse(event.occasion)).toBe(
          plan.shiftDays * DAY,
        );
      }
    }),
  );
});

it('spreads the occasions of the shipped file evenly over the four shards, by their titles', async () => {
  const plan = planReplay(await readReservations('data/resort_bookings.csv.gz'), now);
  expect(plan.events).toHaveLength(793);
  expect(plan.steps).toHaveLength(40_060 + 10_831);
  expect(new Set(plan.events.map(({ title }) => title)).size).toBe(793);
  const counts = [0, 0, 0, 0];
  for (const { title, shard } of plan.events) {
    const slot = slotOfTitle(title);
    const range = FIRST_SLOT_MAP.find(({ fromSlot, toSlot }) => slot >= fromSlot && slot <= toSlot)!;
    expect(range.shardId).toBe(shard);
    counts[shard - 1]!++;
  }
  expect(counts).toEqual([199, 198, 198, 198]);
});
