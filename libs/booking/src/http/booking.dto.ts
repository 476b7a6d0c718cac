import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsBoolean, IsIn, IsNumber, IsOptional, IsString, MaxLength } from 'class-validator';
import { IsId, IsListOf, Omittable, PageQueryDto } from '#libs/problem';

const STATUSES = ['confirmed', 'canceled'] as const;

/** As many seats as any booking may have of a ticket type. */
const MAX_SEATS = 1000;

/**
 * What is wanted of one ticket type: of general admission a `quantity`; of numbered seats either `seatIds`, or a `quantity`
 * with `bestAvailable`. Items of one type add up.
 */
export class ItemRequestDto {
  @IsId('ticketType')
  ticketTypeId!: string;

  /**
   * From 1 to what a booking may have of the type.
   * @example 2
   */
  @Omittable()
  @IsNumber({ allowNaN: false, allowInfinity: false })
  quantity?: number;

  /** These seats and no others. */
  @Omittable()
  @ArrayMaxSize(MAX_SEATS)
  @IsId('seat', { each: true })
  seatIds?: string[];

  /**
   * The best free seats side by side in one row: near the front, near the middle of the row, and leaving no single seat alone where
   * that can be avoided.
   * @example true
   */
  @Omittable()
  @IsBoolean()
  bestAvailable?: boolean;

  /**
   * With `bestAvailable`: only in the section of this name.
   * @example "A"
   */
  @Omittable()
  @IsString()
  @MaxLength(100)
  section?: string;

  /**
   * With `bestAvailable`: the seats may lie apart, in as few pieces as possible, when so many side by side are not free.
   * @example false
   */
  @Omittable()
  @IsBoolean()
  allowSplit?: boolean;
}

/** Either `holdId`, or `eventId` and `items`. */
export class NewBookingDto {
  /** A hold of one's own that is active. */
  @Omittable()
  @IsId('hold')
  holdId?: string;

  /** With `items`. */
  @Omittable()
  @IsId('event')
  eventId?: string;

  @Omittable()
  @IsListOf(() => ItemRequestDto, 1, 50)
  items?: ItemRequestDto[];
}

export class CancellationDto {
  /**
   * Kept with the booking.
   * @example "We fell ill."
   */
  @IsOptional()
  @IsString()
  @MaxLength(500)
  reason?: string | null;
}

export class BookingsQueryDto extends PageQueryDto {
  @Omittable()
  @IsId('event')
  eventId?: string;

  @Omittable()
  @IsIn(STATUSES)
  status?: (typeof STATUSES)[number];
}

export class MoneyDto {
  /**
   * Minor units of the currency.
   * @example 4500
   */
  amount!: number;
  /** @example "EUR" */
  currency!: string;
}

/** A numbered seat. */
export class BookedSeatDto {
  /** @example "sea_01kb2m5v00e00806w3gz4ts9qh" */
  id!: string;
  /** @example "A" */
  section!: string;
  /** @example "1" */
  row!: string;
  /** @example "12" */
  number!: string;
}

export class BookedItemDto {
  /** @example "tkt_01kb2m5v00e00806w3gz4ts9qh" */
  ticketTypeId!: string;
  /** @example 2 */
  quantity!: number;
  /** What was agreed, whatever the price does later. */
  unitPrice!: MoneyDto;
  /** @example 1 */
  priceVersion!: number;
  /** Of numbered seats, one a place. */
  seats?: BookedSeatDto[];
}

/** One ticket. */
export class AdmissionDto {
  /** @example "adm_01kb2m5v00e00806w3gz4ts9qh" */
  id!: string;
  /**
   * What the door scans. Signed: it can be checked without a connection.
   * @example "AgGTpZsAAHADgAMOH5Gs…"
   */
  code!: string;
  /** @example "tkt_01kb2m5v00e00806w3gz4ts9qh" */
  ticketTypeId!: string;
  /** Where its holder sits, if the ticket has a seat. */
  seat?: BookedSeatDto;
}

/** A ticket that came in. */
export class CheckedInDto extends AdmissionDto {
  /** @example "bkg_01kb2m5v00e00806w3gz4ts9qh" */
  bookingId!: string;
  /** @example "evt_01kb2m5v00e00806w3gz4ts9qh" */
  eventId!: string;
  checkedInAt!: Date;
}

export class BookingDto {
  /** @example "bkg_01kb2m5v00e00806w3gz4ts9qh" */
  id!: string;
  /**
   * Short, to be read aloud.
   * @example "01K7Q-2M9XT"
   */
  reference!: string;
  /** @example "evt_01kb2m5v00e00806w3gz4ts9qh" */
  eventId!: string;
  /** @example "usr_01kb2m5v00zzzr0r0h3a4d6n8q" */
  userId!: string;
  status!: 'confirmed' | 'canceled';
  /**
   * Grows with every change.
   * @example 1
   */
  version!: number;
  total!: MoneyDto;
  items!: BookedItemDto[];
  admissions!: AdmissionDto[];
  // As text: JSON.stringify takes as long for a date as for all the rest.
  @ApiProperty({ type: String, format: 'date-time' })
  createdAt!: string;
}

export class BookingPageDto {
  data!: BookingDto[];
  /** The next page's `cursor`; `null` on the last. */
  nextCursor!: string | null;
}
