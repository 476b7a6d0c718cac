import { IsBoolean, IsInt, Max, Min, ValidateIf } from 'class-validator';
import { Omittable } from '#libs/problem';

const A_YEAR = 525_600;

/** What is not given stays. */
export class SettingsChangeDto {
  /**
   * Nothing is offered meanwhile; what comes free is kept for those who wait.
   * @example true
   */
  @Omittable()
  @IsBoolean()
  paused?: boolean;

  /**
   * Nobody may join any more; who waits is served.
   * @example false
   */
  @Omittable()
  @IsBoolean()
  closed?: boolean;

  /**
   * So many minutes before the event begins the list is over: nothing is offered, and what comes free is on sale to all. `null`: when
   * the sales are.
   * @example 120
   */
  @ValidateIf((_, value) => value !== undefined && value !== null)
  @IsInt()
  @Min(0)
  @Max(A_YEAR)
  cutOffMinutes?: number | null;
}

export class SettingsDto {
  /** @example "evt_01kb2m5v00e00806w3gz4ts9qh" */
  eventId!: string;
  /**
   * Counts the changes.
   * @example 1
   */
  version!: number;
  /** @example false */
  paused!: boolean;
  /** @example false */
  closed!: boolean;
  /** @example 120 */
  cutOffMinutes!: number | null;
  /** From then on the list is over. */
  endsAt!: Date;
}

/** What became of entries. Rates are parts of 1; `null` where there is nothing to divide by. */
export class CountsDto {
  /**
   * All that ever joined, as far back as entries are kept: 90 days after they are over.
   * @example 120
   */
  joined!: number;
  /** @example 80 */
  waiting!: number;
  /**
   * Were given an offer.
   * @example 30
   */
  offered!: number;
  /**
   * Have one that is open.
   * @example 2
   */
  open!: number;
  /** @example 21 */
  accepted!: number;
  /** @example 4 */
  declined!: number;
  /** @example 3 */
  expired!: number;
  /**
   * Left, or were taken off the list with the event.
   * @example 10
   */
  left!: number;
  /**
   * Of those that joined, how many were given an offer.
   * @example 0.25
   */
  offerRate!: number | null;
  /**
   * Of the offers that are over, how many were accepted.
   * @example 0.75
   */
  acceptanceRate!: number | null;
  /**
   * Of those that joined, how many have booked.
   * @example 0.175
   */
  conversion!: number | null;
  /**
   * From joining to the offer.
   * @example 5400
   */
  medianSecondsToOffer!: number | null;
}

export class ListCountsDto extends CountsDto {
  /** @example "tkt_01kb2m5v00e00806w3gz4ts9qh" */
  ticketTypeId!: string;
}

export class StatisticsDto {
  /** @example "evt_01kb2m5v00e00806w3gz4ts9qh" */
  eventId!: string;
  /** Of all ticket types together. */
  total!: CountsDto;
  /** One a ticket type that somebody ever waited for. */
  data!: ListCountsDto[];
}
