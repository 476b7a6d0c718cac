/** Frames that a connection may send: so many at once, and so many a second. */
export const BURST = 100;
export const PER_SECOND = 50;
/** Frames past the budget, without a second in which none was, after which a connection is closed. */
export const FLOOD = 3000;

/** What a connection has left. Times in milliseconds. */
export interface Budget {
  left: number;
  at: number;
  /** Frames past the budget, since the last second without any. */
  refused: number;
  refusedAt: number;
  toldAt: number;
}

export function newBudget(now: number): Budget {
  return { left: BURST, at: now, refused: 0, refusedAt: -Infinity, toldAt: -Infinity };
}

/** Spends one frame: it is taken; refused; refused and to be told so, once a second; or one too many. */
export function spend(budget: Budget, now: number): 'taken' | 'refused' | 'told' | 'flood' {
  budget.left = Math.min(BURST, budget.left + ((now - budget.at) * PER_SECOND) / 1000);
  budget.at = now;
  if (budget.left >= 1) {
    budget.left -= 1;
    return 'taken';
  }
  if (now - budget.refusedAt > 1000) budget.refused = 0;
  budget.refusedAt = now;
  budget.refused += 1;
  if (budget.refused >= FLOOD) return 'flood';
  if (now - budget.toldAt < 1000) return 'refused';
  budget.toldAt = now;
  return 'told';
}
