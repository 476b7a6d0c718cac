import { bytesOf, clearBit, firstClear, firstSet, setBit } from './bitmap.js';
import { type RowPlan, lastAtMost } from './seat-plan.js';

/** Seats side by side in one row, and how good they are. */
export interface Block {
  /** The first of them, counted in the section. */
  from: number;
  /** Single free seats that it leaves beside it. */
  singles: number;
  /** Half seats between its middle and that of its physical row. */
  offCentre: number;
}

/** The runs of free seats in a section's rows, and what was found out about a row, for as long as the row stays as it is. */
export class RowRuns {
  private readonly longest: Int32Array;
  /** By row, then by the number of seats. */
  private readonly best: (Map<number, Block> | undefined)[] = [];
  private readonly bytes: Uint8Array;

  /** @param taken the seats that are not free; changed by `note` */
  constructor(
    private readonly rows: readonly RowPlan[],
    private readonly taken: Uint32Array,
  ) {
    this.longest = new Int32Array(rows.length).fill(-1);
    this.bytes = bytesOf(taken);
  }

  /** Seats of the longest run of a row. */
  longestOf(row: number): number {
    const known = this.longest[row]!;
    if (known >= 0) return known;
    let longest = 0;
    this.each(row, (from, to) => {
      longest = Math.max(longest, to - from);
    });
    this.longest[row] = longest;
    return longest;
  }

  /** The best block of so many seats in a row that has one; `find` is asked when it is not known. */
  bestOf(row: number, quantity: number, find: () => Block): Block {
    const ofRow = (this.best[row] ??= new Map<number, Block>());
    const block = ofRow.get(quantity) ?? find();
    ofRow.set(quantity, block);
    return block;
  }

  /** Every run of a row: from its first seat to before its end, counted in the section. */
  each(row: number, found: (from: number, to: number) => void): void {
    const { first, seats } = this.rows[row]!;
    const end = first + seats;
    for (let from = firstClear(this.taken, first, end); from < end;) {
      const to = firstSet(this.taken, from, end);
      found(from, to);
      from = firstClear(this.taken, to, end);
    }
  }

  /** A seat was taken, or is free again. */
  note(at: number, taken: boolean): void {
    if (taken) setBit(this.bytes, at);
    else clearBit(this.bytes, at);
    const row = lastAtMost(this.rows, at);
    this.longest[row] = -1;
    this.best[row] = undefined;
  }
}
