import { type Refusal, defineRefusals, formatId, refusals } from '#libs/kernel';
import type { RefusalFacts } from './domain/command.js';

/** Why the inventory declines, in order of precedence. */
export const inventoryRefusals = defineRefusals({
  quantity_out_of_range: { status: 422, title: 'Quantity out of range' },
  event_not_bookable: { status: 409, title: 'The event cannot be booked' },
  sales_closed: { status: 409, title: 'Not on sale now' },
  hold_consumed: { status: 409, title: 'The hold has become a booking' },
  hold_expired: { status: 409, title: 'The hold is over' },
  seat_taken: { status: 409, title: 'Seat held or booked' },
  person_limit_reached: { status: 409, title: 'One person may not have more' },
  sold_out: { status: 409, title: 'Sold out' },
  waitlist_first: { status: 409, title: 'Promised to those who wait' },
  already_checked_in: { status: 409, title: 'Checked in already' },
  admission_canceled: { status: 409, title: 'The ticket was canceled' },
  cancellation_closed: { status: 409, title: 'Too late to cancel' },
  capacity_below_taken: { status: 409, title: 'More places are taken than that' },
});

/** The error to throw for a refusal that was decided. */
export function refusalOf({ code, detail, members }: RefusalFacts): Refusal {
  const make = code in inventoryRefusals.kinds ? inventoryRefusals : refusals;
  return (make as typeof inventoryRefusals & typeof refusals)[code](
    detail,
    members && withPublicIds(members),
  );
}

/** Decisions speak of UUIDs, problem documents of public ids. */
function withPublicIds(members: Record<string, unknown>): Record<string, unknown> {
  const { ticketTypeId, seatIds } = members as { ticketTypeId?: string; seatIds?: string[] };
  return {
    ...members,
    ...(ticketTypeId && { ticketTypeId: formatId('ticketType', ticketTypeId) }),
    ...(seatIds && { seatIds: seatIds.map((id) => formatId('seat', id)) }),
  };
}
