import type { RefusalKind } from '#libs/kernel';

const PROBLEMS = 'problem:kinds';

/** Kinds of refusals by code, as `defineRefusals` gives them. */
export type Kinds = Record<string, RefusalKind>;

/**
 * Which of a library's refusals an operation may answer with, for the OpenAPI document; once for each library:
 * `@ApiProblems(bookingRefusals, 'sold_out', 'seat_taken')`. What every operation has in common (401 to 429, 503)
 * is added by itself.
 */
export function ApiProblems<Code extends string>(
  library: { readonly kinds: Readonly<Record<Code, RefusalKind>> },
  ...codes: NoInfer<Code>[]
): MethodDecorator {
  return (_target, _name, descriptor) => {
    const handler = descriptor.value as object;
    const own = Object.fromEntries(codes.map((code) => [code, library.kinds[code]]));
    Reflect.defineMetadata(PROBLEMS, { ...own, ...problemsOf(handler) }, handler);
  };
}

/** What `ApiProblems` said of a controller's method. */
export function problemsOf(handler: object): Kinds {
  return (Reflect.getMetadata(PROBLEMS, handler) ?? {}) as Kinds;
}
