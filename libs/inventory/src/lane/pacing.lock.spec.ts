import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { eventually } from '../../../../test/support/relay.js';
import { ownRedis } from '../../../../test/support/servers.js';
import { PacingLock } from './pacing.lock.js';

/** A way to Redis that can be cut: at once, and whenever somebody subscribes. */
async function gateBefore(redisUrl: string) {
  const url = new URL(redisUrl);
  const { hostname, port } = url;
  const sockets = new Set<Socket>();
  const gate = { url: '', cutting: false, cuts: 0, cutAll: () => sockets.forEach((one) => one.destroy()) };
  const server = createServer((client) => {
    const redis = connect(Number(port), hostname);
    for (const [one, other] of [
      [client, redis],
      [redis, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    client.on('data', (data) => {
      const cut = gate.cutting && data.includes('subscribe');
      if (!cut) return redis.write(data);
      gate.cuts++;
      client.destroy();
    });
    redis.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url.port = String((server.address() as AddressInfo).port);
  gate.url = url.toString();
  const close = () => {
    gate.cutAll();
    server.close();
  };
  return Object.assign(gate, { close });
}

it('outlives a Redis that goes again while turns are being listened to anew, and then takes turns', async () => {
  const redis = await ownRedis();
  const gate = await gateBefore(redis.url());
  const lock = new PacingLock(gate.url);
  const takesTurns = async () => {
    const first = await lock.acquire('shard-1');
    const second = lock.acquire('shard-1');
    first?.release();
    const told = await second;
    told?.release();
    return first !== null && told !== null;
  };
  try {
    await eventually(takesTurns, (took) => took);
    gate.cutting = true;
    gate.cutAll();
    await eventually(
      async () => gate.cuts,
      (cuts) => cuts > 2,
    );
    gate.cutting = false;
    await eventually(takesTurns, (took) => took);
  } finally {
    lock.close();
    gate.close();
    await redis.stop();
  }
});
