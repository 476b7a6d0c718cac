import type { EventModel } from './event.model.js';
import { type Observation, idIn, keyIn } from './operation.js';

export type Verdict =
  /** An order of the observations in which one after the other gives every answer. Those left out had no effect. */
  | { linearizable: true; order: Observation[]; steps: number }
  /** No order does; `longest` is as far as any came, `stuck` what could have come next but was answered otherwise. */
  | { linearizable: false; longest: Observation[]; stuck: Observation[] }
  /** The search was given up: neither is known, which is no pass. */
  | { linearizable: null; steps: number };

/** A sound history of 200 operations takes some 220 steps. */
const STEPS = 500_000;

/**
 * Whether a history of one event is linearizable: whether each operation can be said to have happened at one moment
 * between its call and its answer. An operation without an answer may have happened at any time after its call, or never.
 *
 * J. M. Wing, C. Gong, "Testing and verifying concurrent objects", J. Parallel Distrib. Comput. 17 (1993) 164–182; with
 * the memory of G. Lowe, "Testing for linearizability", Concurrency Computat. Pract. Exper. 29 (2017): a set of operations
 * that led to a state before leads to no other end now.
 */
export function linearize(start: EventModel, history: readonly Observation[]): Verdict {
  return new Search(start, history).run();
}

interface Step {
  model: EventModel;
  /** Candidates that were not tried yet. */
  left: number[];
  /** Index of the observation that led here. */
  by: number;
}

class Search {
  private readonly all: Observation[];
  private readonly done: boolean[];
  /** What each made or, unanswered, would make: what another answer to the same key tells, or a name of its own. */
  private readonly ids: string[];
  /** Answered observations that are not in the order yet. */
  private missing: number;
  private readonly seen = new Set<string>();
  private longest: number[] = [];
  private stuck: number[] = [];

  constructor(
    private readonly start: EventModel,
    history: readonly Observation[],
  ) {
    this.all = [...history].sort((a, b) => a.from - b.from);
    this.done = this.all.map(() => false);
    this.ids = idsOf(this.all);
    this.missing = this.all.filter((one) => one.answer !== null).length;
  }

  run(): Verdict {
    const path: Step[] = [{ model: this.start, left: this.candidates(), by: -1 }];
    for (let steps = 0; path.length; steps++) {
      if (!this.missing)
        return { linearizable: true, order: this.named(path.slice(1).map((step) => step.by)), steps };
      if (steps === STEPS) return { linearizable: null, steps };
      const here = path.at(-1)!;
      const next = here.left.shift();
      if (next === undefined) this.undo(path.pop()!.by);
      else this.attempt(path, here, next);
    }
    return { linearizable: false, longest: this.named(this.longest), stuck: this.named(this.stuck) };
  }

  private attempt(path: Step[], here: Step, index: number): void {
    const { operation, answer } = this.all[index]!;
    const model = here.model.admits(operation, answer, this.ids[index]!);
    if (!model) return;
    // Unanswered and without effect: as well left out.
    if (answer === null && model === here.model) return;
    // What changes nothing can be said to have happened now, whenever it did: no other order needs to be tried.
    if (model === here.model) here.left = [];
    this.done[index] = true;
    if (answer !== null) this.missing--;
    if (this.known(model)) return this.undo(index);
    const left = this.candidates();
    path.push({ model, left, by: index });
    if (path.length - 1 <= this.longest.length) return;
    this.longest = path.slice(1).map((step) => step.by);
    this.stuck = [...left];
  }

  private undo(index: number): void {
    if (index < 0) return;
    this.done[index] = false;
    if (this.all[index]!.answer !== null) this.missing++;
  }

  /** What may come next: whatever was called before the first of those that are missing was answered. */
  private candidates(): number[] {
    let firstEnd = Infinity;
    const found: number[] = [];
    for (const [index, { from, to }] of this.all.entries()) {
      if (this.done[index]) continue;
      if (from > firstEnd) break;
      firstEnd = Math.min(firstEnd, to);
      found.push(index);
    }
    // In the order of the answers, which is most often right; what was never answered comes last.
    return found
      .filter((index) => this.all[index]!.from <= firstEnd)
      .sort((a, b) => this.likely(a) - this.likely(b) || a - b);
  }

  private likely(index: number): number {
    const { guess, to } = this.all[index]!;
    return guess ?? to;
  }

  private known(model: EventModel): boolean {
    const first = this.done.indexOf(false);
    const later = this.done.flatMap((done, index) => (done && index > first ? [index] : []));
    const key = `${first}|${later.join()}|${model.traceOfOrder()}`;
    if (this.seen.has(key)) return true;
    this.seen.add(key);
    return false;
  }

  private named(order: readonly number[]): Observation[] {
    return order.map((index) => this.all[index]!);
  }
}

function idsOf(all: readonly Observation[]): string[] {
  const made = new Map<string | null, string | null>();
  for (const { operation, answer } of all) if (idIn(answer)) made.set(keyIn(operation), idIn(answer));
  return all.map(
    ({ operation }, index) => (keyIn(operation) && made.get(keyIn(operation))) || `unknown-${index}`,
  );
}

/** What to print of a verdict that is not good, short enough to read. */
export function explain(verdict: Verdict): string {
  if (verdict.linearizable) return 'linearizable';
  if (verdict.linearizable === null) return `not decided within ${verdict.steps} steps`;
  const line = ({ operation, answer, from, to }: Observation) =>
    `  ${from.toFixed(1)}…${to.toFixed(1)} ${JSON.stringify(operation)} → ${JSON.stringify(answer)}`;
  return [
    `No order of the operations gives these answers. The last 10 of the longest that could be (${verdict.longest.length}):`,
    ...verdict.longest.slice(-10).map(line),
    'None of these could have come next:',
    ...verdict.stuck.map(line),
  ].join('\n');
}
