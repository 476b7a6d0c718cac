import {
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { MAX_AMOUNT } from '#libs/kernel';
import { IsInstant, IsListOf, IsObjectOf } from '#libs/problem';
import { MAX_SEATS, MAX_TICKET_TYPES } from '../domain/draft.js';
import type { TicketTypeKind } from '../domain/event.js';
import { IsCountry, IsCurrencyCode, IsLine, IsZoneName } from './event.decorators.js';

export const MAX_DESCRIPTION = 20_000;
export const MAX_CAPACITY = 10_000_000;
/** A booking writes a row for each ticket, and the lane's transactions are short. */
export const MAX_PER_BOOKING = 1000;
export const MAX_PER_PERSON = 1_000_000;

export class MoneyDto {
  /** Integer minor units (cents); 0 is free. @example 4500 */
  @IsInt()
  @Min(0)
  @Max(MAX_AMOUNT)
  amount!: number;

  /** ISO 4217. @example "EUR" */
  @IsCurrencyCode()
  currency!: string;
}

export class VenueDto {
  /** @example "Philharmonie" */
  @IsLine(200)
  name!: string;

  /** @example "Berlin" */
  @IsLine(100)
  city!: string;

  /** ISO 3166-1 alpha-2. @example "DE" */
  @IsCountry()
  country!: string;

  /** A name of the IANA time zone database. @example "Europe/Berlin" */
  @IsZoneName()
  timezone!: string;
}

export class NewTicketTypeDto {
  /** Unique within the event. @example "Standing" */
  @IsLine(100)
  name!: string;

  /** `general` admission has places, `seated` has numbered seats. @example "general" */
  @IsIn(['general', 'seated'])
  kind!: TicketTypeKind;

  /** General admission only: how many places. @example 500 */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MAX_CAPACITY)
  capacity?: number | null;

  /** What a ticket costs, all in. All ticket types of an event have one currency. */
  @IsObjectOf(() => MoneyDto)
  price!: MoneyDto;

  /** Tickets of this type in one booking; 10 if not given. @example 6 */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_PER_BOOKING)
  maxPerBooking?: number | null;

  /** Tickets of this type that one person may have, live holds and bookings together; no limit if not given. @example 8 */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_PER_PERSON)
  maxPerPerson?: number | null;
}

/** Checked by checkRows() and not here: class-validator takes 25 µs an object, and there may be 100,000. */
export class SeatRowDto {
  /** One line of 1 to 20 characters, unique within the section. @example "1" */
  name!: string;
  /** Seats from one end of the row to the other, numbered from 1. @example 24 */
  seats!: number;
}

export class NewSectionDto {
  /** Unique within the event. @example "A" */
  @IsLine(100)
  name!: string;

  /** The name of a seated ticket type. @example "Stalls" */
  @IsLine(100)
  ticketType!: string;

  /** Front row first. @example [{ "name": "1", "seats": 24 }] */
  @IsArray()
  @ArrayMinSize(1)
  rows!: SeatRowDto[];
}

export class NewSeatMapDto {
  /** At most 100,000 seats together. */
  @IsListOf(() => NewSectionDto, 0, MAX_SEATS)
  sections!: NewSectionDto[];
}

export class NewEventDto {
  /** Its first letter decides the shard, for good. @example "Mahler 5" */
  @IsLine(200)
  title!: string;

  /** @example "The fifth symphony, with the Berliner Philharmoniker." */
  @IsOptional()
  @IsString()
  @MaxLength(MAX_DESCRIPTION)
  description?: string | null;

  /** Any word or two; lists filter by it whatever its case and accents. @example "concert" */
  @IsLine(50)
  category!: string;

  @IsObjectOf(() => VenueDto)
  venue!: VenueDto;

  @IsInstant()
  startsAt!: Date;

  /** Without it the event is over when it starts, or when its sales end if that is later. */
  @IsOptional()
  @IsInstant()
  endsAt?: Date | null;

  /** On sale at once, when published, if not given. @example null */
  @IsOptional()
  @IsInstant()
  salesStartAt?: Date | null;

  /** `startsAt` if not given. @example null */
  @IsOptional()
  @IsInstant()
  salesEndAt?: Date | null;

  @IsListOf(() => NewTicketTypeDto, 1, MAX_TICKET_TYPES)
  ticketTypes!: NewTicketTypeDto[];

  /** Where the seats of the seated types are. */
  @IsOptional()
  @IsObjectOf(() => NewSeatMapDto)
  seatMap?: NewSeatMapDto | null;
}
