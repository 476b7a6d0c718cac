import { defineRefusals, refusals } from '#libs/kernel';

/** What the catalogue refuses besides the refusals that all share, in order of precedence. */
export const catalogRefusals = defineRefusals({
  seat_taken: { status: 409, title: 'Seat held or booked' },
});

/** Also for an event that the caller may not see: strangers learn nothing of it. */
export function noSuchEvent() {
  return refusals.not_found('There is no such event.');
}
