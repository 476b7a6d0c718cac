import { DEFAULT_MAX_PER_BOOKING, type SectionDraft, type TicketTypeDraft } from './draft.js';
import type { Section, TicketType } from './event.js';
import { seatsByType } from './seat-plan.js';

/** Gives new ticket types their ids; a seated one has no places until its sections are known. */
export function makeTicketTypes(drafts: readonly TicketTypeDraft[], ids: readonly string[]): TicketType[] {
  return drafts.map((draft, i) => ({
    id: ids[i]!,
    name: draft.name,
    kind: draft.kind,
    capacity: draft.capacity ?? 0,
    priceAmount: draft.price.amount,
    priceVersion: 1,
    maxPerBooking: draft.maxPerBooking ?? DEFAULT_MAX_PER_BOOKING,
    maxPerPerson: draft.maxPerPerson ?? null,
  }));
}

/** Sections with the ids of the ticket types that they name. */
export function makeSections(
  drafts: readonly SectionDraft[],
  types: readonly Pick<TicketType, 'id' | 'name'>[],
): Section[] {
  const ids = new Map(types.map((type) => [type.name, type.id]));
  return drafts.map(({ name, ticketType, rows }) => ({ name, ticketTypeId: ids.get(ticketType)!, rows }));
}

/** Gives seated types as many places as their sections have seats. */
export function withSeats(types: readonly TicketType[], sections: readonly Section[]): TicketType[] {
  const seats = seatsByType(sections);
  return types.map((type) =>
    type.kind === 'seated' ? { ...type, capacity: seats.get(type.id) ?? 0 } : type,
  );
}

/**
 * By how many places each ticket type that there was grows or shrinks: general ones to the capacity wanted, seated
 * ones to the seats of `sections`, which take the place of those that there were or come on top.
 */
export function capacityDeltas(
  before: readonly TicketType[],
  changed: readonly TicketType[],
  sections: readonly Section[],
  replaces: boolean,
): { ticketTypeId: string; delta: number }[] {
  const seats = seatsByType(sections);
  return before.flatMap((type) => {
    const more = seats.get(type.id) ?? 0;
    const wanted =
      type.kind === 'general'
        ? (changed.find((c) => c.id === type.id)?.capacity ?? type.capacity)
        : replaces
          ? more
          : type.capacity + more;
    return wanted === type.capacity ? [] : [{ ticketTypeId: type.id, delta: wanted - type.capacity }];
  });
}
