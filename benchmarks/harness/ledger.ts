import { Refusal } from '#libs/kernel';

/** How a request ended, as its client knows it. */
export type Verdict =
  /** Done: this booking, of so many places. */
  | { booked: string; quantity: number }
  /** Read, and what was read is as it should be. */
  | { read: true }
  /** Certainly not done, for this reason (a code of docs/problems.md). */
  | { refused: string }
  /** May or may not have been done. */
  | { unknown: string };

/** What the clients of a run were told, to be compared with what is stored. */
export class Ledger {
  /** Ids of the bookings that were acknowledged, in order; one that came twice stands here twice. */
  readonly booked: string[] = [];
  places = 0;
  reads = 0;
  readonly refused = new Map<string, number>();
  readonly unknown = new Map<string, number>();

  note(verdict: Verdict): void {
    if ('booked' in verdict) {
      this.booked.push(verdict.booked);
      this.places += verdict.quantity;
    } else if ('read' in verdict) this.reads++;
    else if ('refused' in verdict) count(this.refused, verdict.refused);
    else count(this.unknown, verdict.unknown);
  }

  /** Takes over what another process noted. */
  add(other: LedgerFacts): void {
    // Not by spreading: there may be more bookings than a call takes arguments.
    for (const id of other.booked) this.booked.push(id);
    this.places += other.places;
    for (const [code, times] of other.refused) count(this.refused, code, times);
    for (const [code, times] of other.unknown) count(this.unknown, code, times);
  }

  facts(): LedgerFacts {
    const { booked, places } = this;
    return { booked, places, refused: [...this.refused], unknown: [...this.unknown] };
  }

  get unknowns(): number {
    return [...this.unknown.values()].reduce((sum, times) => sum + times, 0);
  }
}

/** A ledger that can be sent from one process to another. */
export interface LedgerFacts {
  booked: string[];
  places: number;
  refused: [code: string, times: number][];
  unknown: [code: string, times: number][];
}

/** Refusals of the product that leave open whether something was done. */
const OPEN = new Set(['outcome_unknown', 'internal_error']);

/** What a rejected request means. What is no refusal of the product is a bug somewhere: its outcome is not known. */
export function verdictOf(error: unknown): Verdict {
  if (error instanceof Refusal) return verdictOfCode(error.code);
  return { unknown: (error as Error).message };
}

/** What a problem document over HTTP means. */
export function verdictOfProblem(status: number, body: string): Verdict {
  const [, code] = /"code":"([a-z_]+)"/.exec(body) ?? [];
  return code === undefined ? { unknown: `status ${status}: ${body.slice(0, 200)}` } : verdictOfCode(code);
}

function verdictOfCode(code: string): Verdict {
  return OPEN.has(code) ? { unknown: code } : { refused: code };
}

function count(map: Map<string, number>, code: string, times = 1): void {
  map.set(code, (map.get(code) ?? 0) + times);
}
