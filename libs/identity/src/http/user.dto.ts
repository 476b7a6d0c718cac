import { IsBoolean, IsIn, IsOptional } from 'class-validator';
import { IsObjectOf, Omittable, PageQueryDto } from '#libs/problem';
import { ROLES, type Role } from '../domain/caller.js';
import { IsAddress, IsLocaleTag, IsName, IsPhone, IsTimeOfDay, IsZone } from './account.decorators.js';

/** What a person wants to hear about on a channel. */
export class TopicsDto {
  /** Bookings made and canceled. */
  bookings!: boolean;
  /** Offers from the waitlist. */
  waitlist!: boolean;
  /** Prices that changed. */
  prices!: boolean;
  /** That an event is near. */
  reminders!: boolean;
}

/** When SMS and push about prices and reminders wait. */
export class QuietHoursDto {
  /** @example "22:00" */
  from!: string;
  /**
   * The next day's, if it is earlier than `from`.
   * @example "07:00"
   */
  to!: string;
  /**
   * A name of the IANA data base.
   * @example "Europe/Berlin"
   */
  timezone!: string;
}

export class ChannelsDto {
  email!: TopicsDto;
  sms!: TopicsDto;
  push!: TopicsDto;
  inApp!: TopicsDto;
  /** `null` when there are none. */
  quietHours!: QuietHoursDto | null;
}

export class UserDto {
  /** @example "usr_01kb2m5v00zzzr0r0h3a4d6n8q" */
  id!: string;
  /** @example "ada@example.com" */
  email!: string;
  /** @example "Ada Lovelace" */
  name!: string;
  /**
   * E.164.
   * @example "+493012345678"
   */
  phone!: string | null;
  /**
   * BCP 47.
   * @example "de-DE"
   */
  locale!: string;
  role!: Role;
  /**
   * Whose events this user manages; `null` for an attendee.
   * @example null
   */
  organizationId!: string | null;
  channels!: ChannelsDto;
  /**
   * Grows with every change.
   * @example 1
   */
  version!: number;
  createdAt!: Date;
  updatedAt!: Date;
}

export class TopicsChangeDto {
  @Omittable()
  @IsBoolean()
  bookings?: boolean;

  @Omittable()
  @IsBoolean()
  waitlist?: boolean;

  @Omittable()
  @IsBoolean()
  prices?: boolean;

  @Omittable()
  @IsBoolean()
  reminders?: boolean;
}

export class QuietHoursChangeDto {
  /** @example "22:00" */
  @Omittable()
  @IsTimeOfDay()
  from?: string;

  /** @example "07:00" */
  @Omittable()
  @IsTimeOfDay()
  to?: string;

  /**
   * A name of the IANA data base.
   * @example "Europe/Berlin"
   */
  @Omittable()
  @IsZone()
  timezone?: string;
}

/** What is missing stays as it was. */
export class ChannelsChangeDto {
  @Omittable()
  @IsObjectOf(() => TopicsChangeDto)
  email?: TopicsChangeDto;

  @Omittable()
  @IsObjectOf(() => TopicsChangeDto)
  sms?: TopicsChangeDto;

  @Omittable()
  @IsObjectOf(() => TopicsChangeDto)
  push?: TopicsChangeDto;

  @Omittable()
  @IsObjectOf(() => TopicsChangeDto)
  inApp?: TopicsChangeDto;

  /** `null` switches them off. */
  @IsOptional()
  @IsObjectOf(() => QuietHoursChangeDto)
  quietHours?: QuietHoursChangeDto | null;
}

/** What is missing stays as it was. */
export class ProfileChangeDto {
  /** @example "Ada Lovelace" */
  @Omittable()
  @IsName()
  name?: string;

  /**
   * E.164; `null` takes it away.
   * @example "+493012345678"
   */
  @IsOptional()
  @IsPhone()
  phone?: string | null;

  /**
   * BCP 47.
   * @example "de-DE"
   */
  @Omittable()
  @IsLocaleTag()
  locale?: string;

  @Omittable()
  @IsObjectOf(() => ChannelsChangeDto)
  channels?: ChannelsChangeDto;
}

export class RoleChangeDto {
  /** @example "organizer" */
  @IsIn(ROLES)
  role!: Role;
}

export class UsersQueryDto extends PageQueryDto {
  /**
   * Only the one with this address.
   * @example "ada@example.com"
   */
  @Omittable()
  @IsAddress()
  email?: string;
}

export class UserPageDto {
  data!: UserDto[];
  /** `null` on the last page. */
  nextCursor!: string | null;
}
