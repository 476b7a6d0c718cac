/** What is sent to everybody who asks for the same thing. */
export interface Answer {
  /** Of what it shows. */
  version: number;
  /** Strong, with its quotes. */
  tag: string;
  /** JSON in UTF-8. */
  body: Buffer;
  /** At most so many milliseconds may it be kept; as the view says when it is not given. */
  keepMs?: number;
}

/** That there is no such thing. */
export interface Missing {
  /** What the 404 says. */
  missing: string;
}

export function isMissing(answer: object): answer is Missing {
  return 'missing' in answer;
}

/** For how long something is fresh, and then still good enough while one caller asks anew; milliseconds. */
export interface Lifetime {
  fresh: number;
  stale: number;
}

export interface Lifetimes {
  /** In the memory of a process. */
  memory: Lifetime;
  /** In Redis. */
  shared: Lifetime;
  /** That there is no such thing, in memory and in Redis each. */
  missing: number;
}

/** Lifetimes differ by up to a fifth, so that what was made together does not end together. `random`: 0 to 1. */
export function jittered(lifetime: Lifetime, random: number): Lifetime {
  const share = 1 - random / 5;
  return { fresh: lifetime.fresh * share, stale: lifetime.stale * share };
}

/** The lifetime of an answer on a tier: never longer than the answer itself allows. */
export function lifetimeOf(
  answer: Answer | Missing,
  lifetimes: Lifetimes,
  tier: 'memory' | 'shared',
): Lifetime {
  if (isMissing(answer)) return { fresh: lifetimes.missing, stale: 0 };
  if (answer.keepMs === undefined) return lifetimes[tier];
  return { fresh: Math.min(answer.keepMs, lifetimes[tier].fresh), stale: 0 };
}
