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
  const tickets = booking.items.flatMap(({ ticketTypeId, quantity, seatIds, seats }) =>
    Array.from({ length: quantity }, (_, i) => ({
      ticketTypeId,
      ...(seatIds && seats && { seat: { id: seatIds[i]!, label: seats[i]!.label } }),
    })),
  );
  return tickets.map((ticket, index) => ({
    id: admissionId(booking, index + 1),
    number: index + 1,
    ...ticket,
  }));
}

function admissionId(booking: Admitting, number: number): string {
  const random = hash('sha256', `${booking.id} ${number}`, 'buffer');
  return makeUuid(slotOfId(booking.id)!, booking.createdAt, random);
}
