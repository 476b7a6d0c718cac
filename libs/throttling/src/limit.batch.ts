import type { Claim } from './domain/claim.js';
import type { Counter } from './domain/counter.js';

/** Told how it went: whether the request is within all limits, and the clock that says so. */
export type Settle = (granted: boolean, claim: Claim, now: number, header: string) => void;

/** Requests of one claim: what is true of the first is true of all. */
interface Ask {
  claim: Claim;
  waiting: Settle[];
}

let batches = 0;

/** All requests of one turn of the event loop, which are decided in one go. */
export class LimitBatch {
  private readonly id = ++batches;
  private readonly counters: Counter[] = [];
  private readonly asks = new Map<Claim, Ask>();

  constructor(private readonly now: number) {}

  add(claim: Claim, settle: Settle): void {
    const ask = this.asks.get(claim);
    if (ask) {
      ask.waiting.push(settle);
      return;
    }
    this.asks.set(claim, { claim, waiting: [settle] });
    for (const counter of claim.counters) this.include(counter);
  }

  private include(counter: Counter): void {
    if (counter.batch === this.id) return;
    counter.enter(this.now);
    counter.batch = this.id;
    counter.index = this.counters.push(counter);
  }

  get keys(): string[] {
    return this.counters.map((counter) => counter.key);
  }

  /** The script's argument. */
  get payload(): string {
    let asks = '';
    for (const { claim, waiting } of this.asks.values()) {
      asks += `${asks && ','}${waiting.length},${claim.counters.length}`;
      for (let i = 0; i < claim.counters.length; i++) {
        asks += `,${claim.counters[i]!.index},${claim.caps[i]}`;
      }
    }
    return `[[${this.counters.map((counter) => counter.policy.ttl).join()}],[${asks}]]`;
  }

  /** Settles as Redis decided: `answer` is the script's. */
  settleBy(answer: readonly number[]): void {
    const standings = 1 + this.asks.size;
    this.counters.forEach((counter, i) => (counter.count = answer[standings + i]!));
    let at = 1;
    for (const ask of this.asks.values()) this.settle(ask, answer[at++]!, answer[0]!);
  }

  /** Settles by what this process knows. */
  settleAlone(): void {
    for (const ask of this.asks.values()) this.settle(ask, ask.claim.take(ask.waiting.length), this.now);
  }

  private settle({ claim, waiting }: Ask, granted: number, now: number): void {
    const header = claim.limitHeader(now);
    for (let i = 0; i < waiting.length; i++) waiting[i]!(i < granted, claim, now, header);
  }
}
