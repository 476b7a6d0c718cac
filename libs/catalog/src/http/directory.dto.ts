import { IsIn, IsOptional } from 'class-validator';
import { MAX_AMOUNT } from '#libs/kernel';
import { IsCount, IsFlag, IsInstant, Omittable, PageQueryDto } from '#libs/problem';
import type { EventStatus, TicketTypeKind } from '../domain/event.js';
import type { DirectorySort } from '../persistence/directory.repository.js';
import { IsCountry, IsLine, OrDay } from './event.decorators.js';
import { EventHeadDto } from './event.dto.js';
import { MoneyDto } from './new-event.dto.js';

export class SeatsQueryDto {
  /** Only this section's. @example "A" */
  @Omittable()
  @IsLine(100)
  section?: string;
}

export class EventQueryDto extends PageQueryDto {
  /** Words, or their beginnings, in title, description, venue and city; whatever the case and the accents. @example "mahler" */
  @Omittable()
  @IsLine(200)
  search?: string;

  /** @example "concert" */
  @Omittable()
  @IsLine(50)
  category?: string;

  /** @example "Berlin" */
  @Omittable()
  @IsLine(100)
  city?: string;

  /** ISO 3166-1 alpha-2. @example "DE" */
  @Omittable()
  @IsCountry()
  country?: string;

  /** Events that start then or later; a time, or a day in UTC. */
  @Omittable()
  @OrDay('first')
  @IsInstant()
  from?: Date;

  /** Events that start then or earlier; a time, or a day in UTC. */
  @Omittable()
  @OrDay('last')
  @IsInstant()
  to?: Date;

  /** Minor units: events with a ticket at that price or above. @example 1000 */
  @Omittable()
  @IsCount(0, MAX_AMOUNT)
  minPrice?: number;

  /** Minor units: events with a ticket at that price or below. @example 10000 */
  @Omittable()
  @IsCount(0, MAX_AMOUNT)
  maxPrice?: number;

  /** Only events with places left whose sales are not over. */
  @Omittable()
  @IsFlag()
  availableOnly?: boolean;

  /** `startsAt` if not given; `relevance` orders by how well `search` fits. @example "startsAt" */
  @Omittable()
  @IsIn(['startsAt', '-startsAt', 'relevance'])
  sort?: DirectorySort;

  /** One's own organization's events, in every state. */
  @Omittable()
  @IsFlag()
  mine?: boolean;

  /** With `mine`: only those in that state. */
  @IsOptional()
  @IsIn(['draft', 'published', 'canceled', 'ended'])
  status?: EventStatus;
}

export class ListedTypeDto {
  /** @example "tkt_01kb2m5v00ezzr0r0h3a4d6n8q" */
  id!: string;
  /** @example "Standing" */
  name!: string;
  /** @example "general" */
  kind!: TicketTypeKind;
  price!: MoneyDto;
  /** @example 500 */
  capacity!: number;
  /** @example 380 */
  available!: number;
}

export class ListedEventDto extends EventHeadDto {
  ticketTypes!: ListedTypeDto[];
}

export class EventPageDto {
  data!: ListedEventDto[];
  /** `null` on the last page. @example null */
  nextCursor!: string | null;
}
