import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsInt, IsNumber, Max, Min } from 'class-validator';
import { IsId, Omittable, PageQueryDto } from '#libs/problem';

const STATUSES = ['waiting', 'offered', 'accepted', 'declined', 'expired', 'left'] as const;
type Status = (typeof STATUSES)[number];

export class NewEntryDto {
  @IsId('ticketType')
  ticketTypeId!: string;

  /**
   * From 1 to what a booking may have of the type; all of them are offered together.
   * @example 2
   */
  @IsNumber({ allowNaN: false, allowInfinity: false })
  quantity!: number;
}

export class PriorityDto {
  /**
   * Higher first; among equals who joined first.
   * @example 10
   */
  @IsInt()
  @Min(0)
  @Max(100)
  priority!: number;
}

export class OwnEntriesQueryDto extends PageQueryDto {
  @Omittable()
  @IsId('event')
  eventId?: string;
}

export class EventEntriesQueryDto extends PageQueryDto {
  @Omittable()
  @IsId('ticketType')
  ticketTypeId?: string;

  /** Those who wait unless told. */
  @Omittable()
  @IsIn(STATUSES)
  status: Status = 'waiting';
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

/** Places that are held in the entry's name, at a locked price. */
export class OfferDto {
  /** @example "hld_01kb2m5v00e00806w3gz4ts9qh" */
  holdId!: string;
  /** From then on it goes to the next in line. */
  expiresAt!: Date;
  total!: MoneyDto;
}

/** Seconds: with a chance of 10, 50 and 90 % it takes no longer, if it comes to be served. */
export class WaitSecondsDto {
  /** @example 86400 */
  p10!: number;
  /** @example 432000 */
  p50!: number;
  /** @example 1209600 */
  p90!: number;
}

/** From how fast places of the event came free so far; docs/waitlist-estimates.md says how good it is. */
export class EstimateDto {
  /**
   * That it is offered places before sales end: 0 to 1.
   * @example 0.62
   */
  chance!: number;
  /** `null` where the chance is below a hundredth. */
  waitSeconds!: WaitSecondsDto | null;
}

const REASONS = [
  'waitlist_over',
  'paused',
  'person_limit',
  'gathering',
  'being_offered',
  'larger_than_free',
  'ahead_of_you',
  'nobody_canceled',
] as const;

/** Why an entry has no offer yet; the first reason that holds. */
export class WaitingForDto {
  /**
   * `waitlist_over`: the sales or the list are over. `paused`: the organizer has paused it. `person_limit`: with the offer the
   * person would have more than `limit`. `gathering`: places are kept for it. `being_offered`: places are being offered, in order.
   * `larger_than_free`: it needs more than is free. `ahead_of_you`: others are served first. `nobody_canceled`: nothing came free.
   * @example "ahead_of_you"
   */
  @ApiProperty({ enum: REASONS })
  reason!: (typeof REASONS)[number];
  /** How many places one person may have. */
  limit?: number;
  /** How many the person has. */
  have?: number;
  /** How many places are kept for it so far. */
  gathered?: number;
  /** How many places are free. */
  free?: number;
  /** How often it has been passed over, counted to 3; then places are kept for it. */
  passes?: number;
  /**
   * How many entries are served first.
   * @example 16
   */
  ahead?: number;
}

export class EntryDto {
  /** @example "wle_01kb2m5v00e00806w3gz4ts9qh" */
  id!: string;
  /** @example "evt_01kb2m5v00e00806w3gz4ts9qh" */
  eventId!: string;
  /** @example "tkt_01kb2m5v00e00806w3gz4ts9qh" */
  ticketTypeId!: string;
  /** @example 2 */
  quantity!: number;
  /**
   * Higher first.
   * @example 0
   */
  priority!: number;
  /** Expired: nobody accepted the offer in time. Left: taken off the list, by its owner or because the event was canceled. */
  status!: Status;
  /**
   * Grows with every change.
   * @example 1
   */
  version!: number;
  /**
   * Among those who wait for the ticket type, from 1; `null` for who does not wait.
   * @example 17
   */
  position!: number | null;
  /** `null` for who does not wait. */
  waitingFor!: WaitingForDto | null;
  joinedAt!: Date;
  /** In reading one's own entries, while they wait; `null` otherwise. */
  estimate!: EstimateDto | null;
  /** While it can be accepted. */
  offer!: OfferDto | null;
}

export class EntryPageDto {
  data!: EntryDto[];
  /** The next page's `cursor`; `null` on the last. */
  nextCursor!: string | null;
}

/** An entry as the event's organizer sees it. */
export class ListedEntryDto extends EntryDto {
  /** @example "usr_01kb2m5v00zzzr0r0h3a4d6n8q" */
  userId!: string;
}

export class ListedEntryPageDto {
  data!: ListedEntryDto[];
  /** The next page's `cursor`; `null` on the last. */
  nextCursor!: string | null;
}
