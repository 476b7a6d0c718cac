import { type Refusal, defineRefusals, formatId, refusals } from '#libs/kernel';
import type { RefusalFacts } from './domain/command.js';
import { StalePlan } from './seat-plans.service.js';

/** Why the inventory declines, in order of precedence. */
export const inventoryRefusals = defineRefusals({
  quantity_out_of_range: { status: 422, title: 'Quantity out of range' },
  duplicate_seat: { status: 422, title: 'A seat was named twice' },
  seat_not_in_event: { status: 422, title: 'No such seat at this event' },
  event_not_bookable: { status: 409, title: 'The event cannot be booked' },
  sales_closed: { status: 409, title: 'Not on sale now' },
  hold_consumed: { status: 409, title: 'The hold has become a booking' },
  hold_expired: { status: 409, title: 'The hold is over' },
  seat_taken: { status: 409, title: 'Seat held or booked' },
  person_limit_reached: { status: 409, title: 'One person may not have more' },
  sold_out: { status: 409, title: 'Sold out' },
  waitlist_first: { status: 409, title: 'Promised to those who wait' },
  tickets_available: { status: 409, title: 'Nothing to wait for' },
  already_waiting: { status: 409, title: 'On this waitlist already' },
  waitlist_closed: { status: 409, title: 'The waitlist takes nobody' },
  offer_expired: { status: 409, title: 'The offer is over' },
  no_offer: { status: 409, title: 'Nothing is offered' },
  already_checked_in: { status: 409, title: 'Checked in already' },
  admission_canceled: { status: 409, title: 'The ticket was canceled' },
  cancellation_closed: { status: 409, title: 'Too late to cancel' },
  capacity_below_taken: { status: 409, title: 'More places are taken than that' },
});

/** The error to throw for a refusal that was decided. */
export function errorOf({ code, detail, members }: RefusalFacts): Refusal | StalePlan {
  if (code === 'plan_changed') return new StalePlan();
  const make = code in inventoryRefusals.kinds ? inventoryRefusals : refusals;
  return (make as typeof inventoryRefusals & typeof refusals)[code](
    detail,
    members && withPublicIds(members),
  );
}

/** Decisions speak of UUIDs, problem documents of public ids. */
function withPublicIds(members: Record<string, unknown>): Record<string, unknown> {
  const { ticketTypeId, seatIds, entryId } = members as {
    ticketTypeId?: string;
    seatIds?: string[];
    entryId?: string;
  };
  return {
    ...members,
    ...(ticketTypeId && { ticketTypeId: formatId('ticketType', ticketTypeId) }),
    ...(entryId && { entryId: formatId('waitlistEntry', entryId) }),
    ...(seatIds && { seatIds: seatIds.map((id) => formatId('seat', id)) }),
  };
}
