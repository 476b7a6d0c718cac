import type { Block, RowRuns } from './row-runs.js';
import type { SeatPlace, SeatPlan, SectionPlan } from './seat-plan.js';
import type { SectionSeats } from './section-seats.js';

/** Seats of which somebody else does the choosing. */
export interface BestWish {
  ticketTypeId: string;
  quantity: number;
  /** Only there; null for anywhere. */
  section: string | null;
  /** Whether the seats may lie apart when no run is long enough. */
  allowSplit: boolean;
}

/** A section with its free seats. */
interface Part {
  plan: SectionPlan;
  runs: RowRuns;
}

/** Free seats side by side. */
interface Run {
  part: Part;
  row: number;
  from: number;
  to: number;
}

/** The best block found so far; one is looked for among tens of thousands of runs. */
interface Found extends Block {
  part: Part | null;
  row: number;
}

/**
 * The best free seats of a ticket type, side by side in one row; null when no run is long enough, or, with
 * `allowSplit`, when fewer are free. Of all blocks it takes, in this order of importance, the one that
 *
 * 1. leaves the fewest single free seats beside it,
 * 2. is in the row nearest to the front of its section,
 * 3. is nearest to the middle of its physical row,
 * 4. is in the section that was drawn first, and furthest to the row's beginning.
 *
 * Apart, they lie in as few pieces as possible: the longest runs, and the best block for the rest.
 */
export function bestAvailable(
  plan: SeatPlan,
  seats: ReadonlyMap<number, SectionSeats>,
  wish: BestWish,
): SeatPlace[] | null {
  const parts = partsOf(plan, seats, wish);
  const block = bestBlock(parts, wish.quantity);
  if (block.part) return placesOf(block.part, block.from, wish.quantity);
  return wish.allowSplit ? fewestPieces(parts, wish.quantity) : null;
}

function partsOf(
  plan: SeatPlan,
  seats: ReadonlyMap<number, SectionSeats>,
  { ticketTypeId, section }: BestWish,
): Part[] {
  return plan.sections
    .filter((s) => s.ticketTypeId === ticketTypeId && (section === null || s.name === section))
    .map((s) => {
      const state = seats.get(s.position);
      if (!state) throw new Error(`section ${s.position} of event ${plan.eventId} was not read`);
      return { plan: s, runs: state.runsIn(s.rows) };
    });
}

function bestBlock(parts: readonly Part[], quantity: number): Found {
  const found = nothing();
  const rows = Math.max(0, ...parts.map((part) => part.plan.rows.length));
  // From the front: once a row has a block that leaves nobody alone, those behind it are no better.
  for (let row = 0; row < rows && found.singles > 0; row++) {
    for (const part of parts) {
      if (row >= part.plan.rows.length || part.runs.longestOf(row) < quantity) continue;
      const block = part.runs.bestOf(row, quantity, () => bestOfRow(part, row, quantity));
      if (isBetter(found, row, block)) Object.assign(found, block, { part, row });
    }
  }
  return found;
}

function bestOfRow(part: Part, row: number, quantity: number): Block {
  const found = nothing();
  part.runs.each(row, (from, to) => {
    if (to - from >= quantity) consider(found, part, row, from, to - quantity, quantity);
  });
  return { from: found.from, singles: found.singles, offCentre: found.offCentre };
}

function nothing(): Found {
  return { part: null, row: 0, from: 0, singles: Infinity, offCentre: Infinity };
}

/** Keeps the best block that begins from `first` to `last`, which is within one run, if it is better than what was found. */
function consider(
  found: Found,
  part: Part,
  row: number,
  first: number,
  last: number,
  quantity: number,
): void {
  const plan = part.plan.rows[row]!;
  const middle = plan.first + ((plan.seats - quantity) >> 1);
  const ideal = Math.min(Math.max(middle, first), last);
  // At most two beginnings leave a single seat, one at either end of the run; so two steps lead past them.
  for (let from = Math.max(first, ideal - 2); from <= Math.min(last, ideal + 2); from++) {
    const singles = Number(from - first === 1) + Number(last - from === 1);
    const offCentre = Math.abs(2 * (from - plan.first) + quantity - plan.seats);
    const block = { from, singles, offCentre };
    if (isBetter(found, row, block)) Object.assign(found, block, { part, row });
  }
}

/** What comes later in the order of `bestAvailable` must be better, not only as good. */
function isBetter(found: Found, row: number, { singles, offCentre }: Block): boolean {
  if (singles !== found.singles) return singles < found.singles;
  return row === found.row ? offCentre < found.offCentre : row < found.row;
}

/** The longest runs, each as a whole, until one of those that are left is long enough for the rest. */
function fewestPieces(parts: readonly Part[], quantity: number): SeatPlace[] | null {
  const runs = runsOf(parts).sort((a, b) => b.to - b.from - (a.to - a.from));
  const places: SeatPlace[] = [];
  let rest = quantity;
  for (const [index, run] of runs.entries()) {
    const length = run.to - run.from;
    if (length >= rest) return [...places, ...bestOf(runs.slice(index), rest)];
    places.push(...placesOf(run.part, run.from, length));
    rest -= length;
  }
  return null;
}

/** All of them, those in front first. */
function runsOf(parts: readonly Part[]): Run[] {
  const runs: Run[] = [];
  for (const part of parts) {
    for (const row of part.plan.rows.keys()) {
      part.runs.each(row, (from, to) => runs.push({ part, row, from, to }));
    }
  }
  return runs.sort((a, b) => a.row - b.row);
}

/** The best block of runs of which the first is long enough. */
function bestOf(runs: readonly Run[], quantity: number): SeatPlace[] {
  const found = nothing();
  for (const { part, row, from, to } of runs) {
    if (to - from >= quantity) consider(found, part, row, from, to - quantity, quantity);
  }
  return placesOf(found.part!, found.from, quantity);
}

function placesOf({ plan }: Part, from: number, quantity: number): SeatPlace[] {
  return Array.from({ length: quantity }, (_, i) => ({ section: plan.position, at: from + i }));
}
