import { clearBit, isSet, setBit, unionOf } from './bitmap.js';
import { RowRuns } from './row-runs.js';
import type { RowPlan } from './seat-plan.js';

export type SeatStatus = 'free' | 'held' | 'booked' | 'blocked';
export type Bitmap = Exclude<SeatStatus, 'free'>;

/** A section's bitmaps as they are stored; no seat is in two of them. */
export interface StoredSection {
  section: number;
  /** Grows with every change of the bitmaps. */
  version: number;
  held: Uint8Array;
  booked: Uint8Array;
  blocked: Uint8Array;
}

/** Which seats of a section are free, as it was read under the locks and has been changed since. */
export class SectionSeats {
  /** The bitmaps that differ from what was read. */
  readonly changed = new Set<Bitmap>();
  private runs: RowRuns | null = null;

  /** @param stored its bitmaps change with the seats; its version is the one that was read */
  constructor(readonly stored: StoredSection) {}

  statusOf(at: number): SeatStatus {
    const { held, booked, blocked } = this.stored;
    return isSet(booked, at) ? 'booked' : isSet(held, at) ? 'held' : isSet(blocked, at) ? 'blocked' : 'free';
  }

  /** Throws when the seat is not `from`: what holds seats and the bitmaps disagree. */
  move(at: number, from: SeatStatus, to: SeatStatus): void {
    const is = this.statusOf(at);
    if (is !== from) throw new Error(`seat ${at} of section ${this.stored.section} is ${is}, not ${from}`);
    if (from !== 'free') {
      clearBit(this.stored[from], at);
      this.changed.add(from);
    }
    if (to !== 'free') {
      setBit(this.stored[to], at);
      this.changed.add(to);
    }
    this.runs?.note(at, to !== 'free');
  }

  /** The free seats as runs; what is found out of them is kept as long as it holds. */
  runsIn(rows: readonly RowPlan[]): RowRuns {
    const { held, booked, blocked } = this.stored;
    this.runs ??= new RowRuns(rows, unionOf(held, booked, blocked));
    return this.runs;
  }

  /** To try something out: changes of the copy leave this one as it is. */
  copy(): SectionSeats {
    const { held, booked, blocked } = this.stored;
    const own = (bytes: Uint8Array) => Uint8Array.from(bytes);
    return new SectionSeats({
      ...this.stored,
      held: own(held),
      booked: own(booked),
      blocked: own(blocked),
    });
  }
}
