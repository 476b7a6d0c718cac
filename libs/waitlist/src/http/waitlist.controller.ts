import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { IdempotencyKey, type SentKey, sendAnswer } from '#libs/idempotency';
import { type Caller, CurrentCaller, Roles, Scopes } from '#libs/identity';
import { inventoryRefusals } from '#libs/inventory';
import { refusals } from '#libs/kernel';
import { ApiProblems, IdPipe, sendTagged } from '#libs/problem';
import { Limited } from '#libs/throttling';
import { WaitlistService } from '../waitlist.service.js';
import { EntryDto, EntryPageDto, ListedEntryDto, OwnEntriesQueryDto, PriorityDto } from './entry.dto.js';
import { toEntryDto, toListedEntryDto } from './entry.mapping.js';
import { personOf } from './person.mapping.js';

@ApiTags('Waitlist')
@Controller('v1/waitlist')
export class WaitlistController {
  constructor(private readonly waitlist: WaitlistService) {}

  /** The caller's own entries on all lists, newest first */
  @Get()
  @Scopes('waitlist:write')
  async list(@CurrentCaller() caller: Caller, @Query() query: OwnEntriesQueryDto): Promise<EntryPageDto> {
    const { data, nextCursor } = await this.waitlist.list(personOf(caller), query);
    return { data: data.map(toEntryDto), nextCursor };
  }

  /** An entry of one's own, with its position while it waits, and its offer while that can be accepted */
  @Get(':id')
  @Scopes('waitlist:write')
  async get(
    @CurrentCaller() caller: Caller,
    @Param('id', new IdPipe('waitlistEntry')) id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EntryDto | undefined> {
    return sendTagged(request, reply, toEntryDto(await this.waitlist.get(personOf(caller), id)));
  }

  /** Decline an offer; the next in line is offered the places */
  @Post(':id/decline')
  @Limited({ operation: 'offer', priority: true })
  @HttpCode(200)
  @Scopes('waitlist:write')
  @ApiProblems(inventoryRefusals, 'offer_expired', 'no_offer')
  @ApiProblems(refusals, 'overloaded')
  async decline(
    @CurrentCaller() caller: Caller,
    @IdempotencyKey() sent: SentKey | null,
    @Param('id', new IdPipe('waitlistEntry')) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EntryDto> {
    const { replayed, ...standing } = await this.waitlist.decline(personOf(caller), id, sent);
    return sendAnswer(reply, { status: 200, body: toEntryDto(standing), replayed });
  }

  /**
   * Offer an entry places now, whoever stands before it
   * @remarks By the organizer of its event. Takes places that are free or kept for the list, and at most what there is.
   */
  @Post(':id/offer')
  @HttpCode(200)
  @Roles('organizer')
  @Scopes('waitlist:write')
  @ApiProblems(
    inventoryRefusals,
    'event_not_bookable',
    'sales_closed',
    'person_limit_reached',
    'sold_out',
    'waitlist_closed',
  )
  @ApiProblems(refusals, 'invalid_state', 'overloaded')
  async offer(
    @CurrentCaller() caller: Caller,
    @IdempotencyKey() sent: SentKey | null,
    @Param('id', new IdPipe('waitlistEntry')) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ListedEntryDto> {
    const { replayed, ...standing } = await this.waitlist.offer(personOf(caller), id, sent);
    return sendAnswer(reply, { status: 200, body: toListedEntryDto(standing), replayed });
  }

  /**
   * Leave a list; who joins again stands behind the others
   * @remarks An offer goes to the next in line. A second time, or when the entry is over, it answers the same.
   */
  @Delete(':id')
  @Limited({ operation: 'cancel', priority: true })
  @HttpCode(204)
  @Scopes('waitlist:write')
  @ApiProblems(refusals, 'overloaded')
  async leave(
    @CurrentCaller() caller: Caller,
    @Param('id', new IdPipe('waitlistEntry')) id: string,
  ): Promise<void> {
    await this.waitlist.leave(personOf(caller), id);
  }

  /**
   * Give an entry that waits another priority
   * @remarks By the organizer of its event. Entries of a higher priority come first, among equals who joined first.
   */
  @Patch(':id')
  @Roles('organizer')
  @Scopes('waitlist:write')
  @ApiProblems(refusals, 'invalid_state', 'overloaded')
  async prioritize(
    @CurrentCaller() caller: Caller,
    @Param('id', new IdPipe('waitlistEntry')) id: string,
    @Body() { priority }: PriorityDto,
  ): Promise<ListedEntryDto> {
    return toListedEntryDto(await this.waitlist.prioritize(personOf(caller), id, priority));
  }
}
