import { Body, Controller, Delete, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { IdempotencyKey, type SentKey, sendAnswer } from '#libs/idempotency';
import { type Caller, CurrentCaller, Scopes } from '#libs/identity';
import { inventoryRefusals } from '#libs/inventory';
import { refusals } from '#libs/kernel';
import { ApiProblems, IdPipe } from '#libs/problem';
import { Limited } from '#libs/throttling';
import { HoldsService } from '../holds.service.js';
import { toAsks } from './asks.mapping.js';
import { bookerOf } from './booker.mapping.js';
import { NEW_HOLD } from './booking.examples.js';
import { toHoldDto } from './booking.mapping.js';
import { HoldDto, NewHoldDto } from './hold.dto.js';

const DEFAULT_TTL_SECONDS = 600;

@ApiTags('Bookings')
@Controller('v1')
export class HoldsController {
  constructor(private readonly holds: HoldsService) {}

  /**
   * Keep places for a while, at today's price: all that is asked, or nothing
   * @remarks Book them with `POST /v1/bookings { "holdId": … }` before `expiresAt`, or give them back.
   */
  @Post('events/:id/holds')
  @Limited({ operation: 'hold', priority: true })
  @Scopes('bookings:write')
  @ApiBody(NEW_HOLD)
  @ApiProblems(
    inventoryRefusals,
    'quantity_out_of_range',
    'duplicate_seat',
    'seat_not_in_event',
    'event_not_bookable',
    'sales_closed',
    'seat_taken',
    'person_limit_reached',
    'sold_out',
    'waitlist_first',
  )
  @ApiProblems(refusals, 'overloaded')
  async hold(
    @CurrentCaller() caller: Caller,
    @IdempotencyKey() sent: SentKey | null,
    @Param('id', new IdPipe('event')) eventId: string,
    @Body() { items, ttlSeconds = DEFAULT_TTL_SECONDS }: NewHoldDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<HoldDto> {
    const asks = toAsks(items);
    const { hold, replayed } = await this.holds.hold(bookerOf(caller), eventId, asks, ttlSeconds, sent);
    return sendAnswer(reply, { status: 201, body: toHoldDto(hold), replayed });
  }

  /** A hold of one's own, also when it is over */
  @Get('holds/:id')
  @Scopes('bookings:read')
  async get(@CurrentCaller() caller: Caller, @Param('id', new IdPipe('hold')) id: string): Promise<HoldDto> {
    return toHoldDto(await this.holds.get(bookerOf(caller), id));
  }

  /**
   * Give the places of a hold back; they are free at once
   * @remarks A second time, or after it expired, answers the same.
   */
  @Delete('holds/:id')
  @Limited({ operation: 'cancel', priority: true })
  @HttpCode(204)
  @Scopes('bookings:write')
  @ApiProblems(inventoryRefusals, 'hold_consumed')
  @ApiProblems(refusals, 'overloaded')
  async release(@CurrentCaller() caller: Caller, @Param('id', new IdPipe('hold')) id: string): Promise<void> {
    await this.holds.release(bookerOf(caller), id);
  }
}
