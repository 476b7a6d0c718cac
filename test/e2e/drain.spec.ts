import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { type TestStack, startStack } from '../support/stack.js';

/** Long enough for everybody to notice, also on a busy machine. */
const DRAIN_SECONDS = 6;
const CLIENTS = 24;

let databases: TestDatabases;
let stack: TestStack;

beforeAll(async () => {
  databases = await createDatabases();
  const env = { THROTTLE_PROFILE: 'relaxed', DRAIN_SECONDS: String(DRAIN_SECONDS) };
  stack = await startStack(databases, { apis: 1, workers: 0, env });
}, 180_000);
afterAll(async () => {
  await stack?.stop();
  await databases?.drop();
});

interface Answer {
  status: number;
  body: string;
  /** Whether the server ends the connection after it. */
  last: boolean;
}

/** A client with one connection, kept alive for as long as the server keeps it. */
class Client {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  ask(path: string, body?: object): Promise<Answer> {
    const { port } = stack.apis[0]!;
    const options = {
      agent: this.agent,
      port,
      path,
      host: '127.0.0.1',
      method: body ? 'POST' : 'GET',
      headers: { 'content-type': 'application/json' },
    };
    return new Promise((resolve, reject) => {
      const sent = request(options, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (data: string) => (text += data));
        answer.on('end', () =>
          resolve({
            status: answer.statusCode!,
            body: text,
            last: answer.headers.connection === 'close',
          }),
        );
        answer.on('error', reject);
      });
      sent.on('error', reject);
      sent.end(body && JSON.stringify(body));
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

it('ends under steady load without a request that fails', async () => {
  const api = stack.apis[0]!;
  let [signalled, draining, over] = [false, false, false];
  const failures: string[] = [];
  const told: Answer[] = [];
  let afterSignal = 0;

  /** As a balancer does: asks again and again, and opens no connection to whom is not ready. */
  const watch = async () => {
    const client = new Client();
    while (!draining) {
      const health = await client.ask('/health/ready');
      if (health.status !== 200) {
        told.push(health);
        draining = true;
      }
      await sleep(20);
    }
    client.close();
  };
  const load = async (n: number) => {
    const client = new Client();
    const asks = [
      () => client.ask('/v1/events'),
      () => client.ask(`/v1/events?search=nothing${n}`),
      () => client.ask('/v1/bookings', { eventId: 'none' }),
      // Takes a while: a password is looked at.
      () => client.ask('/v1/auth/login', { email: `nobody${n}@example.com`, password: 'a wrong password' }),
    ];
    for (let i = n; !over; i++) {
      const answer = await asks[i % asks.length]!();
      // Asked before it, perhaps: on a busy machine all may see the drain in that answer.
      if (signalled) afterSignal++;
      if (answer.status >= 500) failures.push(`${answer.status} ${answer.body}`);
      if (answer.last && draining) break;
    }
    client.close();
  };
  const all = Array.from({ length: CLIENTS }, (_, n) =>
    load(n).catch((error: Error) => void failures.push(error.message)),
  );
  const watching = watch();
  await sleep(1000);
  signalled = true;
  api.kill('SIGTERM');
  await watching;
  await Promise.all(all);
  over = true;

  expect(JSON.parse(told[0]!.body)).toMatchObject({ status: 'draining', databases: expect.any(Object) });
  expect(failures).toEqual([]);
  expect(afterSignal).toBeGreaterThan(0);
  expect(await api.ended).toBe('exit status 0');
}, 180_000);
