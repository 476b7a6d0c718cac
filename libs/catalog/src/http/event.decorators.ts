import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsISO31661Alpha2, Length, Matches, ValidateBy } from 'class-validator';
import { isCurrency } from '#libs/kernel';

/** One line of text: 1 to `max` characters, not all blank, no control characters. */
export function IsLine(max: number): PropertyDecorator {
  const message = 'must be one line of text that is not blank';
  return applyDecorators(Length(1, max), Matches(/^\P{Cc}*\S\P{Cc}*$/u, { message }));
}

/** ISO 3166-1 alpha-2, in either case; becomes upper case. */
export function IsCountry(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.toUpperCase() : value)),
    IsISO31661Alpha2({ message: 'must be a country code of ISO 3166-1 alpha-2, as DE' }),
  );
}

export function IsCurrencyCode(): PropertyDecorator {
  return isRight(isCurrency, 'must be a currency code of ISO 4217, as EUR');
}

const ZONE_NAME = /^[A-Za-z][\w+-]*(\/[\w+-]+)*$/;

/** A name of the IANA time zone database. */
export function IsZoneName(): PropertyDecorator {
  return isRight(isZone, 'must be a name of the IANA time zone database, as Europe/Berlin');
}

function isZone(value: unknown): boolean {
  if (typeof value !== 'string' || !ZONE_NAME.test(value)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
    return true;
  } catch {
    // A RangeError is how Intl says that it knows no such zone.
    return false;
  }
}

const DAY = /^\d{4}-\d\d-\d\d$/;

/** Put above `@IsInstant()`: also takes a whole day in UTC (`2026-12-31`), of which the first or last moment counts. */
export function OrDay(end: 'first' | 'last'): PropertyDecorator {
  const time = end === 'first' ? 'T00:00:00.000Z' : 'T23:59:59.999Z';
  return Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && DAY.test(value) ? `${value}${time}` : value,
  );
}

function isRight(validate: (value: unknown) => boolean, message: string): PropertyDecorator {
  return ValidateBy({ name: 'isRight', validator: { validate, defaultMessage: () => message } });
}
