import { type FieldError, type Money, isCurrency } from '#libs/kernel';
import {
  DEFAULT_MAX_PER_BOOKING,
  MAX_TICKET_TYPES,
  type SectionDraft,
  type TicketTypeDraft,
  checkSections,
  checkTicketType,
  checkTimes,
  seatsIn,
} from './draft.js';
import type { EventDescription, EventRecord, Section, TicketType, TicketTypeKind, Venue } from './event.js';

/** Seats that may be added to a published event at once: the lane's sales wait while they are written. */
export const MAX_SEATS_ADDED_ON_SALE = 5000;

/** Changes a ticket type when it has an id, adds one when it has none. */
export interface TicketTypePatch {
  id?: string;
  name?: string;
  kind?: TicketTypeKind;
  capacity?: number | null;
  price?: Money;
  maxPerBooking?: number | null;
  maxPerPerson?: number | null;
}

/** What an organizer wants to change; what is not there stays. */
export interface EventPatch extends Partial<Omit<EventDescription, 'venue'>> {
  venue?: Partial<Venue>;
  ticketTypes?: TicketTypePatch[];
  sections?: SectionDraft[];
}

/** What an edit comes to. The sections name ticket types as they will be called. */
export interface EditPlan {
  description: EventDescription;
  changedTypes: TicketType[];
  newTypes: TicketTypeDraft[];
  /** Whether all sections that there are give way to `newSections`: only in a draft. */
  replacesSections: boolean;
  newSections: SectionDraft[];
}

export type Edit = { errors: FieldError[]; plan: null } | { errors: null; plan: EditPlan };

interface TypeEdit {
  /** Where errors are to be shown. */
  path: string;
  old: TicketType | null;
  name: string;
  kind: TicketTypeKind;
}

/** Merges a patch into an event; all that is wrong with it, or what is to be done. */
export function planEdit(event: EventRecord, patch: EventPatch): Edit {
  const description = describe(event, patch);
  const patches = patch.ticketTypes ?? [];
  const types = mergeTypes(event, patches);
  const sections = mergeSections(event, patch.sections, types);
  const errors = [
    ...checkTimes(description),
    ...checkTypePatches(event, patches),
    ...checkMergedTypes(types),
    ...sections.errors,
  ];
  if (errors.length) return { errors, plan: null };
  return {
    errors: null,
    plan: {
      description,
      changedTypes: patches
        .filter((p) => p.id)
        .map((p) =>
          changeType(
            event.ticketTypes.find((t) => t.id === p.id)!,
            p,
          ),
        ),
      newTypes: patches.filter(isNew),
      replacesSections: sections.replaces,
      newSections: sections.fresh,
    },
  };
}

function describe(event: EventRecord, patch: EventPatch): EventDescription {
  const pick = <K extends keyof EventDescription>(key: K, value: EventDescription[K] | undefined) =>
    value === undefined ? event[key] : value;
  return {
    title: pick('title', patch.title),
    description: pick('description', patch.description),
    category: pick('category', patch.category),
    venue: { ...event.venue, ...patch.venue },
    startsAt: pick('startsAt', patch.startsAt),
    endsAt: pick('endsAt', patch.endsAt),
    salesStartAt: pick('salesStartAt', patch.salesStartAt),
    salesEndAt: pick('salesEndAt', patch.salesEndAt),
  };
}

function checkTypePatches(event: EventRecord, patches: readonly TicketTypePatch[]): FieldError[] {
  const seen = new Set<string>();
  return patches.flatMap((patch, i) => {
    const path = `ticketTypes.${i}`;
    if (!patch.id) return checkNewType(event, patch, path);
    const type = event.ticketTypes.find((t) => t.id === patch.id);
    if (!type) return [{ path: `${path}.id`, message: 'must be a ticket type of this event' }];
    if (seen.has(type.id)) return [{ path: `${path}.id`, message: 'must not be listed twice' }];
    seen.add(type.id);
    return checkTypeChange(event, type, patch, path);
  });
}

function isNew(patch: TicketTypePatch): patch is TicketTypeDraft & { id?: undefined } {
  return !patch.id;
}

function checkNewType(event: EventRecord, patch: TicketTypePatch, path: string): FieldError[] {
  const missing = (['name', 'kind', 'price'] as const).filter((key) => patch[key] === undefined);
  if (missing.length)
    return missing.map((key) => ({ path: `${path}.${key}`, message: 'must be given for a new ticket type' }));
  return checkTicketType(patch as TicketTypeDraft, path, event.currency);
}

function checkTypeChange(
  event: EventRecord,
  type: TicketType,
  patch: TicketTypePatch,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (patch.kind && patch.kind !== type.kind)
    errors.push({ path: `${path}.kind`, message: 'cannot be changed' });
  if (type.kind === 'seated' && patch.capacity !== undefined) {
    errors.push({
      path: `${path}.capacity`,
      message: 'must not be given: a seated type has as many places as seats',
    });
  }
  if (type.kind === 'general' && patch.capacity === null) {
    errors.push({ path: `${path}.capacity`, message: 'must be a number for general admission' });
  }
  const { price } = patch;
  if (price && isCurrency(price.currency) && price.currency !== event.currency) {
    errors.push({
      path: `${path}.price.currency`,
      message: `must be ${event.currency}: an event has one currency`,
    });
  } else if (price && event.status !== 'draft' && price.amount !== type.priceAmount) {
    errors.push({
      path: `${path}.price`,
      message: 'changes through the pricing of the event once it is published',
    });
  }
  return errors;
}

function mergeTypes(event: EventRecord, patches: readonly TicketTypePatch[]): TypeEdit[] {
  const path = (i: number) => `ticketTypes.${i}`;
  const kept = event.ticketTypes.map((old) => {
    const i = patches.findIndex((patch) => patch.id === old.id);
    return { path: i < 0 ? 'ticketTypes' : path(i), old, name: patches[i]?.name ?? old.name, kind: old.kind };
  });
  const added = patches.flatMap((patch, i) =>
    patch.id
      ? []
      : [{ path: path(i), old: null, name: patch.name ?? '', kind: patch.kind ?? ('general' as const) }],
  );
  return [...kept, ...added];
}

function checkMergedTypes(types: readonly TypeEdit[]): FieldError[] {
  if (types.length > MAX_TICKET_TYPES) {
    return [
      { path: 'ticketTypes', message: `must be at most ${MAX_TICKET_TYPES} with those that there are` },
    ];
  }
  return types.flatMap((type, i) => {
    const before = types.slice(0, i).find((other) => other.name === type.name);
    // Of the two, the one that was sent is at fault.
    const wrong = before && (type.path === 'ticketTypes' ? before : type);
    return wrong ? [{ path: `${wrong.path}.name`, message: 'must be unique' }] : [];
  });
}

function mergeSections(event: EventRecord, drafts: SectionDraft[] | undefined, types: readonly TypeEdit[]) {
  const old = event.sections.map((section) => redraw(section, types));
  const replaces = drafts !== undefined && event.status === 'draft';
  const given = drafts ?? [];
  const fresh = replaces ? given : given.filter((section) => !old.some((o) => o.name === section.name));
  const all = replaces ? fresh : [...old, ...fresh];
  const errors = checkSections(all, types).map((error) => locate(error, types, replaces ? [] : old, given));
  if (!replaces) errors.push(...checkOnSale(old, fresh, given));
  return { replaces, fresh, errors };
}

function redraw(section: Section, types: readonly TypeEdit[]): SectionDraft {
  const type = types.find((t) => t.old?.id === section.ticketTypeId)!;
  return { name: section.name, ticketType: type.name, rows: section.rows };
}

/** On sale, sections can be added, but those that there are stay as they are. */
function checkOnSale(old: SectionDraft[], fresh: SectionDraft[], given: SectionDraft[]): FieldError[] {
  const errors = given.flatMap((section, i) => {
    const before = old.find((o) => o.name === section.name);
    return !before || same(before, section)
      ? []
      : [
          {
            path: `seatMap.sections.${i}`,
            message: 'cannot be changed once the event is published; block its seats instead',
          },
        ];
  });
  if (seatsIn(fresh) > MAX_SEATS_ADDED_ON_SALE) {
    errors.push({
      path: 'seatMap.sections',
      message: `must add at most ${MAX_SEATS_ADDED_ON_SALE} seats at once`,
    });
  }
  return errors;
}

function same(a: SectionDraft, b: SectionDraft): boolean {
  return (
    a.ticketType === b.ticketType &&
    a.rows.length === b.rows.length &&
    a.rows.every((row, i) => row.name === b.rows[i]!.name && row.seats === b.rows[i]!.seats)
  );
}

/** Turns a path into merged lists (`ticketTypes.7`, `seatMap.sections.3.rows…`) into one into what was sent. */
function locate(
  error: FieldError,
  types: readonly TypeEdit[],
  old: SectionDraft[],
  given: SectionDraft[],
): FieldError {
  const [, list, index, rest] = /^(ticketTypes|seatMap\.sections)\.(\d+)(.*)$/.exec(error.path) ?? [];
  if (!list) return error;
  if (list === 'ticketTypes') return { ...error, path: types[Number(index)]!.path };
  const merged = [...old, ...given.filter((section) => !old.some((o) => o.name === section.name))];
  const i = given.indexOf(merged[Number(index)]!);
  return { ...error, path: i < 0 ? 'seatMap.sections' : `seatMap.sections.${i}${rest}` };
}

function changeType(type: TicketType, patch: TicketTypePatch): TicketType {
  return {
    ...type,
    name: patch.name ?? type.name,
    capacity: patch.capacity ?? type.capacity,
    priceAmount: patch.price?.amount ?? type.priceAmount,
    maxPerBooking:
      patch.maxPerBooking === null ? DEFAULT_MAX_PER_BOOKING : (patch.maxPerBooking ?? type.maxPerBooking),
    maxPerPerson: patch.maxPerPerson === undefined ? type.maxPerPerson : patch.maxPerPerson,
  };
}
