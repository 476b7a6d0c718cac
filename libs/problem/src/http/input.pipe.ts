import { type ArgumentMetadata, Injectable, type ValidationError, ValidationPipe } from '@nestjs/common';
import { type FieldError, validationFailed } from '#libs/kernel';
import { faultsOf, isSound } from '../domain/input.js';
import { accept } from './compiled.dto.js';

/** Types that are not DTOs: nothing declares their fields. */
const NOT_DTOS: unknown[] = [undefined, Object, String, Number, Boolean, Array, Buffer];

/**
 * Validates every body and query by its DTO; unknown fields are refused (422 `validation_failed`). What is plainly valid is
 * found so by the compiled DTO; for the rest the decorators' own libraries decide, and say what is wrong.
 */
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
    const { type, metatype } = metadata;
    // Made by a decorator of ours.
    if (type === 'custom') return value;
    if (type === 'body' || type === 'query') {
      if (!isSound(value)) throw validationFailed(faultsOf(value));
      if (!NOT_DTOS.includes(metatype)) {
        // class-validator looks at the members of a list and finds nothing wrong with the list itself.
        if (!isObject(value)) throw validationFailed([{ path: '', message: 'must be an object' }]);
        const accepted = value && accept(metatype as new () => object, value);
        if (accepted) return accepted;
      }
    }
    return super.transform(value, metadata);
  }
}

function isObject(value: unknown): value is object | undefined {
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
