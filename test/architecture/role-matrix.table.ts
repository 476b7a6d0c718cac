import type { Scope } from '#libs/identity';
import { type CallerName, type MatrixRequest, NEW_EVENT, type World } from './role-matrix.world.js';

/** A route, what each kind of caller gets from it, and how it is asked. */
export interface MatrixRow {
  /** As registered: `DELETE /v1/api-keys/:id`. */
  route: string;
  /** What an api key needs; null when the route is not for api keys. */
  scope: Scope | null;
  /** The status for each caller. */
  cells: Record<CallerName, number>;
  /** The request, made anew for each cell; without it there is neither body nor parameter. */
  request: (world: World) => MatrixRequest | Promise<MatrixRequest>;
}

/**
 * Every route of the API has its row here; a route without one fails the test. Attendee A and the own organizer own
 * what is asked for, B and the foreign organizer do not: theirs is 404. 422 means that the caller was let in and
 * the (empty) body was not.
 */
export const ROLE_MATRIX: MatrixRow[] = [
  // anonymous, attendee A, B, organizer own, foreign, admin, key without the scope
  // Operations
  row([200, 200, 200, 200, 200, 200, 200], 'GET /health/live'),
  row([200, 200, 200, 200, 200, 200, 200], 'GET /health/ready'),
  row([200, 200, 200, 200, 200, 200, 200], 'GET /metrics'),
  row([200, 200, 200, 200, 200, 200, 200], 'GET /docs'),
  row([200, 200, 200, 200, 200, 200, 200], 'GET /docs-json'),
  row([401, 403, 403, 403, 403, 200, 403], 'GET /v1/admin/queues'),
  row([401, 403, 403, 403, 403, 200, 403], 'GET /v1/admin/limits'),
  row([401, 403, 403, 403, 403, 200, 403], 'GET /v1/admin/cache'),
  row([401, 403, 403, 403, 403, 200, 403], 'POST /v1/admin/cache/warm', null, () => ({
    body: { tags: ['directory'] },
  })),
  row([401, 403, 403, 403, 403, 200, 403], 'POST /v1/admin/cache/invalidate', null, () => ({
    body: { tags: ['directory'] },
  })),
  row([401, 403, 403, 403, 403, 200, 403], 'GET /v1/admin/traces'),
  row([401, 403, 403, 403, 403, 200, 403], 'GET /v1/admin/traces/:traceId', null, async (world) => ({
    path: `/v1/admin/traces/${await world.trace()}`,
  })),

  // Accounts
  row([201, 201, 201, 201, 201, 201, 201], 'POST /v1/auth/register', null, (world) => ({
    body: { email: world.newEmail(), password: world.password, name: 'Ada' },
  })),
  row([200, 200, 200, 200, 200, 200, 200], 'POST /v1/auth/login', null, async (world) => ({
    body: { email: (await world.signedIn()).email, password: world.password },
  })),
  row([200, 200, 200, 200, 200, 200, 200], 'POST /v1/auth/refresh', null, async (world) => ({
    body: { refreshToken: (await world.signedIn()).refreshToken },
  })),
  row([204, 204, 204, 204, 204, 204, 204], 'POST /v1/auth/logout', null, async (world) => ({
    body: { refreshToken: (await world.signedIn()).refreshToken },
  })),
  row([401, 200, 200, 200, 200, 200, 403], 'GET /v1/me'),
  row([401, 200, 200, 200, 200, 200, 403], 'PATCH /v1/me', null, () => ({
    body: { locale: 'de' },
  })),
  row([401, 403, 403, 403, 403, 200, 403], 'GET /v1/users'),
  row([401, 403, 403, 403, 403, 200, 403], 'PATCH /v1/users/:id', null, async (world) => ({
    path: `/v1/users/${await world.user()}`,
    body: { role: 'organizer' },
  })),
  row([401, 403, 403, 201, 201, 201, 403], 'POST /v1/api-keys', null, () => ({
    body: { name: 'Box office', scopes: ['checkin'] },
  })),
  row([401, 403, 403, 200, 200, 200, 403], 'GET /v1/api-keys'),
  row([401, 403, 403, 204, 404, 204, 403], 'DELETE /v1/api-keys/:id', null, async (world) => ({
    path: `/v1/api-keys/${await world.apiKey()}`,
  })),

  // Events: a draft is the own organizer's, and nobody else but an admin knows of it.
  row([401, 403, 403, 201, 201, 201, 403], 'POST /v1/events', 'events:write', () => ({ body: NEW_EVENT })),
  row([200, 200, 200, 200, 200, 200, 200], 'GET /v1/events'),
  row([404, 404, 404, 200, 404, 200, 200], 'GET /v1/events/:id', null, async (world) => ({
    path: `/v1/events/${await world.draft()}`,
  })),
  row([401, 403, 403, 200, 404, 200, 403], 'PATCH /v1/events/:id', 'events:write', async (world) => ({
    path: `/v1/events/${await world.draft()}`,
    headers: { 'if-match': '*' },
    body: { title: 'Mahler 6' },
  })),
  row([401, 403, 403, 204, 404, 204, 403], 'DELETE /v1/events/:id', 'events:write', async (world) => ({
    path: `/v1/events/${await world.draft()}`,
    headers: { 'if-match': '*' },
  })),
  row([401, 403, 403, 200, 404, 200, 403], 'POST /v1/events/:id/publish', 'events:write', async (world) => ({
    path: `/v1/events/${await world.draft()}/publish`,
  })),
  row([401, 403, 403, 200, 404, 200, 403], 'POST /v1/events/:id/cancel', 'events:write', async (world) => ({
    path: `/v1/events/${await world.publishedEvent()}/cancel`,
  })),
  row([404, 404, 404, 200, 404, 200, 200], 'GET /v1/events/:id/availability', null, async (world) => ({
    path: `/v1/events/${await world.draft()}/availability`,
  })),
  row([404, 404, 404, 200, 404, 200, 200], 'GET /v1/events/:id/seats', null, async (world) => ({
    path: `/v1/events/${await world.draft()}/seats`,
  })),
  row([401, 403, 403, 200, 404, 200, 403], 'PATCH /v1/events/:id/seats', 'events:write', async (world) => {
    const eventId = await world.draft();
    return { path: `/v1/events/${eventId}/seats`, body: { block: [await world.seat(eventId)] } };
  }),

  // Bookings: of attendee A, at an event of the own organizer.
  row([401, 201, 201, 201, 201, 201, 403], 'POST /v1/events/:id/holds', 'bookings:write', async (world) => {
    const { eventId, items } = await world.order();
    return { path: `/v1/events/${eventId}/holds`, body: { items } };
  }),
  row([401, 200, 404, 404, 404, 404, 403], 'GET /v1/holds/:id', 'bookings:read', async (world) => ({
    path: `/v1/holds/${await world.hold()}`,
  })),
  row([401, 204, 404, 404, 404, 404, 403], 'DELETE /v1/holds/:id', 'bookings:write', async (world) => ({
    path: `/v1/holds/${await world.hold()}`,
  })),
  row(
    [401, 403, 403, 200, 404, 200, 403],
    'POST /v1/admissions/:code/check-in',
    'checkin',
    async (world) => ({
      path: `/v1/admissions/${await world.ticket()}/check-in`,
    }),
  ),
  row([401, 201, 201, 201, 201, 201, 403], 'POST /v1/bookings', 'bookings:write', async (world) => ({
    body: await world.order(),
  })),
  row([401, 200, 200, 200, 200, 200, 403], 'GET /v1/bookings', 'bookings:read'),
  row([401, 200, 404, 200, 404, 200, 403], 'GET /v1/bookings/:id', 'bookings:read', async (world) => ({
    path: `/v1/bookings/${await world.booking()}`,
  })),
  row(
    [401, 200, 404, 200, 404, 200, 403],
    'POST /v1/bookings/:id/cancel',
    'bookings:write',
    async (world) => ({
      path: `/v1/bookings/${await world.booking()}/cancel`,
    }),
  ),

  // The waitlist: an entry of attendee A, at an event of the own organizer. B joins a list that is full of others.
  row(
    [401, 409, 201, 201, 201, 201, 403],
    'POST /v1/events/:id/waitlist',
    'waitlist:write',
    async (world) => {
      const { eventId, ticketTypeId } = await world.entry();
      return { path: `/v1/events/${eventId}/waitlist`, body: { ticketTypeId, quantity: 1 } };
    },
  ),
  row(
    [401, 403, 403, 200, 404, 200, 403],
    'GET /v1/events/:id/waitlist',
    'waitlist:write',
    async (world) => ({ path: `/v1/events/${(await world.entry()).eventId}/waitlist` }),
  ),
  row(
    [401, 403, 403, 200, 404, 200, 403],
    'GET /v1/events/:id/waitlist/settings',
    'waitlist:write',
    async (world) => ({ path: `/v1/events/${await world.draft()}/waitlist/settings` }),
  ),
  row(
    [401, 403, 403, 200, 404, 200, 403],
    'PATCH /v1/events/:id/waitlist/settings',
    'waitlist:write',
    async (world) => ({
      path: `/v1/events/${await world.draft()}/waitlist/settings`,
      body: { paused: true },
    }),
  ),
  row(
    [401, 403, 403, 200, 404, 200, 403],
    'GET /v1/events/:id/waitlist/statistics',
    'waitlist:write',
    async (world) => ({ path: `/v1/events/${await world.draft()}/waitlist/statistics` }),
  ),
  // Nothing is free to be offered.
  row(
    [401, 403, 403, 409, 404, 409, 403],
    'POST /v1/waitlist/:id/offer',
    'waitlist:write',
    async (world) => ({ path: `/v1/waitlist/${(await world.entry()).entryId}/offer` }),
  ),
  row([401, 200, 200, 200, 200, 200, 403], 'GET /v1/waitlist', 'waitlist:write'),
  row([401, 200, 404, 404, 404, 404, 403], 'GET /v1/waitlist/:id', 'waitlist:write', async (world) => ({
    path: `/v1/waitlist/${(await world.entry()).entryId}`,
  })),
  row([401, 204, 404, 404, 404, 404, 403], 'DELETE /v1/waitlist/:id', 'waitlist:write', async (world) => ({
    path: `/v1/waitlist/${(await world.entry()).entryId}`,
  })),
  row([401, 403, 403, 200, 404, 200, 403], 'PATCH /v1/waitlist/:id', 'waitlist:write', async (world) => ({
    path: `/v1/waitlist/${(await world.entry()).entryId}`,
    body: { priority: 10 },
  })),
  row(
    [401, 201, 404, 404, 404, 404, 403],
    'POST /v1/waitlist/:id/accept',
    'waitlist:write',
    async (world) => ({ path: `/v1/waitlist/${await world.offer()}/accept` }),
  ),
  row(
    [401, 200, 404, 404, 404, 404, 403],
    'POST /v1/waitlist/:id/decline',
    'waitlist:write',
    async (world) => ({ path: `/v1/waitlist/${await world.offer()}/decline` }),
  ),

  // Prices: calculations, nobody's own.
  // Real time: whoever opens no WebSocket is told to
  row([426, 426, 426, 426, 426, 426, 426], 'GET /v1/ws'),
  row([200, 200, 200, 200, 200, 200, 200], 'GET /live/:eventId', null, async (world) => ({
    path: `/live/${await world.publishedEvent()}`,
  })),
  row([200, 200, 200, 200, 200, 200, 200], 'GET /live/assets/:name', null, () => ({
    path: '/live/assets/live.js',
  })),

  row([401, 403, 403, 200, 200, 200, 403], 'POST /v1/pricing/optimize', 'pricing:write', () => ({
    body: {
      demand: { model: 'exponential', arrivalRate: 1, priceSensitivity: 1 },
      remaining: 1,
      timeLeft: 1,
    },
  })),
  row([401, 403, 403, 422, 422, 422, 403], 'POST /v1/pricing/simulate', 'pricing:write'),
];

type Statuses = [
  anonymous: number,
  attendeeA: number,
  attendeeB: number,
  organizerOwn: number,
  organizerForeign: number,
  admin: number,
  keyWithoutScope: number,
];

function row(
  [anonymous, attendeeA, attendeeB, organizerOwn, organizerForeign, admin, keyWithoutScope]: Statuses,
  route: string,
  scope: Scope | null = null,
  request: MatrixRow['request'] = () => ({}),
): MatrixRow {
  const cells = { anonymous, attendeeA, attendeeB, organizerOwn, organizerForeign, admin, keyWithoutScope };
  return { route, scope, cells, request };
}
