/** One line of a booking, with the price that was agreed. */
export interface BookedItem {
  ticketTypeId: string;
  quantity: number;
  /** Minor units. */
  unitAmount: number;
  priceVersion: number;
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
