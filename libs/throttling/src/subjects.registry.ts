import { LRUCache } from 'lru-cache';
import { subscriberOf } from './domain/address.js';
import { Claim } from './domain/claim.js';
import { Counter } from './domain/counter.js';
import type { Policies, Policy } from './domain/policy.js';

/** What a route's decorators and the settings say of it. */
export interface Plan {
  /** `POST /v1/bookings`; null for all paths that no route takes. */
  route: string | null;
  operation: Policy | null;
  priority: boolean;
  /** Whether callers count by their address, whoever they say they are. */
  byAddress: boolean;
}

/** An address, a user or a key, with what was counted of it. About 1 kB. */
class Subject {
  readonly own: Counter;
  readonly claims = new Map<Plan, { address: Subject; claim: Claim }>();
  private readonly counters = new Map<string, Counter>();

  constructor(
    readonly id: string,
    policy: Policy,
  ) {
    this.own = new Counter(policy, id);
  }

  /** Its counter of an endpoint or an operation. */
  counter(policy: Policy, of: string): Counter {
    const id = `${of}:${this.id}`;
    let counter = this.counters.get(id);
    if (!counter) this.counters.set(id, (counter = new Counter(policy, id)));
    return counter;
  }
}

/** Remembered at a time; whoever was not seen for longest goes first, and loses nothing but time: Redis counts. */
const MAX_SUBJECTS = 50_000;

/** Finds out what a request counts against; all of it is made once, and looked up after that. */
export class Subjects {
  readonly global: Counter;
  private readonly byAddress = new LRUCache<string, Subject>({ max: MAX_SUBJECTS });
  private readonly byId = new LRUCache<string, Subject>({ max: MAX_SUBJECTS });

  constructor(private readonly policies: Policies) {
    this.global = new Counter(policies.global, 'global');
  }

  /**
   * @param address the client's, as the socket or a trusted proxy tells it
   * @param caller `user:<id>` or `key:<hash>`; null when nobody says who calls
   */
  claim(address: string, caller: string | null, plan: Plan): Claim {
    const from = this.addressed(address);
    const who = caller === null || plan.byAddress ? from : this.called(caller);
    const known = who.claims.get(plan);
    if (known?.address === from) return known.claim;
    const claim = this.open(from, who, plan);
    who.claims.set(plan, { address: from, claim });
    return claim;
  }

  /** All counters in use, for those who look at them. */
  *inUse(): Generator<Counter> {
    yield this.global;
    const seen = new Set<Counter>([this.global]);
    for (const subjects of [this.byAddress, this.byId]) {
      for (const { claims } of subjects.values()) {
        for (const { claim } of claims.values()) {
          for (const counter of claim.counters) {
            if (seen.has(counter)) continue;
            seen.add(counter);
            yield counter;
          }
        }
      }
    }
  }

  private open(from: Subject, who: Subject, { route, operation, priority }: Plan): Claim {
    const own = [from.own];
    if (who !== from) own.push(who.own);
    if (operation) own.push(who.counter(operation, operation.name));
    own.push(who.counter(this.policies.endpoint, route ?? 'unrouted'));
    return new Claim([...own, this.global], own.length, priority);
  }

  private addressed(address: string): Subject {
    const known = this.byAddress.get(address);
    if (known) return known;
    // All addresses of a subscriber are one subject, which both caches hold.
    const id = `ip:${subscriberOf(address)}`;
    const subject = this.byId.get(id) ?? new Subject(id, this.policies.ip);
    this.byId.set(id, subject);
    this.byAddress.set(address, subject);
    return subject;
  }

  private called(id: string): Subject {
    let subject = this.byId.get(id);
    if (!subject) {
      subject = new Subject(id, id.startsWith('key:') ? this.policies.key : this.policies.user);
      this.byId.set(id, subject);
    }
    return subject;
  }
}
