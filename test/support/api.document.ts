import { type FastifyRequest, fastify as createFastify } from 'fastify';

export interface Schema {
  $ref?: string;
  type?: string;
  enum?: unknown[];
  format?: string;
  pattern?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  allOf?: Schema[];
  oneOf?: Schema[];
  anyOf?: Schema[];
  additionalProperties?: Schema | boolean;
  minimum?: number;
  maximum?: number;
  [keyword: string]: unknown;
}
interface Media {
  schema?: Schema;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}
interface Parameter {
  $ref?: string;
  name: string;
  in: string;
  schema?: Schema;
  example?: unknown;
}
export interface Operation {
  method: string;
  path: string;
  parameters: Parameter[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { content?: Record<string, Media> }>;
}
type Validate = ((value: unknown) => boolean) & { errors?: unknown };

/** What the process says about itself at `/docs-json`, and whether its answers are as it says. */
export class ApiDocument {
  readonly operations: Operation[];
  private readonly known = new Map<Schema, Validate>();

  private constructor(
    private readonly document: { paths: object; components: { schemas: Record<string, Schema> } },
    private readonly compile: (schema: object) => Validate,
  ) {
    this.operations = Object.entries(document.paths as Record<string, Record<string, Operation>>).flatMap(
      ([path, item]) =>
        Object.entries(item).map(([method, operation]) => ({
          ...operation,
          parameters: (operation.parameters ?? []).filter((parameter) => !parameter.$ref),
          method: method.toUpperCase(),
          path,
        })),
    );
  }

  static async of(url: string): Promise<ApiDocument> {
    const document = nullsIn(await (await fetch(`${url}/docs-json`)).json()) as ApiDocument['document'];
    return new ApiDocument(document, await openCompiler());
  }

  /** The schema itself, where it is only named. */
  resolve(schema: Schema): Schema {
    return schema.$ref ? this.document.components.schemas[schema.$ref.split('/').at(-1)!]! : schema;
  }

  /** What is wrong with an answer; null when nothing is. */
  faultOf(operation: Operation, status: number, type: string | null, text: string): string | null {
    if (status >= 500) return 'a failure of the server';
    const media = operation.responses[status]?.content;
    const name = type?.split(';', 1)[0] ?? '';
    // Some problems may come from any path, and are not listed at each.
    const schema = media?.[name]?.schema ?? (status >= 400 ? { $ref: '#/components/schemas/Problem' } : null);
    if (status >= 400 && name !== 'application/problem+json') return `an error as ${type}`;
    if (status < 400 && !operation.responses[status]) return 'a status that the document does not have';
    if (!schema || name.startsWith('text/')) return null;
    const validate = this.validatorOf(schema);
    return validate(text === '' ? undefined : JSON.parse(text)) ? null : JSON.stringify(validate.errors);
  }

  private validatorOf(schema: Schema): Validate {
    const known = this.known.get(schema);
    if (known) return known;
    const made = this.compile({ ...schema, components: this.document.components });
    this.known.set(schema, made);
    return made;
  }
}

/** `nullable` beside `allOf` as generators of clients read it: JSON Schema knows it only beside `type`. */
function nullsIn(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(nullsIn);
  if (part === null || typeof part !== 'object') return part;
  const read = Object.fromEntries(Object.entries(part).map(([name, value]) => [name, nullsIn(value)]));
  if (read.nullable !== true || !read.allOf) return read;
  const { nullable: _nullable, type: _type, allOf, ...rest } = read;
  return { ...rest, anyOf: [{ allOf }, { type: 'null' }] };
}

/** Fastify's own compiler of JSON schemas (Ajv), which changes nothing of what it looks at. */
async function openCompiler(): Promise<(schema: object) => Validate> {
  const customOptions = { coerceTypes: false, removeAdditional: false, useDefaults: false, strict: false };
  const fastify = createFastify({ ajv: { customOptions } as object });
  let request: FastifyRequest;
  fastify.get('/', (asked) => ((request = asked), 'ok'));
  await fastify.inject('/');
  return (schema) => request.compileValidationSchema(schema) as never;
}
