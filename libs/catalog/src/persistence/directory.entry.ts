import type { EventFacts } from '#libs/contracts';
import { overAt } from '../domain/event.js';
import { foldName, wordsOf } from '../domain/search.js';

/** A row of the directory, made from what was announced. */
export interface DirectoryEntry {
  eventId: string;
  version: number;
  status: EventFacts['status'];
  organizationId: string;
  startsAt: string;
  overAt: string;
  salesUntil: string;
  category: string;
  city: string;
  country: string;
  priceMin: number;
  priceMax: number;
  /** Words of the title · of venue and city · of the description, blanks between. */
  title: string;
  place: string;
  text: string;
  facts: EventFacts;
}

export function directoryEntry(version: number, facts: EventFacts): DirectoryEntry {
  const prices = facts.ticketTypes.map((type) => type.price.amount);
  const { venue } = facts;
  return {
    eventId: facts.eventId,
    version,
    status: facts.status,
    organizationId: facts.organizationId,
    startsAt: facts.startsAt,
    overAt: overAt(timesOf(facts)).toISOString(),
    salesUntil: facts.salesEndAt ?? facts.startsAt,
    category: foldName(facts.category),
    city: foldName(venue.city),
    country: venue.country,
    priceMin: Math.min(...prices),
    priceMax: Math.max(...prices),
    title: wordsOf(facts.title).join(' '),
    place: wordsOf(`${venue.name} ${venue.city}`).join(' '),
    text: wordsOf(facts.description).join(' '),
    facts,
  };
}

function timesOf(facts: EventFacts) {
  const time = (text: string | null) => (text === null ? null : new Date(text));
  return {
    startsAt: new Date(facts.startsAt),
    endsAt: time(facts.endsAt),
    salesStartAt: time(facts.salesStartAt),
    salesEndAt: time(facts.salesEndAt),
  };
}
