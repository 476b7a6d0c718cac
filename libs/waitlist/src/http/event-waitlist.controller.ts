import { Body, Controller, Get, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { IdempotencyKey, type SentKey, sendAnswer } from '#libs/idempotency';
import { type Caller, CurrentCaller, Roles, Scopes } from '#libs/identity';
import { inventoryRefusals } from '#libs/inventory';
import { refusals } from '#libs/kernel';
import { ApiProblems, IdPipe, sendTagged } from '#libs/problem';
import { Limited } from '#libs/throttling';
import { ListsService } from '../lists.service.js';
import { WaitlistService } from '../waitlist.service.js';
import { EntryDto, EventEntriesQueryDto, ListedEntryPageDto, NewEntryDto } from './entry.dto.js';
import { toEntryDto, toListedEntryDto } from './entry.mapping.js';
import { SettingsChangeDto, SettingsDto, StatisticsDto } from './list.dto.js';
import { toSettingsDto, toStatisticsDto } from './list.mapping.js';
import { personOf } from './person.mapping.js';

@ApiTags('Waitlist')
@Controller('v1/events/:id/waitlist')
export class EventWaitlistController {
  constructor(
    private readonly waitlist: WaitlistService,
    private readonly lists: ListsService,
  ) {}

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
    'waitlist_closed',
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

  /** What is settled about an event's waitlist */
  @Get('settings')
  @Roles('organizer')
  @Scopes('waitlist:write')
  async settings(
    @CurrentCaller() caller: Caller,
    @Param('id', new IdPipe('event')) eventId: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SettingsDto | undefined> {
    const settings = await this.lists.getSettings(personOf(caller), eventId);
    return sendTagged(request, reply, toSettingsDto(settings));
  }

  /**
   * Pause an event's waitlist or go on, close it, cut it off before the start
   * @remarks What is not given stays. Who is offered places has them until their offer is over; it never passes the cut-off.
   */
  @Patch('settings')
  @Roles('organizer')
  @Scopes('waitlist:write')
  @ApiProblems(refusals, 'overloaded')
  async settle(
    @CurrentCaller() caller: Caller,
    @Param('id', new IdPipe('event')) eventId: string,
    @Body() body: SettingsChangeDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SettingsDto | undefined> {
    const settings = await this.lists.changeSettings(personOf(caller), eventId, body);
    return sendTagged(request, reply, toSettingsDto(settings));
  }

  /** What became of those who waited: offers, how they ended, and how long they took */
  @Get('statistics')
  @Roles('organizer')
  @Scopes('waitlist:write')
  async statistics(
    @CurrentCaller() caller: Caller,
    @Param('id', new IdPipe('event')) eventId: string,
  ): Promise<StatisticsDto> {
    return toStatisticsDto(await this.lists.getStatistics(personOf(caller), eventId));
  }
}
