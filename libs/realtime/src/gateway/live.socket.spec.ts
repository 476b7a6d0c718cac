import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { textFrame } from '../domain/text-frame.js';
import { LiveSocket } from './live.socket.js';

let server: WebSocketServer;
let ours: LiveSocket;
let client: WebSocket;

beforeAll(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', WebSocket: LiveSocket });
  await once(server, 'listening');
  client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  [ours] = (await once(server, 'connection')) as [LiveSocket];
  await once(client, 'open');
});
afterAll(() => {
  client?.terminate();
  server?.close();
});

it('sends whole frames of any length as they are, in order with what is sent otherwise', async () => {
  const texts = [0, 1, 125, 126, 65_535, 65_536, 300_000].map(
    (length) => 'é'.repeat(length / 2) + 'x'.repeat(length % 2),
  );
  const heard: string[] = [];
  client.on('message', (data: Buffer, isBinary) => heard.push(`${isBinary} ${data.toString()}`));
  client.on('ping', (data: Buffer) => heard.push(`ping ${data.toString()}`));
  for (const [i, text] of texts.entries()) {
    ours.sendWhole(textFrame(Buffer.from(text)));
    ours.send(`other ${i}`);
    ours.ping(`${i}`);
  }
  ours.close();
  await once(client, 'close');
  expect(heard).toEqual(texts.flatMap((text, i) => [`false ${text}`, `false other ${i}`, `ping ${i}`]));
});
