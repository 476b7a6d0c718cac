import { readFileSync } from 'node:fs';
import { slotOfTitle } from '#libs/kernel';
import { FIRST_SLOT_MAP } from '#libs/sharding';
import { atLocalHour } from './local-time.js';
import { type PlannedEvent, type Production, type Venue, SALES, placesOf, planSeed } from './seed.plan.js';

const read = <T>(name: string) => JSON.parse(readFileSync(`prisma/seed/${name}.json`, 'utf8')) as T;
const venues = read<Venue[]>('venues');
const productions = read<Production[]>('productions');
const today = new Date('2026-11-22T00:00:00Z');
const events = planSeed(venues, productions, today);
const count = <K>(of: (event: PlannedEvent) => K) =>
  new Map([...Map.groupBy(events, of)].map(([key, group]) => [key, group.length]));

it('plans the same events every time, moved with the day', () => {
  expect(planSeed(venues, productions, today)).toEqual(events);
  const later = planSeed(venues, productions, new Date('2026-11-23T00:00:00Z'));
  expect(later.map(({ title, venue, bookings }) => [title, venue, bookings])).toEqual(
    events.map(({ title, venue, bookings }) => [title, venue, bookings]),
  );
});

it('plans at least 300 events, of a dozen kinds, and at least 60 on every shard', () => {
  expect(events.length).toBeGreaterThanOrEqual(300);
  expect(count((event) => event.category).size).toBe(12);
  const shardOf = ({ title }: PlannedEvent) => {
    const slot = slotOfTitle(title);
    return FIRST_SLOT_MAP.find(({ fromSlot, toSlot }) => slot >= fromSlot && slot <= toSlot)!.shardId;
  };
  const shards = count(shardOf);
  expect([...shards.keys()].sort()).toEqual([1, 2, 3, 4]);
  expect(Math.min(...shards.values())).toBeGreaterThanOrEqual(60);
});

it('has every state of sales', () => {
  const states = count((event) => event.sales);
  expect([...states.keys()].sort()).toEqual([...SALES].sort());
  expect(states.get('nearly sold out')).toBe(24);
});

it('has a hall with more than 2,000 numbered seats', () => {
  const great = events.filter((event) => event.sections.length && placesOf(event) > 2000);
  expect(great.length).toBeGreaterThanOrEqual(1);
  expect(placesOf(great[0]!)).toBe(2440);
});

it('has titles that begin with digits, accents, quotes and other scripts', () => {
  const titles = events.map(({ title }) => title);
  for (const begins of [/^\d/, /^[ÀÉÓÜØÆŒĆĐŁŠŽÇ]/i, /^[“¡!…]/, /^\p{Script=Cyrillic}/u, /^\p{Script=Greek}/u])
    expect(titles.some((title) => begins.test(title))).toBe(true);
  for (const script of ['Han', 'Hangul', 'Arabic', 'Hebrew', 'Devanagari', 'Georgian'])
    expect(titles.some((title) => new RegExp(`^\\p{Script=${script}}`, 'u').test(title))).toBe(true);
});

it('leaves a handful of places of what is nearly sold out, and none of what is sold out', () => {
  for (const event of events) {
    const booked = event.bookings.reduce((sum, { quantity }) => sum + quantity, 0);
    const left = placesOf(event) - booked;
    if (event.sales === 'sold out') expect(left).toBe(0);
    else if (event.sales === 'nearly sold out')
      expect(left).toBeLessThanOrEqual(4 * event.ticketTypes.length);
    else expect(left).toBeGreaterThan(booked);
    for (const { quantity, ticketType } of event.bookings)
      expect(quantity).toBeLessThanOrEqual(event.ticketTypes[ticketType]!.maxPerBooking);
  }
});

it('lets people wait for what is sold out, each once, and for nothing else', () => {
  for (const { sales, waiting, ticketTypes } of events) {
    expect(new Set(waiting.map(({ attendee }) => attendee)).size).toBe(waiting.length);
    expect(waiting.length).toBe(sales === 'sold out' ? 12 : 0);
    for (const { ticketType, quantity } of waiting)
      expect(quantity).toBeLessThanOrEqual(ticketTypes[ticketType]!.maxPerBooking);
  }
});

it('begins in the evening of the place, on both sides of a change of clocks', () => {
  const at = (day: string, timezone: string) => atLocalHour(new Date(day), 19, timezone).toISOString();
  expect(at('2027-03-27', 'Europe/Berlin')).toBe('2027-03-27T18:00:00.000Z');
  expect(at('2027-03-28', 'Europe/Berlin')).toBe('2027-03-28T17:00:00.000Z');
  expect(at('2027-01-10', 'Asia/Kolkata')).toBe('2027-01-10T13:30:00.000Z');
  expect(at('2027-01-10', 'Australia/Sydney')).toBe('2027-01-10T08:00:00.000Z');
});
