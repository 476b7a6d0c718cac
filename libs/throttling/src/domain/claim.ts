import { Counter } from './counter.js';
import type { Policy } from './policy.js';

/** All that a request of one caller to one route counts against, made once and used by all of them. */
export class Claim {
  /** How much of each counter such requests may use. */
  readonly caps: readonly number[];
  /** The field RateLimit-Policy of draft-ietf-httpapi-ratelimit-headers-10. */
  readonly policyHeader: string;

  /** @param shown how many of the counters, from the first on, are the caller's own and told to him */
  constructor(
    readonly counters: readonly Counter[],
    private readonly shown: number,
    priority = false,
  ) {
    this.caps = counters.map(({ policy }) => (priority ? policy.priorityLimit : policy.limit));
    this.policyHeader = this.told
      .map(({ policy }, i) => `"${policy.name}";q=${this.caps[i]};w=${policy.ttl / 1000}`)
      .join(', ');
  }

  private get told(): readonly Counter[] {
    return this.counters.slice(0, this.shown);
  }

  /** The field RateLimit: how the limits stand now. */
  limitHeader(now: number): string {
    let header = '';
    for (let i = 0; i < this.shown; i++) {
      const counter = this.counters[i]!;
      const left = Math.max(0, this.caps[i]! - counter.count);
      header += `${i ? ', ' : ''}"${counter.policy.name}";r=${left};t=${counter.secondsLeft(now)}`;
    }
    return header;
  }

  /** Counts so many requests at once, as far as every limit has room: gives how many that are. */
  take(wanted: number): number {
    const { counters, caps } = this;
    let granted = wanted;
    for (let i = 0; i < counters.length; i++) granted = Math.min(granted, caps[i]! - counters[i]!.count);
    granted = Math.max(0, granted);
    for (const counter of counters) counter.count += granted;
    return granted;
  }

  /** The limits that are used up, and the seconds until all of them begin anew. */
  exhausted(now: number): { policies: Policy[]; seconds: number } {
    const full = this.counters.filter((counter, i) => counter.count >= this.caps[i]!);
    return {
      policies: full.map(({ policy }) => policy),
      seconds: Math.max(1, ...full.map((counter) => counter.secondsLeft(now))),
    };
  }
}
