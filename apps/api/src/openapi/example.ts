import type { OpenAPIObject } from '@nestjs/swagger';
import type { Reference, Schema, SchemaObject } from './openapi.types.js';

/** Levels after which a schema that holds itself is cut off. */
const MAX_DEPTH = 8;

/** A value that a schema allows, made of the examples, defaults and bounds that it states. */
export function exampleOf(schema: Schema, document: OpenAPIObject, depth = 0): unknown {
  if (depth > MAX_DEPTH) return undefined;
  if ('$ref' in schema) return exampleOf(resolve(schema, document), document, depth + 1);
  const stated = schema.example ?? schema.default ?? schema.enum?.[0];
  if (stated !== undefined) return stated;
  if (schema.allOf) {
    const parts = schema.allOf.map((part) => exampleOf(part, document, depth + 1));
    return parts.length === 1 ? parts[0] : Object.assign({}, ...parts);
  }
  const choice = schema.oneOf?.[0] ?? schema.anyOf?.[0];
  return choice ? exampleOf(choice, document, depth + 1) : exampleOfType(schema, document, depth);
}

function exampleOfType(schema: SchemaObject, document: OpenAPIObject, depth: number): unknown {
  switch (schema.type) {
    case 'array': {
      const item = schema.items && exampleOf(schema.items, document, depth + 1);
      return item === undefined ? [] : [item];
    }
    case 'object':
      return exampleOfObject(schema, document, depth);
    case 'boolean':
      return true;
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'string':
      return schema.format === 'date-time' ? '2026-11-22T19:30:00.000Z' : 'text';
    default:
      return exampleOfObject(schema, document, depth);
  }
}

function exampleOfObject(schema: SchemaObject, document: OpenAPIObject, depth: number): unknown {
  const { properties = {}, additionalProperties: others } = schema;
  const members = Object.entries(properties);
  if (!members.length && typeof others === 'object') members.push(['name', others]);
  return Object.fromEntries(members.map(([name, part]) => [name, exampleOf(part, document, depth + 1)]));
}

function resolve({ $ref }: Reference, document: OpenAPIObject): Schema {
  const schema = document.components?.schemas?.[$ref.replace('#/components/schemas/', '')];
  if (!schema) throw new Error(`the OpenAPI document refers to ${$ref}, which it does not have`);
  return schema;
}
