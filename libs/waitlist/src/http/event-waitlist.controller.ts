import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { IdempotencyKey, type SentKey, sendAnswer } from '#libs/idempotency';
import { type Caller, CurrentCaller, Roles, Scopes } from '#libs/identity';
import { inventoryRefusals } from '#libs/inventory';
import { refusals } from '#libs/kernel';
import { ApiProblems, IdPipe } from '#libs/problem';
import { Limited } from '#libs/throttling';
import { WaitlistService } from '../waitlist.service.js';
import { EntryDto, EventEntriesQueryDto, ListedEntryPageDto, NewEntryDto } from './entry.dto.js';
import { toEntryDto, toListedEntryDto } from './entry.mapping.js';
import { personOf } from './person.mapping.js';

@ApiTags('Waitlist')
@Controller('v1/events/:id/waitlist')
export class EventWaitlistController {
  constructor(private readonly waitlist: WaitlistService) {}

  /**
   * Wait for tickets that cannot be booked now
   * @remarks One living entry a person and ticket type. What comes free is offered in order to every entry that it does for; an
   * entry that needs more is passed over three times at the most before places are gathered for it.
   */
  @Post()
  @Limited({ operation: 'hold', priority: true })
  @Scopes('waitlist:write')
  @ApiProblems(
    inventoryRefusals,
    'quantity_out_of_range',
    'event_not_bookable',
    'sales_closed',
    'person_limit_reached',
    'tickets_available',
    'already_waiting',
  )
  @ApiProblems(refusals, 'overloaded')
  async join(
    @CurrentCaller() caller: Caller,
    @IdempotencyKey() sent: SentKey | null,
    @Param('id', new IdPipe('event')) eventId: string,
    @Body() { ticketTypeId, quantity }: NewEntryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EntryDto> {
    const wish = { ticketTypeId, quantity };
    const { replayed, ...standing } = await this.waitlist.join(personOf(caller), eventId, wish, sent);
    return sendAnswer(reply, { status: 201, body: toEntryDto(standing), replayed });
  }

  /**
   * Who waits, in the order of serving
   * @remarks For the event's organizer. With `status` the entries of another state, in the order in which they stood.
   */
  @Get()
  @Roles('organizer')
  @Scopes('waitlist:write')
  async list(
    @CurrentCaller() caller: Caller,
    @Param('id', new IdPipe('event')) eventId: string,
    @Query() query: EventEntriesQueryDto,
  ): Promise<ListedEntryPageDto> {
    const { data, nextCursor } = await this.waitlist.listOfEvent(personOf(caller), eventId, query);
    return { data: data.map(toListedEntryDto), nextCursor };
  }
}
