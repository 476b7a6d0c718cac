import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { LiveClient, gapsIn } from '../support/live.client.js';
import { type Hall, LiveStage } from '../support/live.stage.js';
import { OPCODE, type RawFrame, RawSocket } from '../support/raw.socket.js';

// What is no client at all: whatever comes, its own connection ends, and an honest neighbour notices nothing.
const RUNS = 150;
const PING = '{"event":"ping"}';
const PONG = '{"event":"pong","data":{}}';

let stage: LiveStage;
let hall: Hall;
let neighbour: LiveClient;
let from: number;
/** Connected, then never heard of again: as after a cable was pulled. */
let halfOpen: RawSocket;

beforeAll(async () => {
  stage = await LiveStage.open();
  hall = await stage.publish();
  neighbour = await LiveClient.open(stage.urls[0]!);
  halfOpen = await open();
  halfOpen.socket.write(Buffer.from([0x81]));
  from = (await neighbour.subscribe([hall.topic]))[hall.topic]!;
}, 240_000);
afterAll(() => stage?.close());

const open = () => RawSocket.open(stage.urls[0]!);

let bought = 0;

/** The neighbour is answered, and hears of what is sold now, with nothing missing before. */
afterEach(async () => {
  const { token } = await stage.signUp();
  await stage.book(hall, token);
  bought += 1;
  await neighbour.until(
    ({ event, data }) => event === 'availability.changed' && data.ticketTypes[0].booked === bought,
  );
  expect(gapsIn(neighbour.of(hall.topic), from)).toEqual([]);
  const before = neighbour.frames.length;
  neighbour.send('ping');
  await neighbour.wait(() => neighbour.frames.slice(before).some(({ event }) => event === 'pong'));
  expect(stage.stack.apis[0]!.output).not.toMatch(/"level":(50|60)|Unhandled|ERR_/);
});

it.each<[what: string, code: number, frames: RawFrame[]]>([
  ['a frame that is not masked', 1002, [{ opcode: OPCODE.text, payload: PING, masked: false }]],
  ['reserved bits', 1002, [{ opcode: OPCODE.text, payload: PING, rsv: 4 }]],
  ['an opcode that there is not', 1002, [{ opcode: 3, payload: PING }]],
  ['a part of nothing', 1002, [{ opcode: OPCODE.continuation, payload: PING }]],
  ['a ping in parts', 1002, [{ opcode: OPCODE.ping, fin: false }]],
  ['a ping of 126 bytes', 1002, [{ opcode: OPCODE.ping, payload: 'x'.repeat(126) }]],
  ['a close without a right code', 1002, [{ opcode: OPCODE.close, payload: Buffer.from([0x03, 0xed]) }]],
  [
    'bytes that are no UTF-8',
    1007,
    [{ opcode: OPCODE.text, payload: Buffer.from([0x22, 0xc3, 0x28, 0x22]) }],
  ],
  ['a length of 2^53', 1009, [{ opcode: OPCODE.text, length: 2n ** 53n }]],
  ['a length of 64 kB and one', 1009, [{ opcode: OPCODE.text, length: 65_537n }]],
  [
    '64 kB and one in two parts',
    1009,
    [
      { opcode: OPCODE.text, payload: 'x'.repeat(65_536), fin: false },
      { opcode: OPCODE.continuation, payload: 'x' },
    ],
  ],
  [
    'a thousand parts',
    1008,
    [
      { opcode: OPCODE.text, payload: 'x', fin: false },
      ...Array.from({ length: 1000 }, () => ({ opcode: OPCODE.continuation, payload: 'x', fin: false })),
    ],
  ],
])('%s ends the connection with %i', async (_what, code, frames) => {
  const raw = await open();
  raw.send(...frames);
  await raw.ended;
  expect(raw.closeCode).toBe(code);
});

it('a frame in parts, with a ping between them, is one frame', async () => {
  const raw = await open();
  raw.send(
    { opcode: OPCODE.text, payload: PING.slice(0, 5), fin: false },
    { opcode: OPCODE.ping, payload: 'between' },
    { opcode: OPCODE.continuation, payload: '', fin: false },
    { opcode: OPCODE.continuation, payload: PING.slice(5) },
  );
  await raw.until(PONG);
  expect(raw.heard.slice(raw.heard.indexOf('\r\n\r\n') + 4)).toBe(`\x8a\x07between\x81\x1a${PONG}`);
  raw.destroy();
});

it('a byte at a time is read like all at once', async () => {
  const raw = await open();
  for (const byte of Buffer.from('8180000000', 'hex')) raw.socket.write(Buffer.from([byte]));
  raw.socket.write(Buffer.from([0]));
  await raw.until('malformed_frame');
  expect(raw.heard).toContain('malformed_frame');
  raw.destroy();
});

it('whatever bytes come, the connection ends when its client does', async () => {
  const arbitrary = fc.uint8Array({ maxLength: 3000 });
  await fc.assert(
    fc.asyncProperty(arbitrary, async (bytes) => {
      const raw = await open();
      raw.socket.end(bytes);
      await raw.ended;
    }),
    { numRuns: RUNS },
  );
});

it('whatever frames come, they are answered with frames or a close that names the fault', async () => {
  const opcode = fc.oneof(fc.constantFrom(0, 1, 1, 1, 2, 8, 9, 10), fc.nat(15));
  const text = fc.constantFrom(PING, '{"event":"subscribe","data":{"topics":["me"]}}', '{}', 'nonsense');
  const payload = fc.oneof(
    text,
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.json(),
  );
  const frame = fc.record({
    opcode,
    payload,
    fin: fc.oneof(fc.constant(true), fc.boolean()),
    rsv: fc.oneof(fc.constant(0), fc.constant(0), fc.nat(7)),
    masked: fc.oneof(fc.constant(true), fc.constant(true), fc.boolean()),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 8 }), async (frames) => {
      const raw = await open();
      raw.send(...frames, { opcode: OPCODE.close, payload: Buffer.from([0x03, 0xe8]) });
      await raw.ended;
      // 1005: the client closed without a code, and is answered likewise.
      expect([1000, 1002, 1005, 1007, 1008, null]).toContain(raw.closeCode);
      expect(raw.heard).not.toContain('internal');
    }),
    { numRuns: RUNS },
  );
});

it('a flood of pings that nobody reads the answers of is ended, and costs no memory', async () => {
  const raw = await open();
  raw.socket.pause();
  const pings = Buffer.concat(
    Array.from({ length: 2000 }, () =>
      Buffer.concat([Buffer.from([0x89, 0xfd, 0, 0, 0, 0]), Buffer.alloc(125)]),
    ),
  );
  for (let n = 0; n < 10 && !raw.socket.destroyed; n++) {
    raw.socket.write(pings);
    await sleep(20);
  }
  // Whatever was not ended ends now, and otherwise.
  raw.send({ opcode: OPCODE.close, payload: Buffer.from([0x03, 0xe8]) });
  raw.socket.resume();
  const heard = await raw.ended;
  // Of each of its pongs 127 bytes: what the budget allowed, not the 20,000 that it asked for.
  expect(heard.length).toBeLessThan(127 * 1000);
  expect(heard).toContain('rate_limited');
  expect(raw.closeCode).toBe(1008);
});

it('who is half open is asked whether it is there, and then given up', async () => {
  // A ping of no bytes, once it was silent for 30 s; after 60 s it is gone.
  expect(await halfOpen.ended).toContain('\x89\x00');
  expect(halfOpen.closeCode).toBeNull();
});
