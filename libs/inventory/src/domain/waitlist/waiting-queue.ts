import { type EntryRecord, rankOf } from './entry-record.js';

/** The entries of a ticket type that wait, in their order, as far as the batch has read them. */
export class WaitingQueue {
  private readonly entries: EntryRecord[] = [];
  /** Quantities of which only the first entries were read, and the rank of the last that was. */
  private readonly readTo = new Map<number, number>();
  /** Offers that the batch has made from it. */
  offers = 0;
  /** Whether the batch came to the end of what it had read: the rest is for the next step of the lane. */
  unfinished = false;

  /** Says that entries of this quantity may wait beyond that rank. */
  endsAt(quantity: number, rank: number): void {
    this.readTo.set(quantity, rank);
  }

  /** Takes an entry as it now is: those that do not wait are not in the queue. */
  put(entry: EntryRecord): void {
    const known = this.entries.findIndex((one) => one.id === entry.id);
    if (known >= 0) this.entries.splice(known, 1);
    if (entry.status !== 'waiting') return;
    this.entries.splice(this.placeOf(rankOf(entry)), 0, entry);
  }

  /** First come first; a copy, which stays as it is while the queue changes. */
  inOrder(): EntryRecord[] {
    return [...this.entries];
  }

  gatherer(): EntryRecord | null {
    return this.entries.find((entry) => entry.gatheringUntil !== null) ?? null;
  }

  /** Whether an entry that was not read, but that so many places would do for, may come before the rank. */
  mayHideBefore(rank: number, places: number): boolean {
    for (const [quantity, to] of this.readTo) if (quantity <= places && to < rank) return true;
    return false;
  }

  /** Where a rank belongs. */
  private placeOf(rank: number): number {
    let [low, high] = [0, this.entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rankOf(this.entries[middle]!) < rank) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
