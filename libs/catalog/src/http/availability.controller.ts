import { Body, Controller, Get, Param, Patch, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Cached } from '#libs/caching';
import { type Caller, CurrentCaller, OptionalCaller, Public, Roles, Scopes } from '#libs/identity';
import { inventoryRefusals } from '#libs/inventory';
import { refusals, validationFailed } from '#libs/kernel';
import { ApiProblems, IdPipe, sendUnlessKnown } from '#libs/problem';
import { AvailabilityService } from '../availability.service.js';
import { SeatsQueryDto } from './directory.dto.js';
import { MAX_SEATS_CHANGED, SeatsChangeDto } from './event-change.dto.js';
import { AvailabilityDto, SeatListDto } from './event.dto.js';
import { availabilityTag, toAvailabilityDto, toSeatListDto } from './event.mapping.js';
import { PublicAvailability } from './public-availability.view.js';
import { PublicSeats, seatsTag } from './public-seats.view.js';
import { renderSeatList } from './seat-list.renderer.js';
import { viewerOf } from './viewer.mapping.js';

@ApiTags('Events')
@Controller('v1/events/:id')
export class AvailabilityController {
  constructor(private readonly availability: AvailabilityService) {}

  /**
   * What is still to be had
   *
   * For every ticket type `capacity = available + held + booked`. At most a second old; with a token not
   * older than what its owner did. The ETag stays the same as long as nothing but `asOf` changes.
   */
  @Get('availability')
  @Public()
  @Cached(PublicAvailability)
  @ApiOkResponse({ type: AvailabilityDto })
  async read(
    @Param('id', new IdPipe('event')) eventId: string,
    @OptionalCaller() caller: Caller | null,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AvailabilityDto | undefined> {
    const shown = toAvailabilityDto(await this.availability.getAvailability(eventId, viewerOf(caller)));
    return sendUnlessKnown(request, reply, availabilityTag(shown), () => shown);
  }

  /**
   * The seats
   *
   * All of them, or those of one section, in their physical order; not paged.
   */
  @Get('seats')
  @Public()
  @Cached(PublicSeats)
  @ApiOkResponse({ type: SeatListDto })
  async seats(
    @Param('id', new IdPipe('event')) eventId: string,
    @Query() query: SeatsQueryDto,
    @OptionalCaller() caller: Caller | null,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer | undefined> {
    const section = query.section ?? null;
    const list = await this.availability.getSeats(eventId, section, viewerOf(caller));
    return sendUnlessKnown(request, reply, seatsTag(eventId, section, list), () => {
      reply.type('application/json; charset=utf-8');
      return renderSeatList(list);
    });
  }

  /**
   * Block and unblock seats
   *
   * All of them or none: a seat that is held or booked cannot be blocked. At most 5,000 in one request. Answers with
   * the seats named.
   */
  @Patch('seats')
  @Roles('organizer')
  @Scopes('events:write')
  @ApiProblems(refusals, 'invalid_state', 'overloaded')
  @ApiProblems(inventoryRefusals, 'seat_taken')
  async changeSeats(
    @Param('id', new IdPipe('event')) eventId: string,
    @CurrentCaller() caller: Caller,
    @Body() { block = [], unblock = [] }: SeatsChangeDto,
  ): Promise<SeatListDto> {
    const count = block.length + unblock.length;
    const twice = block.filter((id) => unblock.includes(id));
    if (count < 1 || count > MAX_SEATS_CHANGED || twice.length) {
      const message = `name 1 to ${MAX_SEATS_CHANGED} seats in block and unblock together, none in both`;
      throw validationFailed([{ path: 'block', message }]);
    }
    return toSeatListDto(await this.availability.changeSeats(eventId, caller, { block, unblock }));
  }
}
