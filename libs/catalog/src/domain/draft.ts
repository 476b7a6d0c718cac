import type { FieldError, Money } from '#libs/kernel';
import type { EventDescription, EventTimes, SeatRow, TicketTypeKind } from './event.js';

export const MAX_TICKET_TYPES = 200;
export const MAX_SEATS = 100_000;
export const DEFAULT_MAX_PER_BOOKING = 10;
/** Of 100,000 wrong rows the first hundred are told. */
const MAX_ERRORS = 100;
const ROW_NAME = /^(?=.*\S)\P{Cc}{1,20}$/u;

/** A ticket type as an organizer writes it down. */
export interface TicketTypeDraft {
  name: string;
  kind: TicketTypeKind;
  /** General admission only; a seated type has as many places as seats. */
  capacity?: number | null;
  price: Money;
  maxPerBooking?: number | null;
  maxPerPerson?: number | null;
}

/** A section names its ticket type, since the type has no id yet. */
export interface SectionDraft {
  name: string;
  ticketType: string;
  rows: SeatRow[];
}

export interface EventDraft extends EventDescription {
  ticketTypes: TicketTypeDraft[];
  sections: SectionDraft[];
}

/** What is wrong between the fields of a draft; each field alone was checked at the edge. Empty when it is sound. */
export function checkDraft(draft: EventDraft): FieldError[] {
  return [
    ...checkTimes(draft),
    ...checkTicketTypes(draft.ticketTypes),
    ...checkSections(draft.sections, draft.ticketTypes),
  ];
}

/** An event ends after it starts; sales start before they end, and end no later than the event. */
export function checkTimes({ startsAt, endsAt, salesStartAt, salesEndAt }: EventTimes): FieldError[] {
  const errors: FieldError[] = [];
  if (endsAt && endsAt <= startsAt) errors.push({ path: 'endsAt', message: 'must be after startsAt' });
  if (salesEndAt && endsAt && salesEndAt > endsAt) {
    errors.push({ path: 'salesEndAt', message: 'must not be after endsAt' });
  }
  if (salesStartAt && salesStartAt >= (salesEndAt ?? startsAt)) {
    const end = salesEndAt ? 'salesEndAt' : 'startsAt, when sales end';
    errors.push({ path: 'salesStartAt', message: `must be before ${end}` });
  }
  return errors;
}

function checkTicketTypes(types: readonly TicketTypeDraft[]): FieldError[] {
  const currency = types[0]?.price.currency;
  return [
    ...repeated(types, 'ticketTypes'),
    ...types.flatMap((type, i) => checkTicketType(type, `ticketTypes.${i}`, currency)),
  ];
}

/** One ticket type that is new, in an event of that currency. */
export function checkTicketType(
  type: TicketTypeDraft,
  path: string,
  currency: string | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  const given = type.capacity !== undefined && type.capacity !== null;
  if (type.kind === 'seated' && given) {
    errors.push({
      path: `${path}.capacity`,
      message: 'must not be given: a seated type has as many places as seats',
    });
  }
  if (type.kind === 'general' && !given) {
    errors.push({ path: `${path}.capacity`, message: 'must be given for general admission' });
  }
  if (type.price.currency !== currency) {
    errors.push({
      path: `${path}.price.currency`,
      message: `must be ${currency}: an event has one currency`,
    });
  }
  return errors;
}

/** Sections and rows have unique names, sections belong to seated types, and every seated type has seats. */
export function checkSections(
  sections: readonly SectionDraft[],
  types: readonly { name: string; kind: TicketTypeKind }[],
): FieldError[] {
  const malformed = sections.flatMap(({ rows }, i) => checkRows(rows, `seatMap.sections.${i}.rows`));
  if (malformed.length) return malformed.slice(0, MAX_ERRORS);
  const kinds = new Map(types.map((type) => [type.name, type.kind]));
  const used = new Set(sections.map((section) => section.ticketType));
  const errors = repeated(sections, 'seatMap.sections');
  for (const [i, section] of sections.entries()) {
    const path = `seatMap.sections.${i}`;
    const kind = kinds.get(section.ticketType);
    if (!kind)
      errors.push({ path: `${path}.ticketType`, message: 'must be the name of one of the ticket types' });
    if (kind === 'general')
      errors.push({ path: `${path}.ticketType`, message: 'must be a seated ticket type' });
    errors.push(...repeated(section.rows, `${path}.rows`));
  }
  for (const [i, type] of types.entries()) {
    if (type.kind === 'seated' && !used.has(type.name)) {
      errors.push({
        path: `ticketTypes.${i}`,
        message: 'must have seats: name it in a section of the seat map',
      });
    }
  }
  if (seatsIn(sections) > MAX_SEATS) {
    errors.push({ path: 'seatMap.sections', message: `must have at most ${MAX_SEATS} seats` });
  }
  return errors;
}

/** Whether rows of seats are what SeatRow says, which nobody has checked before. */
export function checkRows(rows: readonly unknown[], path: string): FieldError[] {
  return rows.flatMap((row, i) => {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      return [{ path: `${path}.${i}`, message: 'must be an object' }];
    }
    const { name, seats, ...unknown } = row as Record<string, unknown>;
    const errors = Object.keys(unknown).map((key) => ({
      path: `${path}.${i}.${key}`,
      message: 'is not a known field',
    }));
    if (typeof name !== 'string' || !ROW_NAME.test(name)) {
      errors.push({
        path: `${path}.${i}.name`,
        message: 'must be one line of 1 to 20 characters that is not blank',
      });
    }
    if (!Number.isInteger(seats) || Number(seats) < 1 || Number(seats) > MAX_SEATS) {
      errors.push({ path: `${path}.${i}.seats`, message: `must be a whole number from 1 to ${MAX_SEATS}` });
    }
    return errors;
  });
}

/** How many seats the sections have together. */
export function seatsIn(sections: readonly { rows: readonly SeatRow[] }[]): number {
  return sections.reduce((sum, { rows }) => rows.reduce((seats, row) => seats + row.seats, sum), 0);
}

/** One error for each element whose name was there before. */
export function repeated(list: readonly { name: string }[], path: string): FieldError[] {
  const seen = new Set<string>();
  return list.flatMap(({ name }, i) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [{ path: `${path}.${i}.name`, message: 'must be unique' }];
  });
}
