import { Validator } from '@seriousme/openapi-schema-validator';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { definedRefusals } from '../support/refusals.js';
import { type TestStack, startStack } from '../support/stack.js';

// The built process, since the Swagger plugin works only in the build.

interface Media {
  schema?: object;
  example?: unknown;
  examples?: Record<string, { value: { code: string; status: number } }>;
}
interface Operation {
  operationId: string;
  summary?: string;
  tags?: string[];
  security?: object[];
  parameters?: { $ref?: string; name?: string; in?: string }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { description: string; headers?: object; content?: Record<string, Media> }>;
}
interface Document {
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
}

/** May come from any path, also where there is no operation. */
const ANYWHERE = ['headers_too_large', 'internal_error', 'method_not_allowed', 'request_timeout'];

let databases: TestDatabases;
let stack: TestStack;
let document: Document;
let operations: [name: string, operation: Operation][];

beforeAll(async () => {
  databases = await createDatabases();
  stack = await startStack(databases, { workers: 0 });
  document = (await (await fetch(`${stack.url}/docs-json`)).json()) as Document;
  operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(
      ([method, operation]) => [`${method} ${path}`, operation] as [string, Operation],
    ),
  );
}, 120_000);

afterAll(async () => {
  await stack?.stop();
  await databases?.drop();
});

/** The operations of which something does not hold, so that a failure names them all. */
const faulty = (holds: (operation: Operation, name: string) => boolean) =>
  operations.filter(([name, operation]) => !holds(operation, name)).map(([name]) => name);

const problemCodes = (operation: Operation) =>
  Object.values(operation.responses).flatMap(({ content }) =>
    Object.keys(content?.['application/problem+json']?.examples ?? {}),
  );

it('is a valid OpenAPI document', async () => {
  expect(operations.length).toBeGreaterThan(10);
  const result = await new Validator().validate(
    structuredClone(document) as object as Record<string, unknown>,
  );
  expect(result.errors).toBeUndefined();
  expect(result.valid).toBe(true);
});

it('gives each operation a name of its own, a summary and a tag that is explained', () => {
  const tags = new Set(document.tags.map(({ name }) => name));
  expect(faulty(({ summary = '' }) => summary.length > 3 && summary.length < 120)).toEqual([]);
  expect(
    faulty((operation) => Boolean(operation.tags?.length && operation.tags.every((tag) => tags.has(tag)))),
  ).toEqual([]);
  expect(new Set(operations.map(([, { operationId }]) => operationId)).size).toBe(operations.length);
});

it('shows an example of each body that is sent or answered', () => {
  const shown = ({ example, examples }: Media) =>
    example === undefined ? Object.keys(examples ?? {}).length > 0 : JSON.stringify(example) !== '{}';
  expect(faulty(({ requestBody }) => Object.values(requestBody?.content ?? {}).every(shown))).toEqual([]);
  const successes = ({ responses }: Operation) =>
    Object.entries(responses).filter(([status]) => status < '300');
  expect(faulty((operation) => successes(operation).length > 0)).toEqual([]);
  const isShown = ([status, { content }]: [string, { content?: Record<string, Media> }]) =>
    ['202', '204'].includes(status) || Object.values(content ?? {}).some(shown);
  expect(faulty((operation) => successes(operation).every(isShown))).toEqual([]);
});

it('says who may call each operation, and how it is refused otherwise', () => {
  expect(faulty(({ security }) => Array.isArray(security))).toEqual([]);
  const closed = ({ security }: Operation) =>
    security!.length > 0 && security!.every((way) => Object.keys(way).length);
  expect(faulty((o) => !closed(o) || ['401', '403', '429'].every((status) => status in o.responses))).toEqual(
    [],
  );
});

it('says of each operation that takes a body, an id or a query how a wrong one is refused', () => {
  const takes = (o: Operation, place: string) => o.parameters?.some((parameter) => parameter.in === place);
  expect(
    faulty((o) => !o.requestBody || ['400', '413', '415', '422'].every((s) => s in o.responses)),
  ).toEqual([]);
  expect(faulty((o) => !takes(o, 'path') || '404' in o.responses)).toEqual([]);
  expect(faulty((o) => !takes(o, 'query') || '422' in o.responses)).toEqual([]);
  expect(
    faulty((o, name) => !name.includes(' /v1/') || ['429', '503'].every((s) => s in o.responses)),
  ).toEqual([]);
});

it('names no parameter twice', () => {
  const names = (o: Operation) =>
    (o.parameters ?? []).map(({ $ref, in: place, name }) => $ref ?? `${place} ${name}`);
  expect(faulty((o) => new Set(names(o).map((name) => name.toLowerCase())).size === names(o).length)).toEqual(
    [],
  );
});

it('describes the Idempotency-Key where the contract honours it, and nowhere else', () => {
  const describes = (o: Operation) =>
    o.parameters?.some(({ $ref }) => $ref?.endsWith('/IdempotencyKey')) ?? false;
  const honours = (name: string) =>
    name.startsWith('post /v1/') && !/\/v1\/(auth|api-keys|webhooks|pricing)\b/.test(name);
  expect(faulty((o, name) => describes(o) === honours(name))).toEqual([]);
});

it('shows each problem under its status', () => {
  const examples = operations.flatMap(([name, { responses }]) =>
    Object.entries(responses).flatMap(([status, { content }]) =>
      Object.entries(content?.['application/problem+json']?.examples ?? {}).map(([code, { value }]) => ({
        name,
        right: value.code === code && String(value.status) === status,
      })),
    ),
  );
  expect(examples.filter(({ right }) => !right)).toEqual([]);
  expect(new Set(operations.flatMap(([, operation]) => problemCodes(operation)))).toContain('not_found');
});

it('shows each refusal that is defined at some operation', async () => {
  const shown = new Set(operations.flatMap(([, operation]) => problemCodes(operation)));
  const missing = (await definedRefusals()).map(({ code }) => code).filter((code) => !shown.has(code));
  expect(missing.sort()).toEqual(ANYWHERE.toSorted());
});

it('is served with the page that uses it', async () => {
  const page = await fetch(`${stack.url}/docs`);
  expect(page.headers.get('content-type')).toMatch(/^text\/html/);
  const script = await fetch(`${stack.url}/docs/swagger-ui-bundle.js`);
  expect(script.status).toBe(200);
  expect(await (await fetch(`${stack.url}/docs/swagger-ui-init.js`)).text()).toContain('/v1/auth/login');
});

it('explains each problem where its type leads to', async () => {
  const answer = await fetch(`${stack.url}/nowhere`);
  const { type } = (await answer.json()) as { type: string };
  const page = await fetch(new URL(type, stack.url));
  expect(page.headers.get('content-type')).toMatch(/^text\/html/);
  const text = await page.text();
  for (const { code } of await definedRefusals()) expect(text).toContain(`<tr id="${code}">`);
});
