import fc from 'fast-check';
import { ApiDocument, type Operation, type Schema } from '../support/api.document.js';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { effort, seedsFor } from '../support/effort.js';
import { type TestStack, startStack } from '../support/stack.js';

const SPEC = 'test/e2e/generated-requests.spec.ts';
const REQUESTS = effort(400, 20_000);
const AT_ONCE = 8;

interface Generated {
  operation: Operation;
  url: string;
  body: string | undefined;
  caller: 'nobody' | 'attendee' | 'admin';
  headers: Record<string, string>;
}

let databases: TestDatabases;
let stack: TestStack;
let document: ApiDocument;

beforeAll(async () => {
  databases = await createDatabases();
  stack = await startStack(databases, { workers: 0, env: { THROTTLE_PROFILE: 'relaxed' } });
  document = await ApiDocument.of(stack.url);
}, 180_000);
afterAll(async () => {
  await stack?.stop();
  await databases?.drop();
});

/** What no schema asks for. */
const strange = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', '\0', '\ud800', '../..', "' OR 1=1 --", '${7*7}', '__proto__', '9007199254740993'),
  fc.jsonValue({ maxDepth: 2 }),
  fc.double(),
  fc.constantFrom(null, true, -1, 0, 2 ** 53, 1e308, [], {}),
);

/** Mostly what the schema allows, now and then something else. */
function valueOf(schema: Schema, depth = 0): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 9, arbitrary: likely(document.resolve(schema), depth) },
    { weight: 1, arbitrary: strange },
  );
}

function likely(schema: Schema, depth: number): fc.Arbitrary<unknown> {
  const choice = schema.oneOf ?? schema.anyOf;
  if (choice) return fc.oneof(...choice.map((one) => valueOf(one, depth + 1)));
  if (schema.allOf) return likely(document.resolve(schema.allOf[0]!), depth + 1);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (depth > 6) return fc.constant(schema.example);
  const { minimum = 0, maximum = 10_000 } = schema;
  if (schema.type === 'object' || schema.properties) return objectOf(schema, depth);
  if (schema.type === 'array')
    return fc.array(schema.items ? valueOf(schema.items, depth + 1) : strange, { maxLength: 3 });
  if (schema.type === 'integer') return fc.integer({ min: minimum, max: maximum });
  if (schema.type === 'number') return fc.double({ min: minimum, max: maximum, noNaN: true });
  if (schema.type === 'boolean') return fc.boolean();
  const texts: fc.Arbitrary<unknown>[] = [fc.string({ maxLength: 30 })];
  if (schema.format === 'date-time') texts.push(fc.date({ noInvalidDate: true }).map((d) => d.toISOString()));
  if (schema.example !== undefined) texts.push(fc.constant(schema.example), fc.constant(schema.example));
  return fc.oneof(...texts);
}

function objectOf({ properties = {}, required = [] }: Schema, depth: number): fc.Arbitrary<unknown> {
  const members = Object.entries(properties).map(([name, part]) => [name, valueOf(part, depth + 1)] as const);
  const requiredKeys = required.filter((name) => name in properties);
  return fc.oneof(
    { weight: 9, arbitrary: fc.record(Object.fromEntries(members), { requiredKeys }) },
    { weight: 1, arbitrary: fc.record(Object.fromEntries(members), { requiredKeys: [] }) },
  );
}

const text = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
/** As `encodeURIComponent`, which throws for half a character. */
const encoded = (value: unknown) => encodeURIComponent(text(value).toWellFormed());

function requestsOf(operation: Operation): fc.Arbitrary<Generated> {
  const inPath = operation.parameters.filter((one) => one.in === 'path');
  const inQuery = operation.parameters.filter((one) => one.in === 'query');
  const values = (all: typeof inPath, requiredKeys: string[]) =>
    fc.record(
      Object.fromEntries(
        all.map(({ name, schema = {}, example }) => [
          name,
          example === undefined ? valueOf(schema) : fc.oneof(fc.constant(example), valueOf(schema)),
        ]),
      ),
      { requiredKeys },
    );
  const schema = operation.requestBody?.content['application/json']?.schema;
  return fc
    .record({
      path: values(
        inPath,
        inPath.map(({ name }) => name),
      ),
      query: values(inQuery, []),
      body: schema ? valueOf(schema) : fc.constant(undefined),
      caller: fc.constantFrom('nobody' as const, 'attendee' as const, 'admin' as const, 'admin' as const),
      headers: fc.record(
        {
          'idempotency-key': fc.constantFrom('k1', 'k2', 'x'.repeat(255), 'x'.repeat(300)),
          'if-match': fc.constantFrom('"1-a"', 'W/"1"', '*', 'nonsense', '"99999999999999999999-a"'),
        },
        { requiredKeys: [] },
      ),
    })
    .map(({ path, query, body, caller, headers }) => {
      const filled = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => encoded(path[name]) || '-');
      const search = Object.entries(query).map(([name, value]) => `${name}=${encoded(value)}`);
      return {
        operation,
        url: search.length ? `${filled}?${search.join('&')}` : filled,
        body: body === undefined ? undefined : JSON.stringify(body),
        caller,
        headers,
      };
    });
}

const tokens = new Map<Generated['caller'], string>();
let people = 0;

/** Some requests end sessions: then there is a new one. */
async function tokenOf(caller: Generated['caller']): Promise<string> {
  const known = tokens.get(caller);
  if (known !== undefined) return known;
  const post = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${stack.url}${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return ((await answer.json()) as { accessToken: string }).accessToken;
  };
  const email = `generated${++people}@example.com`;
  const token =
    caller === 'admin'
      ? await post('/v1/auth/login', databases.config.auth.admin!)
      : await post('/v1/auth/register', { email, password: 'a long enough password', name: 'Generated' });
  tokens.set(caller, token);
  return token;
}

async function faultOf({ operation, url, body, caller, headers }: Generated): Promise<string | null> {
  const answer = await fetch(`${stack.url}${url}`, {
    method: operation.method,
    body,
    redirect: 'manual',
    headers: {
      ...headers,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(caller !== 'nobody' && { authorization: `Bearer ${await tokenOf(caller)}` }),
    },
  });
  if (answer.status === 401) tokens.delete(caller);
  counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1);
  const told = await answer.text();
  const fault = document.faultOf(operation, answer.status, answer.headers.get('content-type'), told);
  return (
    fault &&
    `${fault}: ${operation.method} ${url} by ${caller} ${JSON.stringify(headers)} ${body} → ${answer.status} ${told.slice(0, 400)}`
  );
}

const counts = new Map<number, number>();

it('answers whatever the document allows, and what it does not, as the document says', async () => {
  const operations = document.operations.filter(({ path }) => path !== '/v1/ws');
  const [seed] = seedsFor(SPEC, 1);
  const all = fc.sample(fc.constantFrom(...operations).chain(requestsOf), { numRuns: REQUESTS, seed });
  const faults: string[] = [];
  for (let i = 0; i < all.length && faults.length < 20; i += AT_ONCE) {
    const found = await Promise.all(all.slice(i, i + AT_ONCE).map(faultOf));
    faults.push(...found.filter((fault) => fault !== null));
  }
  expect(faults).toEqual([]);
  // Not everything is refused at the first look: the generator means what the document says.
  expect([...counts.keys()]).toEqual(expect.arrayContaining([200, 404, 422]));
  expect((await fetch(`${stack.url}/health/live`)).status).toBe(200);
}, 3_600_000);
