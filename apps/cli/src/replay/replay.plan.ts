import type { Reservation } from './reservations.file.js';

const DAY = 86_400_000;
/** The first event lies at least so many days ahead, so that a long replay does not run into it. */
const LEAD_DAYS = 30;
/** The API takes no more as maxPerBooking; a larger reservation becomes several bookings. */
const LARGEST_BOOKING = 1000;

/** First words of titles, in turn for shards 1 (A–F) to 4 (T–Z), so that neighbours lie on different shards. */
const WORDS = [
  ['Atlas', 'Bonfire', 'Carnival', 'Daybreak', 'Encore', 'Festival'],
  ['Gala', 'Harvest', 'Island', 'Jubilee', 'Kermesse', 'Lantern', 'Masquerade'],
  ['Nocturne', 'Overture', 'Parade', 'Quartet', 'Regatta', 'Serenade'],
  ['Tango', 'Uproar', 'Vespers', 'Waltz', 'Xylophone', 'Yuletide', 'Zenith'],
];

/** One event for one occasion of one group. */
export interface PlannedEvent {
  group: string;
  /** The day in the file. */
  occasion: string;
  title: string;
  /** The shard that the title leads to. */
  shard: number;
  /** RFC 3339. */
  startsAt: string;
  endsAt: string;
  /** Room for every reservation that was ever made, so that only a fault can be refused. */
  capacity: number;
  maxPerBooking: number;
  /** Minor units: the median of what was paid, where something was. */
  price: number;
  reservations: PlannedReservation[];
}

export interface PlannedReservation {
  line: number;
  /** Quantities of its bookings: one, unless it is larger than a booking may be. */
  parts: number[];
  canceled: boolean;
}

/** One thing to do, in the order in which it happened. */
export interface Step {
  kind: 'book' | 'cancel';
  event: PlannedEvent;
  reservation: PlannedReservation;
}

export interface Plan {
  events: PlannedEvent[];
  steps: Step[];
  /** Whole days by which every date moved; a multiple of 7, so that weekdays stay. */
  shiftDays: number;
}

/** What to create and in which order to book and cancel, so that every event lies ahead of `now`. */
export function planReplay(reservations: readonly Reservation[], now: Date): Plan {
  const byOccasion = Map.groupBy(reservations, ({ group, occasion }) => JSON.stringify([occasion, group]));
  const occasions = [...byOccasion].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, rows]) => rows);
  const shiftDays = daysToShift(occasions[0]?.[0]?.occasion, now);
  const planned = new Map<Reservation, Step>();
  const events = occasions.map((rows, index) => {
    const event = planEvent(rows, index, shiftDays);
    rows.forEach((row, i) => planned.set(row, { kind: 'book', event, reservation: event.reservations[i]! }));
    return event;
  });
  const steps = chronology(reservations).map(([row, kind]) => ({ ...planned.get(row)!, kind }));
  return { events, steps, shiftDays };
}

/** Bookings and cancellations by day; on the same day bookings first, else as in the file. */
function chronology(reservations: readonly Reservation[]): [Reservation, Step['kind']][] {
  const happened = reservations.flatMap((row) => {
    const booked = { row, kind: 'book' as const, day: row.bookedAt };
    return row.canceledAt ? [booked, { row, kind: 'cancel' as const, day: row.canceledAt }] : [booked];
  });
  const rank = { book: 0, cancel: 1 };
  return happened
    .sort((a, b) =>
      a.day === b.day ? rank[a.kind] - rank[b.kind] || a.row.line - b.row.line : a.day < b.day ? -1 : 1,
    )
    .map(({ row, kind }) => [row, kind]);
}

function daysToShift(earliest: string | undefined, now: Date): number {
  if (!earliest) return 0;
  const behind = (now.getTime() - Date.parse(earliest)) / DAY + LEAD_DAYS;
  return Math.max(0, Math.ceil(behind / 7) * 7);
}

function planEvent(rows: Reservation[], index: number, shiftDays: number): PlannedEvent {
  const { group, occasion } = rows[0]!;
  const words = WORDS[index % WORDS.length]!;
  const word = words[Math.floor(index / WORDS.length) % words.length]!;
  const day = Date.parse(occasion) + shiftDays * DAY;
  const at = (hour: number) => new Date(day + hour * 3_600_000).toISOString();
  const reservations = rows.map(({ line, quantity, canceledAt }) => ({
    line,
    parts: split(quantity),
    canceled: canceledAt !== null,
  }));
  return {
    group,
    occasion,
    title: `${word} ${group.slice(0, 60)} ${occasion}`,
    shard: (index % WORDS.length) + 1,
    startsAt: at(20),
    endsAt: at(23),
    capacity: rows.reduce((sum, row) => sum + row.quantity, 0),
    maxPerBooking: Math.max(...reservations.flatMap(({ parts }) => parts)),
    price: Math.round(median(rows.map((row) => row.price).filter((price) => price > 0)) * 100),
    reservations,
  };
}

function split(quantity: number): number[] {
  const parts = Array.from({ length: Math.floor(quantity / LARGEST_BOOKING) }, () => LARGEST_BOOKING);
  return quantity % LARGEST_BOOKING ? [...parts, quantity % LARGEST_BOOKING] : parts;
}

/** 0 where nothing was paid. */
function median(prices: number[]): number {
  const sorted = [...prices].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (!sorted.length) return 0;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
