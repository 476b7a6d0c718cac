import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Refusal } from '#libs/kernel';
import { counter as metric } from '#libs/tracing';
import type { Claim } from './domain/claim.js';
import type { Policies } from './domain/policy.js';
import { LimitStorage } from './limits.storage.js';
import { type Plan, Subjects } from './subjects.registry.js';
import { rateLimited } from './throttling.errors.js';

export const POLICIES = Symbol('Policies');

/** Who calls, for as much as it costs nothing to know: `user:<id>`, `key:<hash>`, or null for nobody that is known. */
export type Identify = (request: FastifyRequest) => string | null | Promise<string | null>;

/** Given to the hook's `done`. */
type Done = (refusal?: Refusal) => void;

/** How a limit stands, for an administrator. */
export interface LimitReport {
  tier: string;
  limit: number;
  priorityLimit: number;
  windowSeconds: number;
  /** Requests that this process refused since it began. */
  refused: number;
  /** The subjects that have used most of it in their windows of now, by all processes. */
  busiest: { subject: string; used: number; resetsInSeconds: number }[];
}

const BUSIEST = 10;

const refusedTotal = metric('throttle_refused_total', 'Requests refused, by the limit that was used up.', [
  'tier',
]);

/** Decides on each request under all of its limits at once, and tells how they stand. */
@Injectable()
export class RateLimiter {
  private readonly subjects: Subjects;
  private readonly refused = new Map<string, number>();

  constructor(
    @Inject(POLICIES) readonly policies: Policies,
    private readonly storage: LimitStorage,
  ) {
    this.subjects = new Subjects(policies);
  }

  /** Who decides now: `redis` for all processes together, `process` for this one alone. */
  get decidedBy(): 'redis' | 'process' {
    return this.storage.decidedBy;
  }

  /** Counts the request and writes both headers; `done` is told the refusal when there is one. */
  admit(address: string, caller: string | null, plan: Plan, reply: FastifyReply, done: Done): void {
    this.storage.take(this.subjects.claim(address, caller, plan), (granted, claim, now, header) => {
      reply.header('ratelimit-policy', claim.policyHeader).header('ratelimit', header);
      if (granted) done();
      else done(this.refuse(claim, now));
    });
  }

  /** How all limits stand, as far as this process has seen. */
  report(): LimitReport[] {
    const now = this.storage.now;
    const live = [...this.subjects.inUse()].filter(({ endsAt, count }) => endsAt > now && count > 0);
    return Object.values(this.policies).map((policy) => {
      const own = live.filter((counter) => counter.policy === policy).sort((a, b) => b.count - a.count);
      return {
        tier: policy.name,
        limit: policy.limit,
        priorityLimit: policy.priorityLimit,
        windowSeconds: policy.ttl / 1000,
        refused: this.refused.get(policy.name) ?? 0,
        busiest: own.slice(0, BUSIEST).map((counter) => ({
          subject: counter.id,
          used: counter.count,
          resetsInSeconds: counter.secondsLeft(now),
        })),
      };
    });
  }

  /** Notes a refusal under a limit that is not part of a request's claim. */
  noteRefusal(name: string): void {
    this.refused.set(name, (this.refused.get(name) ?? 0) + 1);
    refusedTotal.inc({ tier: name });
  }

  private refuse(claim: Claim, now: number): Refusal {
    const { policies, seconds } = claim.exhausted(now);
    // A batch may use up a limit without refusing, and refuse with room left for fewer: then the first counts.
    const names = policies.length ? policies.map(({ name }) => name) : [claim.counters[0]!.policy.name];
    for (const name of names) this.noteRefusal(name);
    return rateLimited(names, seconds);
  }
}
