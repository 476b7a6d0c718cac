import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsObject,
  ValidateBy,
  ValidateIf,
  ValidateNested,
  type ValidationOptions,
} from 'class-validator';
import { ID_PREFIXES, type IdKind, formatId, parseId } from '#libs/kernel';

/** Stands where the text was not of the form asked for; no text of a client equals it. */
const WRONG = Symbol('wrong');

const EXAMPLE = '01934c2f-7d00-7000-8000-0123456789ab';

/** The public id of a body or a query becomes its UUID; `each` for a list of them. Anything else is 422. */
export function IsId(kind: IdKind, options: ValidationOptions = {}): PropertyDecorator {
  const read = (value: unknown) => parseId(kind, value) ?? WRONG;
  const example = formatId(kind, EXAMPLE);
  const description = `An id that begins with ${ID_PREFIXES[kind]}_`;
  return applyDecorators(
    Transform(({ value }) => transformed(value, read, options.each)),
    isRight(`must be an id that begins with ${ID_PREFIXES[kind]}_`, options),
    options.each
      ? ApiProperty({ type: String, isArray: true, description, example: [example] })
      : ApiProperty({ type: String, description, example }),
  );
}

// RFC 3339 with seconds; the date itself is judged by Date.
const INSTANT = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;

/** A time of RFC 3339 (`2026-11-22T19:30:00Z`), years 1 to 9999, becomes a `Date`, to the millisecond. */
export function IsInstant(options: ValidationOptions = {}): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }) => transformed(value, readInstant, options.each)),
    isRight('must be a time of RFC 3339, as 2026-11-22T19:30:00Z', options),
    ApiProperty({ type: String, format: 'date-time', example: '2026-11-22T19:30:00.000Z' }),
  );
}

/** `true` or `false` in a query becomes a boolean. */
export function IsFlag(options: ValidationOptions = {}): PropertyDecorator {
  const read = (value: unknown) => (value === 'true' ? true : value === 'false' ? false : WRONG);
  return applyDecorators(
    Transform(({ value }) => transformed(value, read)),
    isRight('must be true or false', options),
    ApiProperty({ type: Boolean }),
  );
}

/** A whole number in a query, from `min` to `max`, becomes a number. */
export function IsCount(min: number, max: number, options: ValidationOptions = {}): PropertyDecorator {
  const read = (value: unknown) => {
    const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : NaN;
    return number >= min && number <= max ? number : WRONG;
  };
  return applyDecorators(
    Transform(({ value }) => transformed(value, read)),
    isRight(`must be a whole number from ${min} to ${max}`, options),
    ApiProperty({ type: 'integer', minimum: min, maximum: max }),
  );
}

/** The field may be absent, but not `null`. (`IsOptional` lets both through.) */
export function Omittable(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined);
}

/** One object of another DTO. (`ValidateNested` alone lets an empty list through.) */
export function IsObjectOf(type: () => new () => object): PropertyDecorator {
  // class-transformer makes of a list what it takes for the field's own kind of list: a DTO with a member named `push`,
  // which it then calls. So it is not to see the field's type.
  const typed: PropertyDecorator = (target, property) => {
    const declared: unknown = Reflect.getMetadata('design:type', target, property);
    Reflect.defineMetadata('design:type', Object, target, property);
    Type(type)(target, property);
    Reflect.defineMetadata('design:type', declared, target, property);
  };
  return applyDecorators(IsObject(), ValidateNested(), typed);
}

/** A list of another DTO's objects, `min` to `max` of them. (`ValidateNested` alone lets lists of lists through.) */
export function IsListOf(type: () => new () => object, min: number, max: number): PropertyDecorator {
  return applyDecorators(
    IsArray(),
    ArrayMinSize(min),
    ArrayMaxSize(max),
    IsObject({ each: true }),
    ValidateNested({ each: true }),
    Type(type),
  );
}

function transformed(value: unknown, read: (value: unknown) => unknown, each = false): unknown {
  if (value === undefined || value === null) return value;
  return each && Array.isArray(value) ? value.map(read) : read(value);
}

function readInstant(value: unknown): unknown {
  if (typeof value !== 'string' || !INSTANT.test(value)) return WRONG;
  const date = new Date(value);
  const year = date.getUTCFullYear();
  // Date rolls 31 February over into March instead of refusing it.
  const day = new Date(`${value.slice(0, 10)}T00:00:00Z`);
  const exists = !Number.isNaN(date.getTime()) && day.toISOString().startsWith(value.slice(0, 10));
  return exists && year >= 1 && year <= 9999 ? date : WRONG;
}

function isRight(message: string, options: ValidationOptions): PropertyDecorator {
  const validator = {
    validate: (value: unknown) => value !== WRONG && value !== undefined && value !== null,
    defaultMessage: () => message,
  };
  const list = applyDecorators(IsArray());
  const rule = ValidateBy({ name: 'isRight', validator }, options);
  return options.each ? applyDecorators(list, rule) : rule;
}
