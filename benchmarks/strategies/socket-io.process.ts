// What one would take otherwise: Socket.IO at its best (WebSocket alone, the request forgotten), told by the same channels of Redis
// as the gateway. Environment: PORT, REDIS_URL.
import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import { parseId } from '#libs/kernel';
import { answer } from '../harness/worker.process.js';

const http = createServer();
const io = new Server(http, { transports: ['websocket'], serveClient: false });
const redis = new Redis(process.env.REDIS_URL!);

io.engine.on('connection', (raw: { request: unknown }) => (raw.request = null));
io.on('connection', (socket) => {
  socket.on('subscribe', async (topic: string, done: () => void) => {
    await redis.subscribe(`evently:live:0:topic:event:${parseId('event', topic.slice('event:'.length))}`);
    await socket.join(topic);
    done();
  });
});

redis.on('message', (_channel: string, message: string) => {
  const { event, ...rest } = JSON.parse(message.slice(message.indexOf(' '))) as {
    event: string;
    topic: string;
  };
  io.to(rest.topic).emit(event, rest);
});

answer({
  ready: () =>
    new Promise((resolve) => http.listen(Number(process.env.PORT), '127.0.0.1', 4096, () => resolve(true))),
});

process.once('SIGTERM', () => process.exit());
