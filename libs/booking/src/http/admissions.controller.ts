import { Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { IdempotencyKey, type SentKey, sendAnswer } from '#libs/idempotency';
import { type Caller, CurrentCaller, Roles, Scopes } from '#libs/identity';
import { inventoryRefusals } from '#libs/inventory';
import { refusals } from '#libs/kernel';
import { ApiProblems } from '#libs/problem';
import { Limited } from '#libs/throttling';
import { CheckInService } from '../check-in.service.js';
import { Tickets } from '../tickets.service.js';
import { bookerOf } from './booker.mapping.js';
import { CheckedInDto } from './booking.dto.js';
import { toCheckedInDto } from './booking.mapping.js';

@ApiTags('Bookings')
@Controller('v1/admissions')
export class AdmissionsController {
  constructor(
    private readonly door: CheckInService,
    private readonly tickets: Tickets,
  ) {}

  /**
   * Let a ticket in, once
   * @remarks `code` is what the ticket's holder shows. Whether it is ours can be told without a connection; whether it has been
   * used already only here.
   */
  @Post(':code/check-in')
  @Limited({ operation: 'check-in', priority: true })
  @HttpCode(200)
  @Roles('organizer')
  @Scopes('checkin')
  @ApiParam({
    name: 'code',
    description: 'The signed code of an admission.',
    example: 'AgGTpZsAAHADgAMOH5Gs',
  })
  @ApiProblems(inventoryRefusals, 'already_checked_in', 'admission_canceled')
  @ApiProblems(refusals, 'overloaded')
  async checkIn(
    @CurrentCaller() caller: Caller,
    @IdempotencyKey() sent: SentKey | null,
    @Param('code') code: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CheckedInDto> {
    const { booking, checkIn, replayed } = await this.door.checkIn(bookerOf(caller), code, sent);
    const tickets = await this.tickets.of(booking);
    const body = toCheckedInDto(booking, tickets[checkIn.number - 1]!, checkIn);
    return sendAnswer(reply, { status: 200, body, replayed });
  }
}
