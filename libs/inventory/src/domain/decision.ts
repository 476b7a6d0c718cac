import type { Change } from './change.js';
import type { Outcome, RefusalFacts } from './command.js';

/** A refusal, or what changes and what the caller is told. */
export type Decision = { refused: RefusalFacts } | { changes: Change[]; outcome: Outcome };
