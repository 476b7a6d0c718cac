import { newId } from '#libs/kernel';
import { type Frame, gapsIn } from '../../../../test/support/live.client.js';
import { Connection } from '../gateway/client.connection.js';
import type { LiveSocket } from '../gateway/live.socket.js';
import type { FollowedEntries } from '../streams/followed-entries.client.js';
import type { LiveStreams } from '../streams/live-streams.client.js';
import { Hub } from './hub.service.js';
import type { LiveFeed } from './live-feed.client.js';
import type { Snapshots } from './snapshots.service.js';

const topic = { kind: 'event', id: newId(0) } as const;

/** A hub before whose Redis and databases the test stands, and a client that follows the topic from seq 10. */
async function follow() {
  let hear: (channel: string, seq: number, frame: Buffer) => void;
  const reads: (() => void)[] = [];
  const heard: Frame[] = [];
  const hub = new Hub(
    {
      channelOf: () => 'topic',
      channelOfAll: 'all',
      join: () => Promise.resolve({ seq: 10 }),
    } as unknown as LiveStreams,
    {
      ready: true,
      listen: (listener: { heard: typeof hear }) => (hear = listener.heard),
      subscribe: () => Promise.resolve(),
    } as unknown as LiveFeed,
    {
      read: () => new Promise<object>((resolve) => reads.push(() => resolve({}))),
    } as unknown as Snapshots,
    { keep: () => {}, follow: () => Promise.resolve() } as unknown as FollowedEntries,
  );
  hub.onModuleInit();
  const socket = {
    readyState: 1,
    OPEN: 1,
    bufferedAmount: 0,
    sendWhole: (frame: Buffer) =>
      heard.push(JSON.parse(frame.subarray(frame.indexOf('{')).toString()) as Frame),
  } as unknown as LiveSocket<Connection>;
  const live = await hub.join(topic);
  live.followers.add(new Connection(socket, '', { fellBehind: () => {}, cutOff: () => {} }, 0));
  const tell = (seq: number) =>
    hear('topic', seq, Buffer.from(JSON.stringify({ event: 'event.changed', seq })));
  return { heard, tell, reads };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

it('gives those who miss something while a snapshot is read another one, which what comes then follows', async () => {
  const { heard, tell, reads } = await follow();
  tell(11);
  // Twice the sequence begins anew: as after Redis was away, when the worker says so later.
  tell(100);
  await settled();
  tell(200);
  tell(201);
  await settled();
  for (const answer of reads) answer();
  await settled();
  tell(202);
  expect(gapsIn(heard, 10)).toEqual([]);
  expect(heard.map(({ event, seq }) => `${event} ${seq}`)).toEqual([
    'event.changed 11',
    'snapshot 201',
    'event.changed 202',
  ]);
});
