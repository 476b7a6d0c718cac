import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Cached } from '#libs/caching';
import { type Caller, OptionalCaller, Public, mayUse } from '#libs/identity';
import { refusals } from '#libs/kernel';
import { DirectoryService } from '../directory.service.js';
import { EventPageDto, EventQueryDto } from './directory.dto.js';
import { listEvents } from './directory.query.js';
import { PublicDirectory } from './public-directory.view.js';

@ApiTags('Events')
@Controller('v1/events')
export class DirectoryController {
  constructor(private readonly directory: DirectoryService) {}

  /**
   * Find events
   *
   * Published events of all shards that are not over, or with `mine` one's own in every state. Shows a change within
   * 2 seconds. Of more than 2,000 events found, `sort=relevance` ranks the soonest 2,000.
   */
  @Get()
  @Public()
  @Cached(PublicDirectory)
  async list(@Query() query: EventQueryDto, @OptionalCaller() caller: Caller | null): Promise<EventPageDto> {
    return listEvents(this.directory, query, query.mine ? ownOrganization(caller) : null);
  }
}

function ownOrganization(caller: Caller | null): string {
  if (!caller) throw refusals.unauthenticated('Sign in to list your own events.');
  if (caller.role === 'attendee' || !caller.organizationId || !mayUse(caller, 'events:read')) {
    throw refusals.forbidden('Only organizers have events of their own.');
  }
  return caller.organizationId;
}
