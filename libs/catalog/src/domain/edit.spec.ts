import { type EventPatch, MAX_SEATS_ADDED_ON_SALE, planEdit } from './edit.js';
import type { EventRecord } from './event.js';

const price = (amount: number, currency = 'EUR') => ({ amount, currency });
const event: EventRecord = {
  id: 'evt',
  organizationId: 'org',
  shardId: 2,
  status: 'published',
  version: 3,
  title: 'Mahler 5',
  description: '',
  category: 'concert',
  venue: { name: 'Philharmonie', city: 'Berlin', country: 'DE', timezone: 'Europe/Berlin' },
  startsAt: new Date('2027-01-10T19:00:00Z'),
  endsAt: new Date('2027-01-10T22:00:00Z'),
  salesStartAt: null,
  salesEndAt: null,
  currency: 'EUR',
  ticketTypes: [
    {
      id: 'standing',
      name: 'Standing',
      kind: 'general',
      capacity: 500,
      priceAmount: 4500,
      priceVersion: 1,
      maxPerBooking: 6,
      maxPerPerson: 8,
    },
    {
      id: 'stalls',
      name: 'Stalls',
      kind: 'seated',
      capacity: 24,
      priceAmount: 9000,
      priceVersion: 1,
      maxPerBooking: 10,
      maxPerPerson: null,
    },
  ],
  sections: [{ name: 'A', ticketTypeId: 'stalls', rows: [{ name: '1', seats: 24 }] }],
  canceling: null,
  createdAt: new Date('2026-11-22T00:00:00Z'),
  updatedAt: new Date('2026-11-22T00:00:00Z'),
};
const draft: EventRecord = { ...event, status: 'draft' };

function pathsOf(patch: EventPatch, of = event): string[] {
  return (planEdit(of, patch).errors ?? []).map((error) => error.path);
}

describe('an edit', () => {
  it('leaves what it does not name as it is', () => {
    const { plan } = planEdit(event, {});
    expect(plan).toMatchObject({ changedTypes: [], newTypes: [], newSections: [], replacesSections: false });
    expect(plan?.description.title).toBe(event.title);
  });

  it('merges a venue field by field, and takes an end away with null', () => {
    const { plan } = planEdit(event, { venue: { name: 'Waldbühne' }, endsAt: null });
    expect(plan?.description).toMatchObject({ venue: { name: 'Waldbühne', city: 'Berlin' }, endsAt: null });
  });

  it('judges the times as they will be together', () => {
    expect(pathsOf({ startsAt: new Date('2027-01-11T00:00:00Z') })).toEqual(['endsAt']);
  });

  it('changes a ticket type by its id and adds one without', () => {
    const { plan } = planEdit(event, {
      ticketTypes: [
        { id: 'standing', capacity: 600, name: 'Floor', maxPerPerson: null },
        { name: 'Gallery', kind: 'general', capacity: 50, price: price(1000) },
      ],
    });
    expect(plan?.changedTypes).toEqual([
      { ...event.ticketTypes[0], name: 'Floor', capacity: 600, maxPerPerson: null },
    ]);
    expect(plan?.newTypes).toMatchObject([{ name: 'Gallery', capacity: 50 }]);
  });

  it('lets two ticket types swap their names', () => {
    const swap = {
      ticketTypes: [
        { id: 'standing', name: 'Stalls' },
        { id: 'stalls', name: 'Standing' },
      ],
    };
    expect(pathsOf(swap)).toEqual([]);
  });

  it('refuses what a ticket type cannot become', () => {
    expect(pathsOf({ ticketTypes: [{ id: 'standing', kind: 'seated' }] })).toEqual(['ticketTypes.0.kind']);
    expect(pathsOf({ ticketTypes: [{ id: 'stalls', capacity: 30 }] })).toEqual(['ticketTypes.0.capacity']);
    expect(pathsOf({ ticketTypes: [{ id: 'standing', capacity: null }] })).toEqual([
      'ticketTypes.0.capacity',
    ]);
    expect(pathsOf({ ticketTypes: [{ id: 'standing', name: 'Stalls' }] })).toEqual(['ticketTypes.0.name']);
    expect(pathsOf({ ticketTypes: [{ id: 'other', name: 'X' }] })).toEqual(['ticketTypes.0.id']);
    expect(pathsOf({ ticketTypes: [{ id: 'standing' }, { id: 'standing' }] })).toEqual(['ticketTypes.1.id']);
    expect(pathsOf({ ticketTypes: [{ name: 'Gallery' }] })).toEqual([
      'ticketTypes.0.kind',
      'ticketTypes.0.price',
    ]);
  });

  it('changes prices in a draft only, and the currency never', () => {
    const to = (amount: number, currency = 'EUR') => ({
      ticketTypes: [{ id: 'standing', price: price(amount, currency) }],
    });
    expect(pathsOf(to(4500))).toEqual([]);
    expect(pathsOf(to(5000))).toEqual(['ticketTypes.0.price']);
    expect(pathsOf(to(5000), draft)).toEqual([]);
    expect(pathsOf(to(5000, 'USD'), draft)).toEqual(['ticketTypes.0.price.currency']);
  });

  it('has seats for a seated type that it adds', () => {
    const balcony = { name: 'Balcony', kind: 'seated' as const, price: price(100) };
    const section = { name: 'B', ticketType: 'Balcony', rows: [{ name: '1', seats: 5 }] };
    expect(pathsOf({ ticketTypes: [balcony] })).toEqual(['ticketTypes.0']);
    expect(planEdit(event, { ticketTypes: [balcony], sections: [section] }).plan?.newSections).toEqual([
      section,
    ]);
  });

  it('draws the seat map of a draft anew', () => {
    const section = { name: 'B', ticketType: 'Stalls', rows: [{ name: '1', seats: 5 }] };
    expect(planEdit(draft, { sections: [section] }).plan).toMatchObject({
      replacesSections: true,
      newSections: [section],
    });
    expect(pathsOf({ sections: [] }, draft)).toEqual(['ticketTypes']);
  });

  it('adds sections to a published seat map, and changes none', () => {
    const as = (seats: number, name = 'A') => ({ name, ticketType: 'Stalls', rows: [{ name: '1', seats }] });
    expect(planEdit(event, { sections: [as(24), as(5, 'B')] }).plan?.newSections).toEqual([as(5, 'B')]);
    expect(pathsOf({ sections: [as(25)] })).toEqual(['seatMap.sections.0']);
    expect(pathsOf({ sections: [as(MAX_SEATS_ADDED_ON_SALE + 1, 'B')] })).toEqual(['seatMap.sections']);
    expect(pathsOf({ sections: [as(24), { ...as(1, 'B'), ticketType: 'Box' }] })).toEqual([
      'seatMap.sections.1.ticketType',
    ]);
  });
});
