import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Cached } from '#libs/caching';
import { type Answer, IdempotencyKey, type SentKey, sendAnswer } from '#libs/idempotency';
import { type Caller, CurrentCaller, OptionalCaller, Public, Roles, Scopes } from '#libs/identity';
import { inventoryRefusals } from '#libs/inventory';
import { refusals } from '#libs/kernel';
import { ApiProblems, type Expected, IdPipe, IfMatch, sendTagged } from '#libs/problem';
import { Traced } from '#libs/tracing';
import { EventsService } from '../events.service.js';
import { EventChangeDto } from './event-change.dto.js';
import { EventDto } from './event.dto.js';
import { EVENT_CHANGE, NEW_EVENT } from './event.examples.js';
import { toDraft, toEventDto, toPatch } from './event.mapping.js';
import { NewEventDto } from './new-event.dto.js';
import { PublicEvent } from './public-event.view.js';
import { viewerOf } from './viewer.mapping.js';

const IF_MATCH = {
  name: 'If-Match',
  required: true,
  description: 'The ETag of the version that was read',
  example: '"1-Xq0mW3hC5b2fZ9aL"',
};

@ApiTags('Events')
@Controller('v1/events')
export class EventsController {
  constructor(private readonly events: EventsService) {}

  /**
   * Create an event
   *
   * A draft, in the shard of its title's initial. Nobody else sees it until it is published.
   */
  @Post()
  @Traced()
  @Roles('organizer')
  @Scopes('events:write')
  @ApiBody(NEW_EVENT)
  async create(
    @CurrentCaller() caller: Caller,
    @Body() body: NewEventDto,
    @IdempotencyKey() sent: SentKey | null,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EventDto> {
    const { userId, callerId, organizationId } = caller;
    if (!organizationId)
      throw refusals.forbidden('Events belong to an organization, and the caller has none.');
    const answer = await this.events.createEvent({ organizationId, userId }, toDraft(body), {
      callerId,
      sent,
    });
    return tagged(request, reply, answer);
  }

  /**
   * Read an event
   *
   * Public once it is published, also when it is canceled or has ended. A draft is seen by its organization only.
   */
  @Get(':id')
  @Public()
  @Cached(PublicEvent)
  async read(
    @Param('id', new IdPipe('event')) eventId: string,
    @OptionalCaller() caller: Caller | null,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EventDto | undefined> {
    return sendTagged(request, reply, toEventDto(await this.events.getEvent(eventId, viewerOf(caller))));
  }

  /**
   * Edit an event
   *
   * What is not given stays. `ticketTypes` are merged by id, one without an id is added. A capacity grows at any time
   * and shrinks to what is taken.
   */
  @Patch(':id')
  @Traced()
  @Roles('organizer')
  @Scopes('events:write')
  @ApiHeader(IF_MATCH)
  @ApiBody(EVENT_CHANGE)
  @ApiProblems(refusals, 'invalid_state', 'version_conflict', 'precondition_required', 'overloaded')
  @ApiProblems(inventoryRefusals, 'capacity_below_taken')
  async edit(
    @Param('id', new IdPipe('event')) eventId: string,
    @CurrentCaller() caller: Caller,
    @IfMatch() expected: Expected,
    @Body() body: EventChangeDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EventDto | undefined> {
    const event = await this.events.editEvent(eventId, caller, expected, toPatch(body));
    return sendTagged(request, reply, toEventDto(event));
  }

  /** Delete a draft */
  @Delete(':id')
  @Traced()
  @HttpCode(204)
  @Roles('organizer')
  @Scopes('events:write')
  @ApiHeader(IF_MATCH)
  @ApiProblems(refusals, 'invalid_state', 'version_conflict', 'precondition_required')
  async delete(
    @Param('id', new IdPipe('event')) eventId: string,
    @CurrentCaller() caller: Caller,
    @IfMatch() expected: Expected,
  ): Promise<void> {
    await this.events.deleteEvent(eventId, caller, expected);
  }

  /**
   * Publish a draft
   *
   * From now on it is in the lists, and on sale as its sales window says. It must not begin in the past.
   */
  @Post(':id/publish')
  @Traced()
  @HttpCode(200)
  @Roles('organizer')
  @Scopes('events:write')
  @ApiProblems(refusals, 'invalid_state', 'overloaded')
  async publish(
    @Param('id', new IdPipe('event')) eventId: string,
    @CurrentCaller() caller: Caller,
    @IdempotencyKey() sent: SentKey | null,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EventDto> {
    const ask = { viewer: caller, callerId: caller.callerId, sent };
    return tagged(request, reply, await this.events.publishEvent(eventId, ask));
  }

  /**
   * Cancel an event
   *
   * When this answers nothing can be booked any more; its bookings are canceled afterwards, as `canceling` shows.
   */
  @Post(':id/cancel')
  @Traced()
  @HttpCode(200)
  @Roles('organizer')
  @Scopes('events:write')
  @ApiProblems(refusals, 'invalid_state', 'overloaded')
  async cancel(
    @Param('id', new IdPipe('event')) eventId: string,
    @CurrentCaller() caller: Caller,
    @IdempotencyKey() sent: SentKey | null,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EventDto> {
    const ask = { viewer: caller, callerId: caller.callerId, sent };
    return tagged(request, reply, await this.events.cancelEvent(eventId, ask));
  }
}

function tagged(request: FastifyRequest, reply: FastifyReply, answer: Answer<EventDto>): EventDto {
  const body = sendAnswer(reply, answer);
  sendTagged(request, reply, body);
  return body;
}
