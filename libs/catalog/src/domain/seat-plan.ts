import type { Section } from './event.js';

/** Physical rows of seats, as arrays of equal length for one set-wise INSERT. */
export interface SeatPlan {
  section: number[];
  rowPosition: number[];
  rowName: string[];
  seats: number[];
  /** How many seats come before the row in the whole plan. */
  before: number[];
  ticketTypeId: string[];
  total: number;
}

/** Draws the rows of sections whose positions count from `firstPosition`. */
export function planSeats(sections: readonly Section[], firstPosition: number): SeatPlan {
  const plan: SeatPlan = {
    section: [],
    rowPosition: [],
    rowName: [],
    seats: [],
    before: [],
    ticketTypeId: [],
    total: 0,
  };
  for (const [i, section] of sections.entries()) {
    for (const [rowPosition, row] of section.rows.entries()) {
      plan.section.push(firstPosition + i);
      plan.rowPosition.push(rowPosition);
      plan.rowName.push(row.name);
      plan.seats.push(row.seats);
      plan.before.push(plan.total);
      plan.ticketTypeId.push(section.ticketTypeId);
      plan.total += row.seats;
    }
  }
  return plan;
}

/** Seats of each ticket type. */
export function seatsByType(sections: readonly Section[]): Map<string, number> {
  const seats = new Map<string, number>();
  for (const { ticketTypeId, rows } of sections) {
    const more = rows.reduce((sum, row) => sum + row.seats, 0);
    seats.set(ticketTypeId, (seats.get(ticketTypeId) ?? 0) + more);
  }
  return seats;
}
