/** A position that was told, and when, in milliseconds of any one clock. */
export interface ToldPosition {
  position: number;
  at: number;
}

/** Between two messages of an entry. */
export const POSITION_PACE_MS = 1000;
/** A change that is too small to be told at once is told after this time. */
export const QUIET_MS = 30_000;
/** A hundredth of the position: up to position 100, each place. */
const SHARE = 0.01;

/** What a position is worth a word of its own for, once an entry comes to it. */
export type Milestone = 'next' | 'top_10';

/** The milestone that an entry has passed since it was told; also the first time that it is told. */
export function milestoneOf(told: ToldPosition | undefined, position: number): Milestone | null {
  const before = told?.position ?? Infinity;
  if (position === 1) return before > 1 ? 'next' : null;
  return position <= 10 && before > 10 ? 'top_10' : null;
}

/**
 * How much an entry has to be told, 0: nothing for now. Of the places that it moved, as a share of its position: so the first
 * hundred hear of every place, and who stands at 50,000 of 500 at once; what is smaller waits for `QUIET_MS`.
 */
export function urgencyOf(told: ToldPosition | undefined, position: number, now: number): number {
  if (!told) return Infinity;
  const share = Math.abs(position - told.position) / position;
  const since = now - told.at;
  if (share === 0 || since < POSITION_PACE_MS) return 0;
  return share >= SHARE || since >= QUIET_MS ? share : 0;
}
