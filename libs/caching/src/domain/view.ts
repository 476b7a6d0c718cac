import type { Answer, Lifetimes } from './answer.js';

/** One thing that can be asked for. */
export interface Ask {
  /** Names it among everything that is cached: `event.1:<id>`, with the number of the answer's form. */
  key: string;
  /** By which it can be made invalid together with others. */
  tags: readonly string[];
  /** Somebody who is to be shown their own writes, and what they write to: as `LiveCounters.note` is told. */
  wrote?: { writer: string; key: string };
}

/** What everybody may see of something. It knows no caller, so that nothing private can get into a shared answer. */
export interface View<A extends Ask = Ask> {
  /** For metrics. */
  name: string;
  lifetimes: Lifetimes;
  /**
   * Reads it; `current`: on the primary, since a replica may not have a change yet. Throws `not_found` when there is no
   * such thing that everybody may see; any other error is not kept.
   */
  load(ask: A, current: boolean): Promise<Answer>;
}

/** Counters that are kept in Redis by who changes them, with what is told besides them. */
export interface Counted {
  version: number;
  /** By name. */
  counters: Record<string, number>;
  /** When it was so, milliseconds since 1970 by the database's clock. */
  asOf: number;
  /** What else the answer is made of, as text. Whoever changes it raises the version, or makes the key invalid. */
  frame: string;
}

/** A view of counters: what Redis holds of it moves with each change. */
export interface CountedView<A extends Ask = Ask> {
  name: string;
  lifetimes: Lifetimes;
  /** Reads them on the primary. Throws `not_found`. */
  count(ask: A): Promise<Counted>;
  render(counted: Counted): Answer;
}

export type AnyView<A extends Ask = Ask> = View<A> | CountedView<A>;

/** What lets a view's answers be named. */
export interface Named<A extends Ask = Ask> {
  /** What is meant by a key or a tag; null for one of another view's. */
  askNamed(name: string): A | null;
}

/** Where an answer came from. */
export type Tier = 'l1' | 'l2' | 'l3';

export interface Served {
  answer: Answer;
  tier: Tier;
}
