import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { refusals } from '#libs/kernel';
import type { Trace } from '#libs/tracing';
import type { Answer, Request } from '../domain/batch.js';
import { bookingReference } from '../domain/reference.js';

/** Callers who are answered in one turn of the event loop. */
const SLICE = 32;

/** A request that waits for its answer, and its caller. */
export interface Entry {
  request: Request;
  /** When it came, milliseconds of the monotonic clock. */
  since: number;
  /** The caller has been told; whatever comes later is not. */
  settled: boolean;
  answer: (answer: Answer) => void;
  fail: (error: unknown) => void;
  /** The caller's, told of what the lane does for it. */
  trace: Trace | undefined;
}

/**
 * Settles the callers of a committed batch at once, so that from here on nobody tells them anything else. What it returns answers
 * them, and lets others have their turn in between: each has an answer to write.
 */
export function settleAll(entries: readonly Entry[], answers: readonly Answer[]): () => Promise<void> {
  const waiting = [...entries.entries()].filter(([, entry]) => !entry.settled);
  for (const entry of entries) entry.settled = true;
  return async () => {
    for (const [n, [index, entry]] of waiting.entries()) {
      if (n && n % SLICE === 0) await nextTurn();
      entry.answer(answers[index]!);
    }
  };
}

export function fail(entry: Entry, error: unknown): void {
  if (!entry.settled) entry.fail(error);
  entry.settled = true;
}

/** Gives a booking another reference, after somebody had the first. */
export function renewReference(entry: Entry): void {
  const { command } = entry.request;
  if (command.kind !== 'book' && command.kind !== 'consume' && command.kind !== 'accept') return;
  const reference = bookingReference(command.bookingId, randomBytes(5));
  entry.request = { ...entry.request, command: { ...command, reference } };
}

export function partition<T>(all: readonly T[], test: (one: T) => boolean): [yes: T[], no: T[]] {
  const yes: T[] = [];
  const no: T[] = [];
  for (const one of all) (test(one) ? yes : no).push(one);
  return [yes, no];
}

export function overloaded() {
  return refusals.overloaded('Too many requests at once; nothing was done. Try again.');
}

export function outcomeUnknown() {
  return refusals.outcome_unknown(
    'The database went away in mid-commit; retry with the same Idempotency-Key.',
  );
}
