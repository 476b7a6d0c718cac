export const ROLES = ['attendee', 'organizer', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** What an api key may be allowed to do. */
export const SCOPES = [
  'events:read',
  'events:write',
  'bookings:read',
  'bookings:write',
  'checkin',
  'waitlist:write',
  'pricing:write',
  'analytics:read',
  'webhooks:write',
] as const;
export type Scope = (typeof SCOPES)[number];

/** Who asks. Ids are UUIDs. */
export interface Caller {
  /** The user; with an api key, the one who made it. */
  userId: string;
  role: Role;
  /** Whose events the caller may manage; null for an attendee. */
  organizationId: string | null;
  /** What the api key allows; null when the caller came with an access token and may do all that its role may. */
  scopes: readonly Scope[] | null;
  /** The session of the access token; null with an api key. */
  sessionId: string | null;
  /** Whose Idempotency-Keys these are: the user, or the api key. */
  callerId: string;
  /** `callerId` as clients and the log see it: `usr_…` or `key_…`. */
  publicId: string;
  /** When the access token runs out, in milliseconds since 1970; null with an api key. */
  expiresAt: number | null;
}

/** What a route asks of its caller. */
export interface RouteAccess {
  /** Anybody may call it. */
  public: boolean;
  /** Any of these roles, if the route is not public; null when being somebody is enough. An admin may do what an organizer may. */
  roles: readonly Role[] | null;
  /** All that an api key must allow; null when the route is not for api keys. */
  scopes: readonly Scope[] | null;
}

/** `unauthenticated` when somebody must be known and is not, `forbidden` when this one may not, else `allowed`. */
export function judgeAccess(
  route: RouteAccess,
  caller: Caller | null,
): 'allowed' | 'unauthenticated' | 'forbidden' {
  if (!caller) return route.public ? 'allowed' : 'unauthenticated';
  if (!allowsRole(route, caller.role) || !allowsKey(route, caller.scopes)) return 'forbidden';
  return 'allowed';
}

/** Whether the caller may manage what belongs to the organization: its organizers, and every admin. */
export function managesOrganization(caller: Caller | null, organizationId: string): boolean {
  if (!caller) return false;
  return caller.role === 'admin' || (caller.role === 'organizer' && caller.organizationId === organizationId);
}

/** Whether the caller came with an access token, or with an api key that has the scope. */
export function mayUse(caller: Caller, scope: Scope): boolean {
  return caller.scopes === null || caller.scopes.includes(scope);
}

function allowsRole(route: RouteAccess, role: Role): boolean {
  if (route.public || !route.roles) return true;
  return route.roles.includes(role) || (role === 'admin' && route.roles.includes('organizer'));
}

function allowsKey(route: RouteAccess, scopes: readonly Scope[] | null): boolean {
  if (!scopes) return true;
  if (!route.scopes) return route.public;
  return route.scopes.every((scope) => scopes.includes(scope));
}
