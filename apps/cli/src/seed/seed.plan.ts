import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { atLocalHour } from './local-time.js';

const DAY = 86_400_000;
/** The same data every time, but for the dates. */
const SEED = 20_261_122;

export interface Venue {
  name: string;
  city: string;
  country: string;
  timezone: string;
  places: number;
  /** Categories that it takes. */
  for: string[];
  /** With numbered seats: a great hall, or a small one of one block. */
  hall?: 'great' | 'small';
}

export interface Production {
  title: string;
  category: string;
  about?: string;
  /** Only where it is at home. */
  countries?: string[];
  /** Only there. */
  venue?: string;
}

/** How an event's sales stand: what the seed brings about. */
export const SALES = [
  'draft',
  'canceled',
  'not open yet',
  'over',
  'open',
  'nearly sold out',
  'sold out',
] as const;
export type Sales = (typeof SALES)[number];

export interface PlannedTicketType {
  name: string;
  kind: 'general' | 'seated';
  /** General admission only. */
  capacity?: number;
  price: { amount: number; currency: string };
  maxPerBooking: number;
}

export interface PlannedEvent {
  title: string;
  description: string;
  category: string;
  venue: Pick<Venue, 'name' | 'city' | 'country' | 'timezone'>;
  startsAt: Date;
  endsAt: Date;
  salesStartAt: Date | null;
  /** When sales are over, they were open until then, and this is set after the bookings. */
  salesClosedAt: Date | null;
  ticketTypes: PlannedTicketType[];
  sections: { name: string; ticketType: string; rows: { name: string; seats: number }[] }[];
  sales: Sales;
  /** Which of the demo organizers. */
  organizer: number;
  bookings: PlannedBooking[];
  /** Who waits, in order: of what is sold out. */
  waiting: PlannedBooking[];
}

/** Of a booking, or of a waitlist entry. */
export interface PlannedBooking {
  /** Which of the demo attendees. */
  attendee: number;
  /** Which of the event's ticket types; general admission. */
  ticketType: number;
  quantity: number;
}

export const ORGANIZERS = 3;
export const ATTENDEES = 24;
/** How often each state occurs; all others are open. */
const HOW_MANY: [Sales, number][] = [
  ['draft', 14],
  ['canceled', 10],
  ['not open yet', 45],
  ['over', 20],
  ['nearly sold out', 24],
  ['sold out', 4],
];
const CURRENCIES: Record<string, string> = { GB: 'GBP', US: 'USD', JP: 'JPY', CH: 'CHF' };
/** What a place costs in minor units, and the types: their share of the places and their price to the first one's. */
const PRICES: Record<string, [number, [string, number, number][]]> = {
  opera: [
    8900,
    [
      ['Stalls', 0.5, 1],
      ['Circle', 0.3, 0.65],
      ['Gallery', 0.2, 0.3],
    ],
  ],
  concert: [
    5400,
    [
      ['Standing', 0.6, 1],
      ['Balcony', 0.4, 1.4],
    ],
  ],
  theatre: [
    3900,
    [
      ['Stalls', 0.6, 1],
      ['Circle', 0.4, 0.7],
    ],
  ],
  dance: [
    4900,
    [
      ['Stalls', 0.6, 1],
      ['Circle', 0.4, 0.7],
    ],
  ],
  sport: [
    6500,
    [
      ['Lower tier', 0.4, 1],
      ['Upper tier', 0.6, 0.55],
    ],
  ],
  conference: [
    39_000,
    [
      ['Full pass', 0.7, 1],
      ['Day ticket', 0.3, 0.4],
    ],
  ],
  festival: [
    7900,
    [
      ['Festival pass', 0.8, 1],
      ['Evening', 0.2, 0.5],
    ],
  ],
  comedy: [2900, [['Admission', 1, 1]]],
  film: [3200, [['Admission', 1, 1]]],
  family: [
    1800,
    [
      ['Adult', 0.5, 1],
      ['Child', 0.5, 0.5],
    ],
  ],
  exhibition: [1600, [['Admission', 1, 1]]],
  literature: [0, [['Free entry', 1, 1]]],
};
/** Sections of the great hall: name, ticket type, rows, seats a row; 2,440 seats. */
const GREAT_HALL: [string, string, number, number][] = [
  ['A', 'Parkett', 20, 32],
  ['B', 'Mitte', 15, 28],
  ['C', 'Mitte', 15, 28],
  ['D', 'Rang', 12, 30],
  ['E', 'Rang', 12, 25],
  ['F', 'Empore', 10, 30],
];
const GREAT_HALL_PRICES: Record<string, number> = { Parkett: 9800, Mitte: 7400, Rang: 5200, Empore: 2800 };
/** Filled by bookings of up to ten places each, so it should not be an arena. */
const EASILY_FILLED = 2000;
const SMALL_ROW = 20;

/** Every event of the demo, in a fixed order; dates are relative to `today` (midnight UTC). */
export function planSeed(
  venues: readonly Venue[],
  productions: readonly Production[],
  today: Date,
): PlannedEvent[] {
  const random = xoroshiro128plus(SEED);
  const below = (n: number) => uniformInt(random, 0, n - 1);
  const events = productions.flatMap((production) =>
    pick(venuesOf(venues, production), production.countries || production.venue ? 1 : 2, below).map((venue) =>
      planEvent(production, venue, today, below),
    ),
  );
  setSales(events, today, below);
  for (const event of events) if (event.sales === 'sold out') event.waiting = planWaiting(event, below);
  return events;
}

type Below = (n: number) => number;

function venuesOf(venues: readonly Venue[], { title, category, countries, venue }: Production): Venue[] {
  const fitting = venues.filter(
    (candidate) =>
      candidate.for.includes(category) &&
      (!countries || countries.includes(candidate.country)) &&
      (!venue || candidate.name === venue),
  );
  if (!fitting.length) throw new Error(`no venue takes "${title}" (${category})`);
  return fitting;
}

function pick<T>(from: readonly T[], count: number, below: Below): T[] {
  const left = [...from];
  return Array.from({ length: Math.min(count, left.length) }, () => left.splice(below(left.length), 1)[0]!);
}

function planEvent(production: Production, venue: Venue, today: Date, below: Below): PlannedEvent {
  const { title, category } = production;
  const daytime = ['conference', 'exhibition', 'family'].includes(category);
  const day = new Date(today.getTime() + (21 + below(320)) * DAY);
  const startsAt = atLocalHour(day, daytime ? 10 + below(2) : 19 + below(2), venue.timezone);
  const hours = daytime && category !== 'family' ? 8 : 2 + below(2);
  const { name, city, country, timezone } = venue;
  return {
    title,
    description: `${production.about ?? title}. ${name}, ${city}.`,
    category,
    venue: { name, city, country, timezone },
    startsAt,
    endsAt: new Date(startsAt.getTime() + hours * 3_600_000),
    salesStartAt: null,
    salesClosedAt: null,
    ...planPlaces(category, venue),
    sales: 'open',
    organizer: below(ORGANIZERS),
    bookings: [],
    waiting: [],
  };
}

function planPlaces(category: string, venue: Venue): Pick<PlannedEvent, 'ticketTypes' | 'sections'> {
  const [base, types] = PRICES[category]!;
  const price = (amount: number) => ({
    amount: Math.round(amount),
    currency: CURRENCIES[venue.country] ?? 'EUR',
  });
  if (venue.hall === 'great') {
    const ticketTypes = Object.entries(GREAT_HALL_PRICES).map(([name, amount]) =>
      seated(name, price(amount)),
    );
    const sections = GREAT_HALL.map(([name, ticketType, rows, seats]) => ({
      name,
      ticketType,
      rows: Array.from({ length: rows }, (_, i) => ({ name: String(i + 1), seats })),
    }));
    return { ticketTypes, sections };
  }
  if (venue.hall === 'small') {
    const rows = Array.from({ length: venue.places / SMALL_ROW }, (_, i) => ({
      name: String(i + 1),
      seats: SMALL_ROW,
    }));
    return {
      ticketTypes: [seated('Seat', price(base))],
      sections: [{ name: 'Saal', ticketType: 'Seat', rows }],
    };
  }
  const ticketTypes = types.map(([name, share, factor]) => ({
    name,
    kind: 'general' as const,
    capacity: Math.max(1, Math.round(venue.places * share)),
    price: price(base * factor),
    maxPerBooking: 10,
  }));
  return { ticketTypes, sections: [] };
}

function seated(name: string, price: PlannedTicketType['price']): PlannedTicketType {
  return { name, kind: 'seated', price, maxPerBooking: 10 };
}

/** Deals out the states of sales and the bookings that bring them about. */
function setSales(events: PlannedEvent[], today: Date, below: Below): void {
  const general = (event: PlannedEvent) => event.ticketTypes.every(({ kind }) => kind === 'general');
  for (const [sales, count] of HOW_MANY) {
    const fill = sales === 'nearly sold out' || sales === 'sold out';
    const candidates = events.filter(
      (event) => event.sales === 'open' && general(event) && (!fill || placesOf(event) <= EASILY_FILLED),
    );
    for (const event of pick(candidates, count, below)) event.sales = sales;
  }
  for (const event of events) {
    if (event.sales === 'not open yet')
      event.salesStartAt = new Date(today.getTime() + (2 + below(12)) * DAY);
    if (event.sales === 'over') event.salesClosedAt = new Date(today.getTime() - (1 + below(5)) * DAY);
    event.bookings = planBookings(event, general(event), below);
  }
}

function planBookings(event: PlannedEvent, general: boolean, below: Below): PlannedBooking[] {
  if (!general || event.sales === 'draft' || event.sales === 'not open yet') return [];
  if (event.sales === 'sold out') return fillUp(event, () => 0, below);
  if (event.sales === 'nearly sold out') return fillUp(event, () => 1 + below(4), below);
  return Array.from({ length: below(13) }, () => ({
    attendee: below(ATTENDEES),
    ticketType: below(event.ticketTypes.length),
    quantity: 1 + below(4),
  })).filter(({ ticketType, quantity }) => quantity <= event.ticketTypes[ticketType]!.capacity! / 20);
}

/** Bookings until of every ticket type only so many places are left. */
function fillUp(event: PlannedEvent, left: () => number, below: Below): PlannedBooking[] {
  return event.ticketTypes.flatMap(({ capacity, maxPerBooking }, ticketType) => {
    const bookings: PlannedBooking[] = [];
    for (let rest = capacity! - left(); rest > 0;) {
      const quantity = Math.min(rest, 4 + below(maxPerBooking - 3));
      bookings.push({ attendee: below(ATTENDEES), ticketType, quantity });
      rest -= quantity;
    }
    return bookings;
  });
}

/** Half of the attendees, each once. */
function planWaiting({ ticketTypes }: PlannedEvent, below: Below): PlannedBooking[] {
  const everybody = Array.from({ length: ATTENDEES }, (_, attendee) => attendee);
  return pick(everybody, ATTENDEES / 2, below).map((attendee) => ({
    attendee,
    ticketType: below(ticketTypes.length),
    quantity: 1 + below(4),
  }));
}

/** All places of an event. */
export function placesOf(event: PlannedEvent): number {
  const general = event.ticketTypes.reduce((sum, { capacity }) => sum + (capacity ?? 0), 0);
  return event.sections.reduce(
    (sum, { rows }) => rows.reduce((seats, row) => seats + row.seats, sum),
    general,
  );
}
