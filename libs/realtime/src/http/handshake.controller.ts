import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Caller, OptionalCaller, Public } from '#libs/identity';
import { refusals } from '#libs/kernel';
import { ApiProblems } from '#libs/problem';
import { takeUpgrade } from '../gateway/handshake.adapter.js';
import { type Handshake, RealtimeGateway } from '../gateway/realtime.gateway.js';
import { Connections } from '../gateway/connections.service.js';
import { realtimeRefusals } from '../realtime.errors.js';

/** What a subscriber hears. */
const FRAME = {
  event: 'seats.changed',
  topic: 'event:evt_01kb2m5v00ezzr0r0h3a4d6n8q',
  seq: 1764500000000042,
  data: {
    eventId: 'evt_01kb2m5v00ezzr0r0h3a4d6n8q',
    version: 42,
    seats: [{ id: 'sea_01kb2m5v00ezzr0r0h3a4d6n8q', status: 'booked' }],
  },
};

@ApiTags('Real time')
@Controller('v1')
export class HandshakeController {
  constructor(
    private readonly gateway: RealtimeGateway,
    private readonly connections: Connections,
  ) {}

  /**
   * Follow what happens (WebSocket)
   *
   * Frames are JSON, `{ "event": …, "data": … }`. Send `authenticate { token }` (or `?token=`),
   * `subscribe { topics, after? }`, `unsubscribe { topics }`, `ping`. Topics: `event:<event id>` (public), `me`,
   * `waitlist:<entry id>`. Messages are `{ event, topic, seq, data }`, and `seq` grows by one a topic; `after: { topic: seq }`
   * replays what was missed, or sends a `snapshot`.
   */
  @Get('ws')
  @Public()
  @ApiQuery({
    name: 'token',
    required: false,
    description: 'An access token, for clients that can set no header.',
  })
  @ApiResponse({
    status: 101,
    description: 'Frames from here on.',
    content: { 'application/json': { example: FRAME } },
  })
  @ApiProblems(realtimeRefusals, 'upgrade_required')
  @ApiProblems(refusals, 'rate_limited', 'service_unavailable')
  async open(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @OptionalCaller() caller: Caller | null,
  ): Promise<void> {
    const upgrade = takeUpgrade(request.raw);
    if (!upgrade) {
      reply.headers({ upgrade: 'websocket', connection: 'Upgrade' });
      throw realtimeRefusals.upgrade_required('This is a WebSocket: connect to it as one.');
    }
    const verdict = await this.connections.admit(request.ip);
    if (verdict === 'leaving') throw refusals.service_unavailable('This process ends. Connect again.');
    if (verdict === 'too_many') throw refusals.rate_limited('Too many connections from this address.');
    const { token } = request.query as { token?: unknown };
    const handshake: Handshake = {
      address: request.ip,
      // Machines read the news by webhook.
      caller: caller?.scopes === null ? caller : null,
      token: typeof token === 'string' && token ? token : null,
    };
    const { socket, head } = upgrade;
    reply.hijack();
    reply.raw.detachSocket(socket as never);
    let came = false;
    this.gateway.server.handleUpgrade(request.raw, socket, head, (opened) => {
      came = true;
      this.gateway.server.emit('connection', opened, handshake);
    });
    // No WebSocket after all, or gone already: it was answered or ended, at once.
    if (!came) this.connections.giveUp(request.ip);
    // For the log and the metrics this request is over; nothing else would tell them.
    reply.raw.statusCode = 101;
    reply.raw.emit('close');
  }
}
