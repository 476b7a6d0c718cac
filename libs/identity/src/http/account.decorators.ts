import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsEmail, IsString, Length, Matches, MaxLength, ValidateBy } from 'class-validator';
import { normaliseEmail } from '../domain/email.js';
import { canonicalLocale, isTimezone } from '../domain/locale.js';

/** An address, brought to the form in which addresses are compared. */
export function IsAddress(): PropertyDecorator {
  return applyDecorators(text(normaliseEmail), IsString(), MaxLength(254), IsEmail());
}

/** 1 to 200 characters of one line, without blanks around them. */
export function IsName(): PropertyDecorator {
  const oneLine = Matches(/^\P{Cc}*$/u, { message: 'must not hold control characters' });
  return applyDecorators(
    text((name) => name.trim()),
    IsString(),
    Length(1, 200),
    oneLine,
  );
}

/** A number in E.164: a plus sign and up to 15 digits. */
export function IsPhone(): PropertyDecorator {
  return Matches(/^\+[1-9]\d{6,14}$/, { message: 'must be a phone number of E.164, as +493012345678' });
}

/** A language tag of BCP 47, brought to its canonical form. */
export function IsLocaleTag(): PropertyDecorator {
  const valid = rule(
    'isLocaleTag',
    'must be a language tag of BCP 47, as de-AT',
    (tag) => canonicalLocale(tag) !== null,
  );
  return applyDecorators(
    text((tag) => canonicalLocale(tag) ?? tag),
    valid,
  );
}

/** The name of a time zone in the IANA data base. */
export function IsZone(): PropertyDecorator {
  return rule('isZone', 'must be a time zone of the IANA data base, as Europe/Berlin', isTimezone);
}

/** A time of day on the wall, `HH:MM`. */
export function IsTimeOfDay(): PropertyDecorator {
  return Matches(/^([01]\d|2[0-3]):[0-5]\d$/, { message: 'must be a time of day, as 22:00' });
}

function text(change: (value: string) => string): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? change(value) : value));
}

function rule(name: string, message: string, holds: (value: string) => boolean): PropertyDecorator {
  const validate = (value: unknown) => typeof value === 'string' && value.length <= 100 && holds(value);
  return ValidateBy({ name, validator: { validate, defaultMessage: () => message } });
}
