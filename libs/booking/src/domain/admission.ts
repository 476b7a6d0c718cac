import { createHash } from 'node:crypto';
import { makeUuid, slotOfId } from '#libs/kernel';

/** One ticket of a booking. */
export interface Admission {
  id: string;
  /** From 1, within its booking. */
  number: number;
  ticketTypeId: string;
}

/** What of a booking makes its admissions. */
export interface Admitting {
  id: string;
  createdAt: number;
  items: readonly { ticketTypeId: string; quantity: number }[];
}

/** The admissions of a booking, in the order of its items. They follow from it alone, so nothing of them is stored. */
export function admissionsOf(booking: Admitting): Admission[] {
  const types = booking.items.flatMap((item) => Array<string>(item.quantity).fill(item.ticketTypeId));
  return types.map((ticketTypeId, index) => ({
    id: admissionId(booking, index + 1),
    number: index + 1,
    ticketTypeId,
  }));
}

function admissionId(booking: Admitting, number: number): string {
  const random = createHash('sha256').update(`${booking.id} ${number}`).digest();
  return makeUuid(slotOfId(booking.id)!, booking.createdAt, random);
}
