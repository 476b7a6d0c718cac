/** Policies that count everything that this client sends on the routes they bind; any other counts one account. */
const OF_CLIENT = /^(ip|login|register)$/;

interface Budget {
  quota: number;
  /** What the server said was left, less what it may not have counted yet. */
  remaining: number;
  /** When the window begins anew, in milliseconds since 1970. */
  resetsAt: number;
  /** Requests sent under it whose answers did not come yet. */
  inFlight: number;
}

/** What a request counts against. */
export interface Lane {
  route: string;
  account: string;
}

/**
 * Keeps a client within the limits that a server announces (draft-ietf-httpapi-ratelimit-headers-10), so that it
 * waits instead of being refused.
 */
export class Pacer {
  /** By policy, and account where it counts one. */
  private readonly budgets = new Map<string, Budget>();
  /** Which policies bind a route, as its answers showed. */
  private readonly policies = new Map<string, Set<string>>();
  /** By route: until when nobody may send, since the server said so. */
  private readonly closedUntil = new Map<string, number>();
  /** Milliseconds spent waiting, over all requests. */
  waited = 0;

  /** Waits until one more request is within every limit, and takes it. Gives what to call when it is answered. */
  async take(lane: Lane): Promise<() => void> {
    for (let wait = this.waitOf(lane); wait > 0; wait = this.waitOf(lane)) {
      this.waited += wait;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    const taken = this.budgetsOf(lane);
    for (const budget of taken) {
      budget.remaining--;
      budget.inFlight++;
    }
    return () => taken.forEach((budget) => budget.inFlight--);
  }

  /** Reads the limits in an answer. */
  learn(lane: Lane, rateLimit: string | undefined, policies: string | undefined): void {
    const quotas = new Map(parseItems(policies).map(([name, values]) => [name, values.q]));
    for (const [name, { r, t }] of parseItems(rateLimit)) {
      if (r === undefined || t === undefined) continue;
      if (!this.policies.has(lane.route)) this.policies.set(lane.route, new Set());
      this.policies.get(lane.route)!.add(name);
      const key = keyOf(name, lane);
      const inFlight = this.budgets.get(key)?.inFlight ?? 0;
      const quota = quotas.get(name) ?? Math.max(r, 1);
      const now = { quota, remaining: r - inFlight, resetsAt: Date.now() + t * 1000, inFlight };
      this.budgets.set(key, Object.assign(this.budgets.get(key) ?? {}, now));
    }
  }

  /** The server refused: nobody sends on this route for so long. */
  refused(lane: Lane, seconds: number): void {
    this.closedUntil.set(lane.route, Date.now() + seconds * 1000);
  }

  private waitOf(lane: Lane): number {
    const now = Date.now();
    let until = this.closedUntil.get(lane.route) ?? 0;
    for (const budget of this.budgetsOf(lane)) {
      if (budget.resetsAt <= now)
        Object.assign(budget, { remaining: budget.quota, resetsAt: Number.POSITIVE_INFINITY });
      if (budget.remaining > 0) continue;
      // A new window has begun and its share is on its way: the next answer will say when it ends.
      until = Math.max(until, budget.resetsAt === Number.POSITIVE_INFINITY ? now + 100 : budget.resetsAt);
    }
    return Math.max(0, until - now);
  }

  private budgetsOf(lane: Lane): Budget[] {
    const names = this.policies.get(lane.route) ?? [];
    return [...names]
      .map((name) => this.budgets.get(keyOf(name, lane)))
      .filter((budget) => budget !== undefined);
  }
}

function keyOf(policy: string, { account, route }: Lane): string {
  if (OF_CLIENT.test(policy)) return policy;
  return policy === 'endpoint' ? `endpoint ${route} ${account}` : `${policy} ${account}`;
}

/** `"ip";r=99;t=30, "user";r=5;t=1` as names with their numbers. */
function parseItems(header: string | undefined): [string, Record<string, number | undefined>][] {
  return [...(header ?? '').matchAll(/"([^"]+)"((?:\s*;\s*\w+=[^;,]+)*)/g)].map(([, name, parameters]) => [
    name!,
    Object.fromEntries(
      [...parameters!.matchAll(/(\w+)=(\d+)/g)].map(([, key, value]) => [key, Number(value)]),
    ),
  ]);
}
