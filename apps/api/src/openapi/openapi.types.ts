import type { OpenAPIObject } from '@nestjs/swagger';

// @nestjs/swagger exports the whole document's type; these are its parts.
export type Components = NonNullable<OpenAPIObject['components']>;
export type Reference = { $ref: string };
export type Schema = NonNullable<Components['schemas']>[string];
export type SchemaObject = Exclude<Schema, Reference>;
export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
export type Answers = Operation['responses'];
export type Answer = Exclude<NonNullable<Answers[string]>, Reference>;
