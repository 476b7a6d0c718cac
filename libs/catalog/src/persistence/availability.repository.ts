import type { Tx } from '#libs/sharding';
import type { EventStatus } from '../domain/event.js';

export interface TicketTypeAvailability {
  id: string;
  name: string;
  capacity: number;
  available: number;
  held: number;
  booked: number;
  priceAmount: number;
  priceVersion: number;
  /** How many waitlist entries wait. */
  waiting: number;
}

/** The counters of an event as they were at `asOf`. */
export interface Availability {
  eventId: string;
  organizationId: string;
  status: EventStatus;
  currency: string;
  asOf: Date;
  /** Of the inventory: raised by every change of the counters. */
  version: number;
  ticketTypes: TicketTypeAvailability[];
}

// Out: the counters of all ticket types, of one snapshot.
const READ = `
  SELECT e.id AS "eventId", e.organization_id AS "organizationId", e.status, e.currency,
    clock_timestamp() AS "asOf", i.version,
    (SELECT json_agg(json_build_object('id', t.id, 'name', t.name, 'capacity', s.capacity, 'available', s.available,
        'held', s.held, 'booked', s.booked, 'priceAmount', t.price_amount, 'priceVersion', t.price_version,
        'waiting', s.waiting)
        ORDER BY t.position)
      FROM ticket_types AS t JOIN stock AS s ON s.ticket_type_id = t.id WHERE t.event_id = e.id) AS "ticketTypes"
  FROM events AS e JOIN inventory AS i ON i.event_id = e.id WHERE e.id = $1`;

export async function readAvailability(tx: Tx, eventId: string): Promise<Availability | null> {
  return (await tx.query<Availability>(READ, [eventId])).rows[0] ?? null;
}
