import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type Caller, OptionalCaller, Public, mayUse } from '#libs/identity';
import { type FieldError, refusals, validationFailed } from '#libs/kernel';
import { DirectoryService } from '../directory.service.js';
import { foldName, searchQuery } from '../domain/search.js';
import type { DirectoryFilter } from '../persistence/directory.repository.js';
import { EventPageDto, EventQueryDto } from './directory.dto.js';
import { toListedEventDto } from './event.mapping.js';

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
  async list(@Query() query: EventQueryDto, @OptionalCaller() caller: Caller | null): Promise<EventPageDto> {
    const organizationId = query.mine ? ownOrganization(caller) : null;
    const errors = checkQuery(query);
    if (errors.length) throw validationFailed(errors);
    const search = query.search === undefined ? undefined : searchQuery(query.search);
    // Nothing is found by no word at all.
    if (search === null) return { data: [], nextCursor: null };

    const filter = toFilter(query, organizationId, search ?? null);
    const page = await this.directory.listEvents(filter, query.limit, query.cursor);
    return { data: page.data.map(toListedEventDto), nextCursor: page.nextCursor };
  }
}

function ownOrganization(caller: Caller | null): string {
  if (!caller) throw refusals.unauthenticated('Sign in to list your own events.');
  if (caller.role === 'attendee' || !caller.organizationId || !mayUse(caller, 'events:read')) {
    throw refusals.forbidden('Only organizers have events of their own.');
  }
  return caller.organizationId;
}

function checkQuery(query: EventQueryDto): FieldError[] {
  const errors: FieldError[] = [];
  if (query.status && query.status !== 'published' && !query.mine) {
    errors.push({ path: 'status', message: 'must be given with mine=true only' });
  }
  if (query.from && query.to && query.from > query.to) {
    errors.push({ path: 'to', message: 'must not be before from' });
  }
  if (query.minPrice !== undefined && query.maxPrice !== undefined && query.minPrice > query.maxPrice) {
    errors.push({ path: 'maxPrice', message: 'must not be below minPrice' });
  }
  return errors;
}

function toFilter(
  query: EventQueryDto,
  organizationId: string | null,
  search: string | null,
): DirectoryFilter {
  const sort = query.sort ?? 'startsAt';
  return {
    organizationId,
    status: query.status ?? null,
    query: search,
    category: query.category === undefined ? null : foldName(query.category),
    city: query.city === undefined ? null : foldName(query.city),
    country: query.country ?? null,
    from: query.from ?? null,
    to: query.to ?? null,
    minPrice: query.minPrice ?? null,
    maxPrice: query.maxPrice ?? null,
    availableOnly: query.availableOnly ?? false,
    // Without words everything fits equally well.
    sort: sort === 'relevance' && search === null ? 'startsAt' : sort,
  };
}
