/** A physical row of a section, its seats side by side and numbered from 1. */
export interface RowPlan {
  name: string;
  seats: number;
  /** How many seats of the section come before it. */
  first: number;
}

/** A section as it was drawn; the front row first. */
export interface SectionPlan {
  position: number;
  name: string;
  ticketTypeId: string;
  rows: RowPlan[];
  seats: number;
  /** How many seats of the plan come before it. */
  first: number;
}

/** Where a seat is: in which section, and which of its seats in physical order, both from 0. */
export interface SeatPlace {
  section: number;
  at: number;
}

/** A seat as people find it. */
export interface SeatLabel {
  section: string;
  row: string;
  number: string;
}

/** Section with its rows, and the ids of its seats, 16 bytes each, in physical order. */
export interface DrawnSection {
  position: number;
  name: string;
  ticketTypeId: string;
  rows: readonly { name: string; seats: number }[];
  ids: Uint8Array;
}

/**
 * The seats of an event and where they are, all of which stays as it is as long as `version` does. A seat that can be
 * sold never moves: only a draft's sections are ever taken away. About 30 bytes a seat.
 */
export class SeatPlan {
  readonly sections: readonly SectionPlan[];
  readonly seats: number;
  private readonly ids: Buffer;
  private readonly index: SeatIndex;
  private readonly byPosition: ReadonlyMap<number, SectionPlan>;

  /** @param drawn sections in the order of their positions */
  constructor(
    readonly eventId: string,
    readonly version: number,
    drawn: readonly DrawnSection[],
  ) {
    let first = 0;
    this.sections = drawn.map((section) => {
      const laid = layOut(section, first);
      first += laid.seats;
      return laid;
    });
    this.seats = first;
    this.ids = Buffer.concat(drawn.map(({ ids }) => ids));
    this.index = new SeatIndex(this.ids);
    this.byPosition = new Map(this.sections.map((section) => [section.position, section]));
  }

  /** Where the seat is; null for an id that is none of the plan's. */
  find(id: string): SeatPlace | null {
    const n = this.index.find(id);
    if (n < 0) return null;
    const section = this.sections[lastAtMost(this.sections, n)]!;
    return { section: section.position, at: n - section.first };
  }

  section(position: number): SectionPlan {
    const section = this.byPosition.get(position);
    if (!section) throw new Error(`event ${this.eventId} has no section ${position}`);
    return section;
  }

  idOf({ section, at }: SeatPlace): string {
    const from = 16 * (this.section(section).first + at);
    const hex = this.ids.toString('hex', from, from + 16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  labelOf({ section, at }: SeatPlace): SeatLabel {
    const { name, rows } = this.section(section);
    const row = rows[lastAtMost(rows, at)]!;
    return { section: name, row: row.name, number: String(at - row.first + 1) };
  }
}

function layOut({ position, name, ticketTypeId, rows, ids }: DrawnSection, first: number): SectionPlan {
  let seats = 0;
  const laid = rows.map((row) => {
    const from = seats;
    seats += row.seats;
    return { name: row.name, seats: row.seats, first: from };
  });
  if (ids.length !== 16 * seats) throw new Error(`section ${position} has other seats than its rows say`);
  return { position, name, ticketTypeId, rows: laid, seats, first };
}

/** Which of the parts, in rising order of `first`, holds number `n`. */
export function lastAtMost(parts: readonly { first: number }[], n: number): number {
  let [low, high] = [0, parts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (parts[middle]!.first <= n) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Finds ids by a table of open addresses, from their last 32 bits, which are random. */
class SeatIndex {
  private readonly slots: Int32Array;
  private readonly mask: number;

  constructor(private readonly ids: Buffer) {
    const count = ids.length / 16;
    // At most half full.
    const size = 2 ** Math.ceil(Math.log2(2 * count + 1));
    this.mask = size - 1;
    this.slots = new Int32Array(size).fill(-1);
    for (let n = 0; n < count; n++) {
      let slot = ids.readUInt32LE(16 * n + 12) & this.mask;
      while (this.slots[slot]! >= 0) slot = (slot + 1) & this.mask;
      this.slots[slot] = n;
    }
  }

  /** Which of the ids it is; -1 when it is none. */
  find(id: string): number {
    const bytes = Buffer.from(id.replaceAll('-', ''), 'hex');
    if (bytes.length !== 16) return -1;
    for (let slot = bytes.readUInt32LE(12) & this.mask; ; slot = (slot + 1) & this.mask) {
      const n = this.slots[slot]!;
      if (n < 0 || bytes.compare(this.ids, 16 * n, 16 * n + 16) === 0) return n;
    }
  }
}
