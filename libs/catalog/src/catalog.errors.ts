import { inventoryRefusals } from '#libs/inventory';
import { formatId, refusals } from '#libs/kernel';

/** Also for an event that the caller may not see: strangers learn nothing of it. */
export function noSuchEvent() {
  return refusals.not_found('There is no such event.');
}

/** Seats that cannot be blocked. */
export function seatsTaken(seatIds: readonly string[]) {
  return inventoryRefusals.seat_taken(
    `${seatIds.length} of the seats are held or booked; nothing was changed.`,
    {
      seatIds: seatIds.map((id) => formatId('seat', id)),
    },
  );
}
