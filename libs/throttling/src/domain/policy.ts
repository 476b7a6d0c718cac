/** So many requests in a window. */
export interface Policy {
  /** Its name in the headers. */
  name: string;
  limit: number;
  /** Milliseconds. */
  ttl: number;
  /** `POST /v1/auth/login`; every route when not given. */
  routes?: readonly string[];
}

const MINUTE = 60_000;
/** Where guessing a password or making accounts by the dozen would pay. */
const CREDENTIALS = ['POST /v1/auth/login', 'POST /v1/auth/register'];

/**
 * What an address may ask for. `default` is far more than a person's browser needs (ten requests a second) and
 * too little to guess passwords; `relaxed` never stands in the way of a test or a load.
 */
export function policiesOf(profile: 'default' | 'relaxed'): Policy[] {
  const [everything, credentials] = profile === 'relaxed' ? [100_000_000, 100_000_000] : [600, 30];
  return [
    { name: 'ip', limit: everything, ttl: MINUTE },
    { name: 'credentials', limit: credentials, ttl: MINUTE, routes: CREDENTIALS },
  ];
}

/** How a policy stands after a request. */
export interface Standing {
  policy: Policy;
  /** Requests left in the window, never below 0. */
  remaining: number;
  /** Seconds until the window begins anew. */
  reset: number;
  refused: boolean;
}

/** The two fields of draft-ietf-httpapi-ratelimit-headers-10. */
export function rateLimitHeaders(standings: Standing[]): Record<string, string> {
  const policies = standings.map(({ policy }) => `"${policy.name}";q=${policy.limit};w=${policy.ttl / 1000}`);
  const limits = standings.map(
    ({ policy, remaining, reset }) => `"${policy.name}";r=${remaining};t=${reset}`,
  );
  return { 'ratelimit-policy': policies.join(', '), ratelimit: limits.join(', ') };
}
