import { Refusal, refusals } from '#libs/kernel';

/** The refusal for a request past its limits, which names them and says when to come back. */
export function rateLimited(tiers: string[], retryAfter: number): Refusal {
  const kind = { ...refusals.kinds.rate_limited, retryAfter };
  const detail = `Too many requests (limit: ${tiers.join(', ')}); try again in ${retryAfter} s.`;
  return new Refusal('rate_limited', kind, detail, { tier: tiers[0], tiers });
}
