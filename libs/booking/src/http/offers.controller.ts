import { Controller, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { IdempotencyKey, type SentKey, sendAnswer } from '#libs/idempotency';
import { type Caller, CurrentCaller, Scopes } from '#libs/identity';
import { inventoryRefusals } from '#libs/inventory';
import { refusals } from '#libs/kernel';
import { ApiProblems, IdPipe } from '#libs/problem';
import { Limited } from '#libs/throttling';
import { BookingService } from '../booking.service.js';
import { Tickets } from '../tickets.service.js';
import { bookerOf } from './booker.mapping.js';
import { BookingDto } from './booking.dto.js';
import { toBookingDto } from './booking.mapping.js';

/** An offer from the waitlist becomes a booking, as a hold does. */
@ApiTags('Waitlist')
@Controller('v1/waitlist/:id')
export class OffersController {
  constructor(
    private readonly bookings: BookingService,
    private readonly tickets: Tickets,
  ) {}

  /**
   * Accept an offer: it becomes a booking, at the price that it locked
   * @remarks Before the offer's `expiresAt`. Send an `Idempotency-Key`: a retry with it answers the same booking.
   */
  @Post('accept')
  @Limited({ operation: 'offer', priority: true })
  @Scopes('waitlist:write')
  @ApiProblems(inventoryRefusals, 'event_not_bookable', 'offer_expired', 'no_offer')
  @ApiProblems(refusals, 'overloaded')
  async accept(
    @CurrentCaller() caller: Caller,
    @IdempotencyKey() sent: SentKey | null,
    @Param('id', new IdPipe('waitlistEntry')) entryId: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BookingDto> {
    const { booking, replayed } = await this.bookings.acceptOffer(bookerOf(caller), entryId, sent);
    const body = toBookingDto(booking, await this.tickets.of(booking));
    return sendAnswer(reply, { status: 201, body, replayed });
  }
}
