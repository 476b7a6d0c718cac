import { type Socket, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiDocument, type Operation } from '../support/api.document.js';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { effort } from '../support/effort.js';
import { type TestStack, startStack } from '../support/stack.js';

/** What each text of each request is exchanged for. None may be taken for anything but a text. */
const INJECTIONS = [
  `'; DROP TABLE users; --`,
  `" OR ""="`,
  `1) UNION SELECT version() --`,
  '${1234*567}{{1234*567}}<%= 1234*567 %>#{1234*567}',
  '../../../../etc/passwd',
  '<script>alert(1)</script>',
  '%00%0d%0aSet-Cookie:x',
  // Slow for expressions that look back.
  `${'a'.repeat(50_000)}!`,
  `${' '.repeat(50_000)}x`,
  `${'a@'.repeat(10_000)}`,
  `${'1-'.repeat(10_000)}`,
];
/** Of a database that read a text as SQL, a template that was filled in, a file, a stack. */
const LEAKS = /syntax error|PostgreSQL \d|699678|root:x:0|node_modules/i;
/** Of these a part is no text that can be stored, or no instant that there is. */
const IMPOSSIBLE = ['a\0b', '\ud800', 'b\udfff', '0000-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'];
const SLOW_SOCKETS = effort(60, 500);

let databases: TestDatabases;
let stack: TestStack;
let document: ApiDocument;
let admin: string;

beforeAll(async () => {
  databases = await createDatabases();
  stack = await startStack(databases, { workers: 0, env: { THROTTLE_PROFILE: 'relaxed' } });
  document = await ApiDocument.of(stack.url);
  const login = await send('POST', '/v1/auth/login', JSON.stringify(databases.config.auth.admin));
  admin = (JSON.parse(login.text) as { accessToken: string }).accessToken;
}, 180_000);
afterAll(async () => {
  await stack?.stop();
  await databases?.drop();
});

interface Told {
  status: number;
  text: string;
  code: string | undefined;
}

async function send(
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<Told> {
  const answer = await fetch(`${stack.url}${path}`, {
    method,
    body,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(admin && { authorization: `Bearer ${admin}` }),
      ...headers,
    },
  });
  const text = await answer.text();
  const problem = answer.headers.get('content-type')?.startsWith('application/problem+json');
  return {
    status: answer.status,
    text,
    code: problem ? (JSON.parse(text) as { code: string }).code : undefined,
  };
}

/** Sends bytes as they are, and gives all that comes back until the connection ends. */
function exchange(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(stack.apis[0]!.port, '127.0.0.1', () => socket.end(bytes, 'latin1'));
    let heard = '';
    socket.setEncoding('utf8').on('data', (text: string) => (heard += text));
    socket.on('close', () => resolve(heard)).on('error', reject);
  });
}

const login = (email: string) => `{"email":${email},"password":"a password that nobody has"}`;

it.each([
  ['a body over the limit', `{"a":"${'x'.repeat(1024 * 1024)}"}`, 413, 'payload_too_large'],
  ['10,000 levels of lists', '['.repeat(10_000) + ']'.repeat(10_000), 422, 'validation_failed'],
  ['10,000 levels of objects', '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000), 422, 'validation_failed'],
  ['a member that reaches the prototype', '{"__proto__":{"role":"admin"}}', 422, 'validation_failed'],
  ['another one', '{"constructor":{"prototype":{"role":"admin"}}}', 422, 'validation_failed'],
  ['a NUL', login('"a\\u0000@example.com"'), 422, 'validation_failed'],
  ['half a character', login('"a\\ud800@example.com"'), 422, 'validation_failed'],
  ['a number beyond doubles', login('1e400'), 422, 'validation_failed'],
  ['a number beyond whole doubles', login('9007199254740993'), 422, 'validation_failed'],
  ['JSON that ends early', '{"email":', 400, 'malformed_json'],
  ['a BOM', '\ufeff{}', 400, 'malformed_json'],
  ['nothing of an object', 'null', 422, 'validation_failed'],
])('refuses a body with %s', async (_, body, status, code) => {
  expect(await send('POST', '/v1/auth/login', body)).toMatchObject({ status, code });
});

it('refuses a million keys without standing still', async () => {
  // Creating an event takes the largest bodies.
  const keys = Array.from({ length: 500_000 }, (_, i) => `"${i.toString(36)}":1`).join();
  const answers = [send('POST', '/v1/events', `{${keys}}`), send('GET', '/health/live')];
  const [refused, health] = await Promise.all(answers);
  expect(refused).toMatchObject({ status: 422, code: 'validation_failed' });
  expect(refused!.text.length).toBeLessThan(100_000);
  expect(health!.status).toBe(200);
  const more = Array.from({ length: 1_000_000 }, (_, i) => `"${i}":1`).join();
  expect(await send('POST', '/v1/events', `{${more}}`)).toMatchObject({
    status: 413,
    code: 'payload_too_large',
  });
});

it.each([
  'text/plain',
  'application/xml',
  'multipart/form-data; boundary=x',
  'application/json+x',
  'nonsense',
])('refuses a body as %s', async (type) => {
  const answer = await send('POST', '/v1/auth/login', login('"a@example.com"'), { 'content-type': type });
  expect(answer).toMatchObject({ status: 415, code: 'unsupported_media_type' });
});

it.each([
  ['a line break in a header', 'GET /v1/events HTTP/1.1\r\nhost: x\r\nx-a: b\rc: d\r\n\r\n', 400],
  [
    'a header that begins another answer',
    'GET /v1/events HTTP/1.1\r\nhost: x\r\nx-request-id: a\r\n b\r\n\r\n',
    400,
  ],
  ['headers over 16 kB', `GET /v1/events HTTP/1.1\r\nhost: x\r\nx-a: ${'b'.repeat(17_000)}\r\n\r\n`, 431],
  ['a path over 16 kB', `GET /${'p'.repeat(17_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431],
  [
    'two lengths',
    'POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}',
    400,
  ],
  [
    'a length and pieces',
    'POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  ['no host', 'GET /v1/events HTTP/1.1\r\n\r\n', 400],
  ['a version that there is not', 'GET / HTTP/9.9\r\nhost: x\r\n\r\n', 400],
])('answers %s with a problem and ends the connection', async (_, bytes, status) => {
  const heard = await exchange(bytes);
  expect(heard).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  // One answer, whatever the bytes say.
  expect(heard.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  expect(heard).not.toMatch(/\r\nb\r\n/);
});

/** All places of a body where a text stands. */
function textsIn(value: unknown, at: string[] = []): string[][] {
  if (typeof value === 'string') return [at];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, part]) => textsIn(part, [...at, name]));
}

function exchanged(body: unknown, [name, ...rest]: string[], text: string): unknown {
  if (name === undefined) return text;
  const copy = (Array.isArray(body) ? [...(body as unknown[])] : { ...(body as object) }) as Record<
    string,
    unknown
  >;
  copy[name] = exchanged(copy[name], rest, text);
  return copy;
}

function exampleOf({ requestBody }: Operation): unknown {
  const media = requestBody?.content['application/json'];
  return media?.example ?? Object.values(media?.examples ?? {})[0]?.value;
}

const filled = ({ path, parameters }: Operation, given: Record<string, string> = {}) =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const known = parameters.find((one) => one.in === 'path' && one.name === name);
    const example = (known?.example ?? known?.schema?.example ?? 'none') as string;
    return encodeURIComponent(given[name] ?? example);
  });

/** Each text of each operation, exchanged for one that means harm. */
function* injections(texts: string[]): Generator<[name: string, ask: () => Promise<Told>]> {
  for (const operation of document.operations) {
    const { method, path, parameters } = operation;
    if (path === '/v1/ws' || path.endsWith('/logout')) continue;
    const example = exampleOf(operation);
    const sent = example === undefined ? undefined : JSON.stringify(example);
    for (const text of texts) {
      const name = `${method} ${path} ${JSON.stringify(text.slice(0, 20))}`;
      for (const place of textsIn(example)) {
        const body = JSON.stringify(exchanged(example, place, text));
        yield [`${name} at ${place.join('.')}`, () => send(method, filled(operation), body)];
      }
      // What fits into a request line.
      if (text.length > 10_000 || !text.isWellFormed()) continue;
      for (const one of parameters) {
        if (one.in === 'path') {
          yield [`${name} as ${one.name}`, () => send(method, filled(operation, { [one.name]: text }), sent)];
        }
        if (one.in === 'query') {
          const url = `${filled(operation)}?${one.name}=${encodeURIComponent(text)}`;
          yield [`${name} as ?${one.name}`, () => send(method, url, sent)];
        }
      }
    }
  }
}

it('takes no text for anything but a text, wherever it stands', async () => {
  const faults: string[] = [];
  let asked = 0;
  const all = [...injections([...INJECTIONS, ...IMPOSSIBLE])];
  for (let i = 0; i < all.length; i += 8) {
    await Promise.all(
      all.slice(i, i + 8).map(async ([name, ask]) => {
        asked++;
        const { status, text } = await ask();
        const leaks = LEAKS.exec(text)?.[0];
        if (status >= 500 || leaks) faults.push(`${name}: ${status} ${leaks ?? ''} ${text.slice(0, 200)}`);
      }),
    );
  }
  expect(faults).toEqual([]);
  expect(asked).toBeGreaterThan(1000);
}, 1_800_000);

it('serves honest clients while others send their requests a byte at a time', async () => {
  const sockets: Socket[] = [];
  let ended = 0;
  for (let i = 0; i < SLOW_SOCKETS; i++) {
    const socket = connect(stack.apis[0]!.port, '127.0.0.1');
    socket
      .on('error', () => undefined)
      .on('close', () => ended++)
      .resume();
    socket.write('POST /v1/auth/login HTTP/1.1\r\nhost: x\r\n');
    sockets.push(socket);
  }
  let honest = 0;
  let served = 0;
  // Headers have ten seconds; the server looks every two.
  for (const until = Date.now() + 120_000; ended < SLOW_SOCKETS && Date.now() < until; await sleep(100)) {
    for (const socket of sockets) if (socket.writable) socket.write('x');
    honest++;
    if ((await send('GET', '/v1/events')).status === 200) served++;
  }
  for (const socket of sockets) socket.destroy();
  expect([ended, served]).toEqual([SLOW_SOCKETS, honest]);
  expect(honest).toBeGreaterThan(10);
}, 180_000);
