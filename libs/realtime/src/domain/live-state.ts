import { formatId } from '#libs/kernel';

/** The counters of an event with its prices, read at `asOf`. Ids are UUIDs. */
export interface EventCounters {
  eventId: string;
  currency: string;
  asOf: Date;
  /** Of the inventory. */
  version: number;
  ticketTypes: {
    id: string;
    name: string;
    capacity: number;
    available: number;
    held: number;
    booked: number;
    priceAmount: number;
    priceVersion: number;
    /** Entries on the waitlist. */
    waiting: number;
  }[];
}

export interface SeatState {
  id: string;
  eventId: string;
  status: 'free' | 'held' | 'booked' | 'blocked';
}

/** The data of `availability.changed`: what GET /v1/events/:id/availability answers with. */
export function availabilityData(counters: EventCounters): object {
  const { eventId, currency, asOf, version, ticketTypes } = counters;
  return {
    eventId: formatId('event', eventId),
    asOf,
    version,
    ticketTypes: ticketTypes.map(({ id, priceAmount, ...type }) => ({
      id: formatId('ticketType', id),
      ...type,
      price: { amount: priceAmount, currency },
    })),
  };
}

/** The data of `seats.changed`: the seats that changed, as they are by now. `version` is that of the availability. */
export function seatsData(eventId: string, version: number, seats: readonly SeatState[]): object {
  return { eventId: formatId('event', eventId), version, seats: seatList(seats) };
}

export function seatList(seats: readonly SeatState[]): object[] {
  return seats.map(({ id, status }) => ({ id: formatId('seat', id), status }));
}
