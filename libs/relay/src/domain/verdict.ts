/** What became of a claimed row in one pass of the relay. */
export interface Verdict {
  id: string;
  /** Consumers that confirmed it now. */
  confirmed: string[];
  /** All consumers of its type: it is done when they have confirmed. */
  required: string[];
  /** Why a consumer could not take it. Counted; the row backs off, and parks after some. */
  error: string | null;
  /** A database or Redis was away, which is not the row's fault: tried again soon, not counted. */
  away: boolean;
}

export function newVerdict(id: string, required: string[]): Verdict {
  return { id, confirmed: [], required, error: null, away: false };
}
