import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApi } from '../../apps/api/src/create-api.js';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { ROLE_MATRIX } from './role-matrix.table.js';
import { CALLERS, World } from './role-matrix.world.js';

/** What Fastify prints of its router, as `METHOD /path`; HEAD is GET without the body. */
function routesOf(app: NestFastifyApplication): string[] {
  const tree: string = app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false });
  const above: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const [, indent, path, methods] = /^([│├└─ ]*)(\S*) \(([A-Z, ]+)\)$/.exec(line.trimEnd()) ?? [];
    if (indent === undefined || path === undefined || methods === undefined) {
      if (line.trim() === '') return [];
      throw new Error(`a line of the router’s print-out that is no route: ${line}`);
    }
    const depth = indent.length / 4;
    above.splice(depth - 1, Infinity, path);
    const names = methods.split(', ').filter((method) => method !== 'HEAD');
    return names.map((method) => `${method} ${above.join('')}`).filter((route) => !DOCS_PARTS.test(route));
  });
}

/** The scripts and pictures of the page at /docs, which no guard stands before. */
const DOCS_PARTS = /^GET \/docs\//;

/** Routes without a row, rows without a route, and routes with two rows. */
function faults(routes: readonly string[], rows: readonly string[]): string[] {
  return [
    ...routes
      .filter((route) => !rows.includes(route))
      .map((route) => `${route} has no row in the role matrix`),
    ...rows.filter((row) => !routes.includes(row)).map((row) => `${row} is in the role matrix and no route`),
    ...rows.filter((row, i) => rows.indexOf(row) !== i).map((row) => `${row} is in the role matrix twice`),
  ];
}

const rows = ROLE_MATRIX.map((row) => row.route);

describe('the role matrix', () => {
  let databases: TestDatabases;
  let app: NestFastifyApplication;
  let world: World;

  beforeAll(async () => {
    databases = await createDatabases();
    app = await createApi({ ...databases.config, throttle: { profile: 'relaxed', limits: {} } });
    world = await World.create(app, databases.config.auth.admin!);
  });
  afterAll(async () => {
    await app?.close();
    await databases?.drop();
  });

  it('has a row for every route that is registered, and no other', () => {
    const routes = routesOf(app);
    expect(routes).toContain('DELETE /v1/api-keys/:id');
    expect(faults(routes, rows)).toEqual([]);
  });

  it('notices a route without a row, and a row without a route', () => {
    const routes = routesOf(app);
    expect(faults([...routes, 'GET /v1/forgotten'], rows)).toContain(
      'GET /v1/forgotten has no row in the role matrix',
    );
    expect(faults(routes, [...rows, 'GET /v1/gone'])).toContain(
      'GET /v1/gone is in the role matrix and no route',
    );
  });

  const cells = ROLE_MATRIX.flatMap((row) =>
    CALLERS.map((caller) => ({ ...row, caller, status: row.cells[caller] })),
  );

  it.each(cells)('$route answers $status to $caller', async ({ route, scope, caller, status, request }) => {
    const { statusCode, body } = await ask(
      route,
      await request(world),
      await world.credentials(caller, scope),
    );
    expect({ status: statusCode, body: statusCode === status ? '' : body }).toEqual({ status, body: '' });
  });

  it('lets in a key that has the scope of the route and no other', async () => {
    const wrong: string[] = [];
    for (const { route, scope, request, cells } of ROLE_MATRIX) {
      if (scope === null) continue;
      const credentials = { 'x-api-key': await world.keyWith([scope]) };
      const { statusCode, body } = await ask(route, await request(world), credentials);
      if (statusCode !== cells.organizerOwn) wrong.push(`${route}: ${statusCode} ${body}`);
    }
    expect(wrong).toEqual([]);
  });

  it('refuses credentials that are not valid on every route that looks at them', async () => {
    const open: string[] = [];
    for (const { route, request } of ROLE_MATRIX) {
      const { statusCode } = await ask(route, await request(world), { authorization: 'Bearer forged' });
      if (statusCode !== 401) open.push(route);
    }
    // Whoever refreshes may still send an expired token along; probes and documents ask nobody who they are.
    expect(open).toEqual(
      rows.filter((route) => /^POST \/v1\/auth\/|^GET \/(health|metrics|docs)/.test(route)),
    );
  });

  async function ask(
    route: string,
    { path, body, headers }: Awaited<ReturnType<(typeof ROLE_MATRIX)[number]['request']>>,
    credentials: Record<string, string>,
  ) {
    const [method, pattern] = route.split(' ') as ['GET', string];
    const url = path ?? pattern;
    return app.inject({ method, url, headers: { ...credentials, ...headers }, payload: body });
  }
});
