import { IsInt, Max, Min } from 'class-validator';
import { IsListOf, Omittable } from '#libs/problem';
import { BookedItemDto, ItemRequestDto, MoneyDto } from './booking.dto.js';

export class NewHoldDto {
  @IsListOf(() => ItemRequestDto, 1, 50)
  items!: ItemRequestDto[];

  /**
   * How long the places are kept; never past the end of sales.
   * @example 600
   */
  @Omittable()
  @IsInt()
  @Min(30)
  @Max(1800)
  ttlSeconds?: number;
}

export class HoldDto {
  /** @example "hld_01kb2m5v00e00806w3gz4ts9qh" */
  id!: string;
  /** @example "evt_01kb2m5v00e00806w3gz4ts9qh" */
  eventId!: string;
  /** Consumed: it is a booking. Expired: its time is over. Released: it was given back. */
  status!: 'active' | 'consumed' | 'expired' | 'released';
  /** At the prices that are locked while it is active. */
  items!: BookedItemDto[];
  total!: MoneyDto;
  /** From then on it cannot become a booking. */
  expiresAt!: Date;
  createdAt!: Date;
  /**
   * The booking that it has become.
   * @example null
   */
  bookingId!: string | null;
}
