import type { Request } from '../domain/batch.js';
import type { Ask } from '../domain/command.js';
import { type Entry, overloaded } from './waiting.entry.js';
import type { LaneLimits } from './lane.limits.js';

/** Work that runs alone, in its turn: an edit of an event. */
export interface Exclusive {
  since: number;
  run: () => Promise<void>;
  fail: (error: unknown) => void;
}

type Waiting = Entry | Exclusive;

/** What waits for a lane, bounded in number and in age. */
export class LaneQueue {
  private waiting: Waiting[] = [];

  constructor(private readonly limits: LaneLimits) {}

  get depth(): number {
    return this.waiting.length;
  }

  /** False when too many wait already. */
  add(entry: Waiting): boolean {
    if (this.waiting.length >= this.limits.queue) return false;
    this.waiting.push(entry);
    return true;
  }

  /** Takes the next batch, or the next exclusive work; null when nothing waits. */
  take(): Entry[] | Exclusive | null {
    const head = this.waiting[0];
    if (!head) return null;
    if ('run' in head) {
      this.waiting.shift();
      return head;
    }
    const batch: Entry[] = [];
    let rows = 0;
    for (const entry of this.waiting) {
      if ('run' in entry || batch.length === this.limits.batch) break;
      rows += weightOf(entry.request);
      if (batch.length && rows > this.limits.rows) break;
      batch.push(entry);
    }
    this.waiting.splice(0, batch.length);
    return batch;
  }

  /** Refuses what waited longer than it may, and counts it; the oldest are in front. */
  refuseOld(now: number): number {
    let old = 0;
    while (old < this.waiting.length && now - this.waiting[old]!.since > this.limits.age) old++;
    for (const entry of this.waiting.splice(0, old)) entry.fail(overloaded());
    return old;
  }

  /** Refuses everything that waits. */
  refuseAll(error: () => unknown): void {
    for (const entry of this.waiting.splice(0)) entry.fail(error());
  }
}

/** About how many rows a request writes. What has lapsed comes on top, within bounds of its own. */
function weightOf({ command }: Request): number {
  if (command.kind === 'cancelSome') return 5 * command.limit;
  if (command.kind !== 'book' && command.kind !== 'hold') return 4;
  return command.asks.reduce((sum, ask) => sum + seatsOf(ask), 4);
}

/** Each seat is a row. */
function seatsOf(ask: Ask): number {
  if ('seatIds' in ask) return ask.seatIds.length;
  return ask.bestAvailable ? ask.quantity : 0;
}
