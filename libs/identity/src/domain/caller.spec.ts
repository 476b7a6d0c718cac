import { type Caller, type RouteAccess, judgeAccess, managesOrganization, mayUse } from './caller.js';

const route = (access: Partial<RouteAccess> = {}): RouteAccess => ({
  public: false,
  roles: null,
  scopes: null,
  ...access,
});
const caller = (given: Partial<Caller> = {}): Caller => ({
  userId: 'u',
  role: 'attendee',
  organizationId: null,
  scopes: null,
  sessionId: 's',
  callerId: 'u',
  publicId: 'usr_u',
  expiresAt: 0,
  ...given,
});
const organizer = caller({ role: 'organizer', organizationId: 'o' });
const admin = caller({ role: 'admin', organizationId: 'p' });
const key = caller({ role: 'organizer', organizationId: 'o', scopes: ['events:read', 'checkin'] });

it.each([
  ['a closed route wants somebody', route(), null, 'unauthenticated'],
  ['a closed route takes any role', route(), caller(), 'allowed'],
  ['a public route takes nobody', route({ public: true }), null, 'allowed'],
  ['a public route asks for no role', route({ public: true, roles: ['admin'] }), caller(), 'allowed'],
  ['organizers are let in where organizers are', route({ roles: ['organizer'] }), organizer, 'allowed'],
  ['attendees are not', route({ roles: ['organizer'] }), caller(), 'forbidden'],
  ['an admin may do what an organizer may', route({ roles: ['organizer'] }), admin, 'allowed'],
  ['an organizer may not do what an admin may', route({ roles: ['admin'] }), organizer, 'forbidden'],
  ['a key may not use a closed route without scopes', route(), key, 'forbidden'],
  ['a key may use a public route without scopes', route({ public: true }), key, 'allowed'],
  ['a key with the scope may', route({ scopes: ['checkin'] }), key, 'allowed'],
  ['a key needs all scopes', route({ scopes: ['checkin', 'events:write'] }), key, 'forbidden'],
  [
    'a key without the scope may not, even in public',
    route({ public: true, scopes: ['bookings:read'] }),
    key,
    'forbidden',
  ],
  ['scopes do not bind tokens', route({ scopes: ['checkin'] }), caller(), 'allowed'],
  ['a scope is not a role', route({ roles: ['admin'], scopes: ['checkin'] }), key, 'forbidden'],
])('holds that %s', (_, access, who, verdict) => {
  expect(judgeAccess(access, who)).toBe(verdict);
});

it('lets an organizer manage the own organization, an admin every one, others none', () => {
  const may = [null, caller({ organizationId: 'o' }), organizer, admin, key].map((who) => [
    managesOrganization(who, 'o'),
    managesOrganization(who, 'q'),
  ]);
  expect(may).toEqual([
    [false, false],
    [false, false],
    [true, false],
    [true, true],
    [true, false],
  ]);
});

it('asks keys for their scopes and tokens for none', () => {
  expect([mayUse(key, 'checkin'), mayUse(key, 'bookings:read'), mayUse(organizer, 'checkin')]).toEqual([
    true,
    false,
    true,
  ]);
});
