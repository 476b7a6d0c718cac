import { type ArgumentMetadata, Injectable, type ValidationError, ValidationPipe } from '@nestjs/common';
import { type FieldError, validationFailed } from '#libs/kernel';
import { faultsOf } from '../domain/input.js';

/** Types that are not DTOs: nothing declares their fields. */
const NOT_DTOS: unknown[] = [undefined, Object, String, Number, Boolean, Array, Buffer];

/** Validates every body and query by its DTO; unknown fields are refused (422 `validation_failed`). */
@Injectable()
export class InputPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      transform: true,
      stopAtFirstError: true,
      validationError: { target: false, value: false },
      exceptionFactory: (errors) => validationFailed(fieldErrors(errors)),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'body' || metadata.type === 'query') {
      const faults = faultsOf(value);
      if (faults.length) throw validationFailed(faults);
      // class-validator looks at the members of a list and finds nothing wrong with the list itself.
      if (!NOT_DTOS.includes(metadata.metatype) && !isObject(value)) {
        throw validationFailed([{ path: '', message: 'must be an object' }]);
      }
    }
    return super.transform(value, metadata);
  }
}

function isObject(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value));
}

function fieldErrors(errors: ValidationError[], parent = ''): FieldError[] {
  return errors.flatMap((error) => {
    const path = parent ? `${parent}.${error.property}` : error.property;
    const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({
      path,
      message: rule === 'whitelistValidation' ? 'is not a known field' : withoutName(message, error.property),
    }));
    return [...own, ...fieldErrors(error.children ?? [], path)];
  });
}

/** class-validator begins its messages with the field's name, which `path` says already. */
function withoutName(message: string, property: string): string {
  return message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
}
