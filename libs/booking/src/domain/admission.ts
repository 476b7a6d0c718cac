import { hash } from 'node:crypto';
import { makeUuid, slotOfId } from '#libs/kernel';

/** One ticket of a booking. */
export interface Admission {
  id: string;
  /** From 1, within its booking. */
  number: number;
  ticketTypeId: string;
  /** If it has one. */
  seat?: AdmittedSeat;
}

/** Where the ticket's holder sits. */
export interface AdmittedSeat {
  id: string;
  label: { section: string; row: string; number: string };
}

/** What of a booking makes its admissions. */
export interface Admitting {
  id: string;
  createdAt: number;
  items: readonly {
    ticketTypeId: string;
    quantity: number;
    /** Of numbered seats, one a place. */
    seatIds?: readonly string[];
    seats?: readonly Pick<AdmittedSeat, 'label'>[];
  }[];
}

/** The admissions of a booking, in the order of its items. They follow from it alone, so nothing of them is stored. */
export function admissionsOf(booking: Admitting): Admission[] {
  const admissions: Admission[] = [];
  for (const { ticketTypeId, quantity, seatIds, seats } of booking.items) {
    for (let i = 0; i < quantity; i++) {
      const number = admissions.length + 1;
      const admission: Admission = { id: admissionId(booking, number), number, ticketTypeId };
      if (seatIds && seats) admission.seat = { id: seatIds[i]!, label: seats[i]!.label };
      admissions.push(admission);
    }
  }
  return admissions;
}

function admissionId(booking: Admitting, number: number): string {
  const random = hash('sha256', `${booking.id} ${number}`, 'hex');
  return makeUuid(slotOfId(booking.id)!, booking.createdAt, random);
}
