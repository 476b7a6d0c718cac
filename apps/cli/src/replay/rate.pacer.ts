/** Policies that count all of a client's requests; any other counts one account on one route. */
const GLOBAL = new Set(['global', 'ip', 'default']);

interface Budget {
  remaining: number;
  /** When the window begins anew, in milliseconds since 1970. */
  resetsAt: number;
  quota: number;
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
  /** Budgets by policy, by whom they bind: everybody (''), or one account on one route. */
  private readonly budgets = new Map<string, Map<string, Budget>>();
  /** By route: until when nobody may send, since the server said so. */
  private readonly closedUntil = new Map<string, number>();
  /** Milliseconds spent waiting, over all requests. */
  waited = 0;

  /** Waits until one more request is within every limit, and takes it. */
  async take(lane: Lane): Promise<void> {
    for (let wait = this.waitOf(lane); wait > 0; wait = this.waitOf(lane)) {
      this.waited += wait;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    for (const budget of this.budgetsOf(lane)) budget.remaining--;
  }

  /** Reads the limits in an answer. @param inFlight requests sent whose answers did not come yet */
  learn(lane: Lane, rateLimit: string | undefined, policies: string | undefined, inFlight: number): void {
    const quotas = new Map(parseItems(policies).map(([name, values]) => [name, values.q]));
    for (const [name, { r, t }] of parseItems(rateLimit)) {
      if (r === undefined || t === undefined) continue;
      const everybody = GLOBAL.has(name);
      const scope = everybody ? '' : scopeOf(lane);
      if (!this.budgets.has(scope)) this.budgets.set(scope, new Map());
      this.budgets.get(scope)!.set(name, {
        remaining: everybody ? r - inFlight : r,
        resetsAt: Date.now() + t * 1000,
        quota: quotas.get(name) ?? Math.max(r, 1),
      });
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
      if (budget.resetsAt <= now) Object.assign(budget, { remaining: budget.quota, resetsAt: Infinity });
      if (budget.remaining <= 0 && budget.resetsAt !== Infinity) until = Math.max(until, budget.resetsAt);
    }
    return Math.max(0, until - now);
  }

  private budgetsOf(lane: Lane): Budget[] {
    return ['', scopeOf(lane)].flatMap((scope) => [...(this.budgets.get(scope)?.values() ?? [])]);
  }
}

function scopeOf({ route, account }: Lane): string {
  return `${route} ${account}`;
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
