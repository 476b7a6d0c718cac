import { Refusal, refusals } from '#libs/kernel';
import type { Standing } from './domain/policy.js';

/** The refusal for a request past its limit, which says when to come back. */
export function rateLimited(standings: Standing[]): Refusal {
  const refused = standings.filter((standing) => standing.refused);
  const retryAfter = Math.max(...refused.map((standing) => standing.reset));
  const policies = refused.map(({ policy }) => policy.name);
  const kind = { ...refusals.kinds.rate_limited, retryAfter };
  return new Refusal(
    'rate_limited',
    kind,
    `Too many requests from this address; try again in ${retryAfter} s.`,
    { policies },
  );
}
