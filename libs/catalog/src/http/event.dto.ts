import type { EventStatus, TicketTypeKind } from '../domain/event.js';
import { MoneyDto, SeatRowDto, VenueDto } from './new-event.dto.js';

export class TicketTypeDto {
  /** @example "tkt_01kb2m5v00ezzr0r0h3a4d6n8q" */
  id!: string;
  /** @example "Standing" */
  name!: string;
  /** @example "general" */
  kind!: TicketTypeKind;
  /** Places; of a seated type the seats that are not blocked. @example 500 */
  capacity!: number;
  price!: MoneyDto;
  /** Grows with every change of the price. @example 1 */
  priceVersion!: number;
  /** @example 6 */
  maxPerBooking!: number;
  /** `null` when there is no limit. @example 8 */
  maxPerPerson!: number | null;
}

export class SectionDto {
  /** @example "A" */
  name!: string;
  /** @example "Stalls" */
  ticketType!: string;
  /** @example "tkt_01kb2m5v00ezzr0r0h3a4d6n8r" */
  ticketTypeId!: string;
  /** Front row first. @example [{ "name": "1", "seats": 24 }] */
  rows!: SeatRowDto[];
}

export class SeatMapDto {
  sections!: SectionDto[];
}

export class CancelingDto {
  /** Bookings canceled so far. @example 1200 */
  done!: number;
  /** @example 5000 */
  total!: number;
}

/** What an event is, without what is sold at it. */
export class EventHeadDto {
  /** @example "evt_01kb2m5v00ezzr0r0h3a4d6n8q" */
  id!: string;
  /** Of the description: raised by edits and changes of state, not by sales. @example 1 */
  version!: number;
  /** @example "draft" */
  status!: EventStatus;
  /** Where the event lives. @example "shard-2" */
  shard!: string;
  /** @example "org_01kb2m5v00zzzr0r0h3a4d6n8q" */
  organizationId!: string;
  /** @example "Mahler 5" */
  title!: string;
  /** @example "The fifth symphony, with the Berliner Philharmoniker." */
  description!: string;
  /** @example "concert" */
  category!: string;
  venue!: VenueDto;
  /** @example "2030-01-10T19:00:00.000Z" */
  startsAt!: Date;
  /** Without it the event is over when it starts, or when its sales end if that is later. @example "2030-01-10T22:00:00.000Z" */
  endsAt!: Date | null;
  /** `null`: on sale as soon as it is published. @example null */
  salesStartAt!: Date | null;
  /** `null`: sales end at `startsAt`. @example null */
  salesEndAt!: Date | null;
  createdAt!: Date;
  updatedAt!: Date;
}

export class EventDto extends EventHeadDto {
  ticketTypes!: TicketTypeDto[];
  /** `null` without seated types. */
  seatMap!: SeatMapDto | null;
  /** While the bookings of a canceled event are being canceled; else `null`. @example null */
  canceling!: CancelingDto | null;
}

export class AvailableTypeDto {
  /** @example "tkt_01kb2m5v00ezzr0r0h3a4d6n8q" */
  id!: string;
  /** @example "Standing" */
  name!: string;
  /** `available + held + booked`. @example 500 */
  capacity!: number;
  /** @example 380 */
  available!: number;
  /** In holds, in open offers, or kept for the waitlist. @example 20 */
  held!: number;
  /** @example 100 */
  booked!: number;
  price!: MoneyDto;
  /** @example 1 */
  priceVersion!: number;
  /** Entries on the waitlist. @example 0 */
  waiting!: number;
}

export class AvailabilityDto {
  /** @example "evt_01kb2m5v00ezzr0r0h3a4d6n8q" */
  eventId!: string;
  /** When it was so. */
  asOf!: Date;
  /** Raised by every change of the counters. @example 42 */
  version!: number;
  ticketTypes!: AvailableTypeDto[];
}

export class SeatDto {
  /** @example "sea_01kb2m5v00ezzr0r0h3a4d6n8q" */
  id!: string;
  /** @example "A" */
  section!: string;
  /** @example "1" */
  row!: string;
  /** @example "12" */
  number!: string;
  /** @example "tkt_01kb2m5v00ezzr0r0h3a4d6n8r" */
  ticketTypeId!: string;
  /** @example "free" */
  status!: 'free' | 'held' | 'booked' | 'blocked';
}

export class SeatListDto {
  /** Of the availability. @example 42 */
  version!: number;
  data!: SeatDto[];
}
