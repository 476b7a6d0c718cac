import {
  ArrayMaxSize,
  ArrayUnique,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { IsId, IsInstant, IsListOf, IsObjectOf, Omittable } from '#libs/problem';
import { MAX_TICKET_TYPES } from '../domain/draft.js';
import type { TicketTypeKind } from '../domain/event.js';
import { IsCountry, IsLine, IsZoneName } from './event.decorators.js';
import {
  MAX_CAPACITY,
  MAX_DESCRIPTION,
  MAX_PER_BOOKING,
  MAX_PER_PERSON,
  MoneyDto,
  NewSeatMapDto,
} from './new-event.dto.js';

export class VenueChangeDto {
  /** @example "Philharmonie" */
  @Omittable()
  @IsLine(200)
  name?: string;

  /** @example "Berlin" */
  @Omittable()
  @IsLine(100)
  city?: string;

  /** ISO 3166-1 alpha-2. @example "DE" */
  @Omittable()
  @IsCountry()
  country?: string;

  /** A name of the IANA time zone database. @example "Europe/Berlin" */
  @Omittable()
  @IsZoneName()
  timezone?: string;
}

/** With an id the ticket type is changed, without one it is added (then `name`, `kind` and `price` are needed). */
export class TicketTypeChangeDto {
  @Omittable()
  @IsId('ticketType')
  id?: string;

  /** @example "Standing" */
  @Omittable()
  @IsLine(100)
  name?: string;

  /** Cannot be changed. @example "general" */
  @Omittable()
  @IsIn(['general', 'seated'])
  kind?: TicketTypeKind;

  /** Grows at any time, and shrinks to what is taken. @example 600 */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MAX_CAPACITY)
  capacity?: number | null;

  /** Of a draft; a published event's prices change through its pricing. */
  @Omittable()
  @IsObjectOf(() => MoneyDto)
  price?: MoneyDto;

  /** `null` is the default, 10. @example 6 */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_PER_BOOKING)
  maxPerBooking?: number | null;

  /** `null` is no limit. @example 8 */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_PER_PERSON)
  maxPerPerson?: number | null;
}

/** What is to change; what is not given stays. */
export class EventChangeDto {
  /** The event stays on the shard where it is. @example "Mahler 5" */
  @Omittable()
  @IsLine(200)
  title?: string;

  /** @example "With an introduction at 19:00." */
  @Omittable()
  @IsString()
  @MaxLength(MAX_DESCRIPTION)
  description?: string;

  /** @example "concert" */
  @Omittable()
  @IsLine(50)
  category?: string;

  @Omittable()
  @IsObjectOf(() => VenueChangeDto)
  venue?: VenueChangeDto;

  @Omittable()
  @IsInstant()
  startsAt?: Date;

  /** `null` takes it away. */
  @IsOptional()
  @IsInstant()
  endsAt?: Date | null;

  /** `null` takes it away. */
  @IsOptional()
  @IsInstant()
  salesStartAt?: Date | null;

  /** `null` takes it away. */
  @IsOptional()
  @IsInstant()
  salesEndAt?: Date | null;

  /** Merged by id; those not listed stay. */
  @Omittable()
  @IsListOf(() => TicketTypeChangeDto, 0, MAX_TICKET_TYPES)
  ticketTypes?: TicketTypeChangeDto[];

  /** Takes the place of a draft's seat map; to a published one sections can be added, 5,000 seats at once. */
  @Omittable()
  @IsObjectOf(() => NewSeatMapDto)
  seatMap?: NewSeatMapDto;
}

/** Seats changed in one request. */
export const MAX_SEATS_CHANGED = 5000;

export class SeatsChangeDto {
  /** Seats to take off sale; none may be held or booked. */
  @Omittable()
  @ArrayMaxSize(MAX_SEATS_CHANGED)
  @ArrayUnique()
  @IsId('seat', { each: true })
  block?: string[];

  /** Blocked seats to bring back. */
  @Omittable()
  @ArrayMaxSize(MAX_SEATS_CHANGED)
  @ArrayUnique()
  @IsId('seat', { each: true })
  unblock?: string[];
}
