import type { BookedSeat } from '../booking-record.js';
import { invalid, soldOut } from '../checks.js';
import type { Ask, BestAsk, RefusalFacts } from '../command.js';
import type { EventInventory } from '../inventory.js';
import { type BestWish, bestAvailable } from './best-available.js';
import type { SeatPlace, SeatPlan } from './seat-plan.js';
import type { SectionSeats } from './section-seats.js';

/** An item that is about seats, with where they are if it names them. */
type Wanted = { ticketTypeId: string } & ({ places: SeatPlace[] } | { best: BestAsk });

/** The seats that a request names or wants to be chosen, item by item. */
export interface SeatWishes {
  plan: SeatPlan;
  wanted: Wanted[];
}

/** The seats of a ticket type that a request gets. */
export interface ChosenSeats {
  seatIds: string[];
  seats: BookedSeat[];
}

/** Finds what is asked for in the plan; null when no item is about seats. */
export function seatWishesOf(
  inventory: EventInventory,
  asks: readonly Ask[],
  plan: SeatPlan | null,
): { seatWishes: SeatWishes | null } | { refused: RefusalFacts } {
  if (!asks.some((ask) => 'seatIds' in ask || ask.bestAvailable)) return { seatWishes: null };
  if (plan?.version !== inventory.planVersion) return { refused: planChanged() };
  const twice = repeated(asks.flatMap((ask) => ('seatIds' in ask ? ask.seatIds : [])));
  if (twice.length) return { refused: duplicateSeat(twice) };

  const wanted: Wanted[] = [];
  const unknown: string[] = [];
  for (const [index, ask] of asks.entries()) {
    const { ticketTypeId } = ask;
    if ('seatIds' in ask) {
      const places = ask.seatIds.map((id) => placeOf(plan, ticketTypeId, id));
      unknown.push(...ask.seatIds.filter((_, i) => !places[i]));
      wanted.push({ ticketTypeId, places: places.filter((place) => place !== null) });
    } else if (ask.bestAvailable) {
      if (!hasSection(plan, ask)) {
        return { refused: invalid(index, 'section', 'is no section of these tickets') };
      }
      wanted.push({ ticketTypeId, best: ask });
    }
  }
  return unknown.length ? { refused: seatNotInEvent(unknown) } : { seatWishes: { plan, wanted } };
}

/** Refuses seats that somebody has, or that are not on sale; names all of them. */
export function refuseTakenSeats(inventory: EventInventory, wishes: SeatWishes | null): RefusalFacts | null {
  const taken = (wishes?.wanted ?? [])
    .flatMap((wanted) => ('places' in wanted ? wanted.places : []))
    .filter(({ section, at }) => sectionOf(inventory.seats, section).statusOf(at) !== 'free');
  if (!taken.length) return null;
  return {
    code: 'seat_taken',
    detail: taken.length === 1 ? 'One of the seats is taken.' : `${taken.length} of the seats are taken.`,
    members: { seatIds: taken.map((place) => wishes!.plan.idOf(place)) },
  };
}

/** The best so many seats of a type, side by side where there is such a run; null when fewer are free. */
export function bestSeats(
  inventory: EventInventory,
  plan: SeatPlan,
  ticketTypeId: string,
  quantity: number,
): ChosenSeats | null {
  const best: BestAsk = { ticketTypeId, quantity, bestAvailable: true, allowSplit: true };
  const choice = chooseSeats(inventory, { plan, wanted: [{ ticketTypeId, best }] });
  return 'chosen' in choice ? choice.chosen.get(ticketTypeId)! : null;
}

/**
 * The seats by ticket type, in the order in which they were asked for or chosen. Those that are named are free
 * (`refuseTakenSeats`); what is to be chosen leaves them alone. `sold_out` when no run of seats is long enough.
 */
export function chooseSeats(
  inventory: EventInventory,
  wishes: SeatWishes | null,
): { chosen: Map<string, ChosenSeats> } | { refused: RefusalFacts } {
  const chosen = new Map<string, ChosenSeats>();
  if (!wishes) return { chosen };
  const { plan, wanted } = wishes;
  const seats = wanted.length > 1 ? withoutNamed(inventory, wanted) : inventory.seats;
  for (const one of wanted) {
    const places = 'places' in one ? one.places : bestAvailable(plan, seats, wishOf(one.best));
    if (!places) return { refused: noRunOf(inventory, one.ticketTypeId) };
    if ('best' in one && wanted.length > 1) take(seats, places);
    const before = chosen.get(one.ticketTypeId) ?? { seatIds: [], seats: [] };
    chosen.set(one.ticketTypeId, {
      seatIds: [...before.seatIds, ...places.map((place) => plan.idOf(place))],
      seats: [...before.seats, ...places.map((place) => ({ place, label: plan.labelOf(place) }))],
    });
  }
  return { chosen };
}

/** Those that occur again, each once. */
function repeated(ids: readonly string[]): string[] {
  const seen = new Set<string>();
  const again = new Set<string>();
  for (const id of ids) (seen.has(id) ? again : seen).add(id);
  return [...again];
}

function placeOf(plan: SeatPlan, ticketTypeId: string, seatId: string): SeatPlace | null {
  const place = plan.find(seatId);
  return place && plan.section(place.section).ticketTypeId === ticketTypeId ? place : null;
}

function hasSection(plan: SeatPlan, { ticketTypeId, section }: BestAsk): boolean {
  if (section === undefined) return true;
  return plan.sections.some((one) => one.name === section && one.ticketTypeId === ticketTypeId);
}

function wishOf({ ticketTypeId, quantity, section, allowSplit }: BestAsk): BestWish {
  return { ticketTypeId, quantity, section: section ?? null, allowSplit: allowSplit ?? false };
}

/** A copy to choose from, in which what the request names is taken. */
function withoutNamed(inventory: EventInventory, wanted: readonly Wanted[]): Map<number, SectionSeats> {
  const seats = new Map([...inventory.seats].map(([section, state]) => [section, state.copy()]));
  for (const one of wanted) if ('places' in one) take(seats, one.places);
  return seats;
}

function take(seats: ReadonlyMap<number, SectionSeats>, places: readonly SeatPlace[]): void {
  for (const { section, at } of places) sectionOf(seats, section).move(at, 'free', 'held');
}

function sectionOf(seats: ReadonlyMap<number, SectionSeats>, section: number): SectionSeats {
  const state = seats.get(section);
  if (!state) throw new Error(`section ${section} was not read`);
  return state;
}

/** What was read of the seats is out of date. */
export function planChanged(): RefusalFacts {
  return { code: 'plan_changed', detail: 'The seats were drawn anew.' };
}

function duplicateSeat(seatIds: string[]): RefusalFacts {
  return {
    code: 'duplicate_seat',
    detail: 'A seat can be asked for once in a request.',
    members: { seatIds },
  };
}

function seatNotInEvent(seatIds: string[]): RefusalFacts {
  return {
    code: 'seat_not_in_event',
    detail: 'Seats are asked for with the ticket type that they have, at their event.',
    members: { seatIds },
  };
}

function noRunOf(inventory: EventInventory, ticketTypeId: string): RefusalFacts {
  const detail =
    'No run of free seats is long enough; ask for fewer, in another section, or for allowSplit: true.';
  return soldOut(inventory.types.get(ticketTypeId)!, detail);
}
