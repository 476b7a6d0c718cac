import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { IdempotencyKey, type SentKey, sendAnswer } from '#libs/idempotency';
import { type Caller, CurrentCaller, Scopes } from '#libs/identity';
import { type BookingAnswer, type BookingRecord, inventoryRefusals } from '#libs/inventory';
import { refusals, validationFailed } from '#libs/kernel';
import { ApiProblems, IdPipe, sendTagged } from '#libs/problem';
import { Limited } from '#libs/throttling';
import type { Booker } from '../booker.types.js';
import { BookingService } from '../booking.service.js';
import { Tickets } from '../tickets.service.js';
import { toAsks } from './asks.mapping.js';
import { bookerOf } from './booker.mapping.js';
import {
  BookingDto,
  BookingPageDto,
  BookingsQueryDto,
  CancellationDto,
  NewBookingDto,
} from './booking.dto.js';
import { NEW_BOOKING } from './booking.examples.js';
import { toBookingDto } from './booking.mapping.js';

@ApiTags('Bookings')
@Controller('v1/bookings')
export class BookingsController {
  constructor(
    private readonly bookings: BookingService,
    private readonly tickets: Tickets,
  ) {}

  /**
   * Book places of an event, or what you hold: all that is asked, or nothing
   * @remarks Send an `Idempotency-Key`: a retry with it never books twice.
   */
  @Post()
  @Limited({ operation: 'booking', priority: true, target: 'eventId' })
  @Scopes('bookings:write')
  @ApiBody(NEW_BOOKING)
  @ApiProblems(
    inventoryRefusals,
    'quantity_out_of_range',
    'duplicate_seat',
    'seat_not_in_event',
    'event_not_bookable',
    'sales_closed',
    'hold_consumed',
    'hold_expired',
    'seat_taken',
    'person_limit_reached',
    'sold_out',
    'waitlist_first',
  )
  @ApiProblems(refusals, 'overloaded')
  async book(
    @CurrentCaller() caller: Caller,
    @IdempotencyKey() sent: SentKey | null,
    @Body() body: NewBookingDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BookingDto> {
    return this.send(reply, 201, await this.bookOrConsume(bookerOf(caller), body, sent));
  }

  /**
   * The caller's own bookings, newest first
   * @remarks With the `eventId` of an event that the caller manages: all bookings of that event.
   */
  @Get()
  @Scopes('bookings:read')
  async list(@CurrentCaller() caller: Caller, @Query() query: BookingsQueryDto): Promise<BookingPageDto> {
    const { data, nextCursor } = await this.bookings.list(bookerOf(caller), query);
    return { data: await Promise.all(data.map((booking) => this.toDto(booking))), nextCursor };
  }

  /** A booking, for who made it and for the event's organizer */
  @Get(':id')
  @Scopes('bookings:read')
  async get(
    @CurrentCaller() caller: Caller,
    @Param('id', new IdPipe('booking')) id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BookingDto | undefined> {
    return sendTagged(request, reply, await this.toDto(await this.bookings.get(bookerOf(caller), id)));
  }

  /**
   * Cancel a booking; its places are free at once
   * @remarks A second time answers the same. Once the event has begun only its organizer can.
   */
  @Post(':id/cancel')
  @Limited({ operation: 'cancel', priority: true })
  @HttpCode(200)
  @Scopes('bookings:write')
  @ApiProblems(inventoryRefusals, 'already_checked_in', 'cancellation_closed')
  @ApiProblems(refusals, 'overloaded')
  async cancel(
    @CurrentCaller() caller: Caller,
    @IdempotencyKey() sent: SentKey | null,
    @Param('id', new IdPipe('booking')) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
    // Optional and last: `CancellationDto | undefined` would leave no type behind, and nothing would be validated.
    @Body() body?: CancellationDto,
  ): Promise<BookingDto> {
    const reason = body?.reason ?? null;
    return this.send(reply, 200, await this.bookings.cancel(bookerOf(caller), id, reason, sent));
  }

  private bookOrConsume(
    booker: Booker,
    { holdId, eventId, items }: NewBookingDto,
    sent: SentKey | null,
  ): Promise<BookingAnswer> {
    if (holdId !== undefined && eventId === undefined && items === undefined) {
      return this.bookings.consume(booker, holdId, sent);
    }
    if (holdId === undefined && eventId !== undefined && items !== undefined) {
      return this.bookings.book(booker, eventId, toAsks(items), sent);
    }
    const path = holdId !== undefined ? 'holdId' : eventId === undefined ? 'eventId' : 'items';
    throw validationFailed([{ path, message: 'name either a hold, or an event and items' }]);
  }

  private async send(
    reply: FastifyReply,
    status: number,
    { booking, replayed }: BookingAnswer,
  ): Promise<BookingDto> {
    return sendAnswer(reply, { status, body: await this.toDto(booking), replayed });
  }

  private async toDto(booking: BookingRecord): Promise<BookingDto> {
    return toBookingDto(booking, await this.tickets.of(booking));
  }
}
