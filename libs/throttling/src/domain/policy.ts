export type Profile = 'default' | 'relaxed';

/** So many requests in a window. */
export interface Policy {
  /** Its name in the headers, in metrics and in settings. */
  name: string;
  limit: number;
  /** What checkout may use of it: more, so that a flood of reads leaves it room. */
  priorityLimit: number;
  /** Length of the window, milliseconds. */
  ttl: number;
}

/** A limit that a setting gives in place of the profile's: `ttl` in milliseconds. */
export type Rate = Pick<Policy, 'limit' | 'ttl'>;

/** What is limited by what it does, whatever its route: `@Limited({ operation: 'booking' })`. */
export const OPERATIONS = [
  'login',
  'register',
  'hold',
  'booking',
  'cancel',
  'offer',
  'check-in',
  'simulation',
] as const;
export type Operation = (typeof OPERATIONS)[number];

export type Tier = 'global' | 'ip' | 'endpoint' | 'user' | 'key' | 'account';
export type Policies = Record<Tier | Operation, Policy>;

const MINUTE = 60_000;

/**
 * Requests a minute, unless the second number says otherwise. An address has what twenty requests a second are, for it may
 * be a whole office; a caller half of that; everybody together what eight processes are good for. Guessing a
 * password gets 30 tries a minute from an address and 20 in ten minutes at an account.
 */
const DEFAULT: Record<Tier | Operation, [limit: number, ttl?: number]> = {
  global: [1_200_000],
  ip: [1200],
  endpoint: [600],
  user: [600],
  key: [1200],
  account: [20, 10 * MINUTE],
  login: [30],
  register: [30],
  hold: [120],
  booking: [120],
  cancel: [120],
  offer: [120],
  'check-in': [600],
  simulation: [30],
};
/** Never in the way of a test or a load. */
const RELAXED = 100_000_000;
/** The tiers that reads and checkout share: there, checkout has a quarter more. */
const SHARED: readonly string[] = ['global', 'ip', 'user', 'key'];
const PRIORITY_SHARE = 1.25;

/** The limits of a profile, with those that settings replace. Throws for a name that there is not. */
export function policiesOf(profile: Profile, settings: Readonly<Record<string, Rate>> = {}): Policies {
  const unknown = Object.keys(settings).filter((name) => !Object.hasOwn(DEFAULT, name));
  if (unknown.length) {
    throw new Error(
      `THROTTLE_LIMITS names no limit with ${unknown.join(', ')}: there are ${Object.keys(DEFAULT).join(', ')}`,
    );
  }
  const policies = Object.entries(DEFAULT).map(([name, [usual, window = MINUTE]]) => {
    const { limit, ttl } = settings[name] ?? { limit: profile === 'relaxed' ? RELAXED : usual, ttl: window };
    const priorityLimit = SHARED.includes(name) ? Math.floor(limit * PRIORITY_SHARE) : limit;
    return [name, { name, limit, priorityLimit, ttl }] as const;
  });
  return Object.fromEntries(policies) as Policies;
}
