import { type FieldError, validationFailed } from '#libs/kernel';
import type { DirectoryService } from '../directory.service.js';
import { foldName, searchQuery } from '../domain/search.js';
import type { DirectoryFilter } from '../persistence/directory.repository.js';
import type { EventPageDto, EventQueryDto } from './directory.dto.js';
import { toListedEventDto } from './event.mapping.js';

/** The page that a query asks for: of an organization's events, or null for what the public sees. */
export async function listEvents(
  directory: DirectoryService,
  query: EventQueryDto,
  organizationId: string | null,
  current = false,
): Promise<EventPageDto> {
  const errors = checkQuery(query);
  if (errors.length) throw validationFailed(errors);
  const search = query.search === undefined ? undefined : searchQuery(query.search);
  // Nothing is found by no word at all.
  if (search === null) return { data: [], nextCursor: null };

  const filter = toFilter(query, organizationId, search ?? null);
  const page = await directory.listEvents(filter, query.limit, query.cursor, current);
  return { data: page.data.map(toListedEventDto), nextCursor: page.nextCursor };
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
