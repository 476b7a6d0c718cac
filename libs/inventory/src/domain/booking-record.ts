import type { SeatLabel, SeatPlace } from './seats/seat-plan.js';

/** A seat of a hold or booking: where it stays, and what is said of it. */
export interface BookedSeat {
  place: SeatPlace;
  label: SeatLabel;
}

/** One line of a hold or booking, with the price that was agreed. */
export interface BookedItem {
  ticketTypeId: string;
  quantity: number;
  /** Minor units. */
  unitAmount: number;
  priceVersion: number;
  /** Of a seated type, one a place, in the order in which they were asked for or chosen. */
  seatIds?: string[];
  /** Of the same seats. */
  seats?: BookedSeat[];
}

/** A booking as it is stored. Times in milliseconds since 1970, amounts in minor units of `currency`. */
export interface BookingRecord {
  id: string;
  /** Short, to be read aloud. */
  reference: string;
  eventId: string;
  userId: string;
  organizationId: string;
  status: 'confirmed' | 'canceled';
  version: number;
  currency: string;
  total: number;
  items: BookedItem[];
  createdAt: number;
  canceledAt: number | null;
}
