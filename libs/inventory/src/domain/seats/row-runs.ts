import { bytesOf, clearBit, firstClear, firstSet, setBit } from './bitmap.js';
import { type RowPlan, lastAtMost } from './seat-plan.js';

/** The runs of free seats in a section's rows; how long the longest of a row is, is found when it is first asked for. */
export class RowRuns {
  private readonly longest: Int32Array;
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
    this.longest[lastAtMost(this.rows, at)] = -1;
  }
}
