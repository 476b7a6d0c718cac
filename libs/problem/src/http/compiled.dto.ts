// @ts-expect-error The decorators' storage is not part of what class-transformer declares; Nest reads it in the same way.
import * as transformer from 'class-transformer/cjs/storage.js';
import { type ValidationArguments, getMetadataStorage } from 'class-validator';

type Dto = new () => object;
type Members = Record<string, unknown>;

/** What class-transformer keeps of @Transform and @Type. */
const transforms = (transformer as { defaultMetadataStorage: TransformStorage }).defaultMetadataStorage;
interface TransformStorage {
  findTransformMetadatas(
    target: Dto,
    property: string,
    type: number,
  ): { transformFn: Transform; options?: object }[];
  findTypeMetadata(
    target: Dto,
    property: string,
  ): { typeFunction: () => Dto; reflectedType: unknown } | undefined;
  getExposedProperties(target: Dto, type: number): string[];
  getExcludedProperties(target: Dto, type: number): string[];
}
type Transform = (params: {
  value: unknown;
  key: string;
  obj: object;
  type: number;
  options: object;
}) => unknown;

const PLAIN_TO_CLASS = 0;
const OPTIONS = {};
const validators = getMetadataStorage();

/** A rule of class-validator's, ready to be asked. */
interface Rule {
  validate: (value: unknown, about: ValidationArguments) => unknown;
  about: ValidationArguments;
  /** Whether it asks each member of a list. */
  each: boolean;
  appliesTo: ((object: object, value: unknown) => boolean) | undefined;
}

interface Property {
  name: string;
  transforms: Transform[];
  /** The DTO of its objects, or of those in its list. */
  type: CompiledDto | null;
  mayBeList: boolean;
  conditions: ((object: object, value: unknown) => boolean)[];
  rules: Rule[];
  nested: boolean;
}

/** Tells that the value has to be looked at in the slow way, which finds out what is wrong with it, if anything. */
const UNSURE = Symbol('unsure');

const compiled = new Map<Dto, CompiledDto | null>();

/**
 * Whatever is plainly valid by the decorators of a DTO, as an instance of it; null when that is not sure: then class-validator
 * and class-transformer decide and say what is wrong. It asks the same rules as they do, looked up once instead of at
 * each request, which was 45 µs of a request's CPU.
 */
export function accept(type: Dto, value: object): object | null {
  const dto = compile(type);
  if (!dto) return null;
  const instance = dto.build(value as Members);
  return instance !== UNSURE && dto.holds(instance as Members) ? instance : null;
}

/** Null for a DTO with decorators whose effect is not reproduced here. */
export function compile(type: Dto): CompiledDto | null {
  const known = compiled.get(type);
  if (known !== undefined) return known;
  // A DTO that holds itself is not compiled: its inner one finds null here.
  compiled.set(type, null);
  const dto = readDto(type);
  compiled.set(type, dto);
  return dto;
}

class CompiledDto {
  private readonly byName: Map<string, Property>;

  constructor(
    private readonly type: Dto,
    private readonly properties: Property[],
  ) {
    this.byName = new Map(properties.map((property) => [property.name, property]));
  }

  /** The DTO of a property's objects. */
  typeOf(property: string): Dto | null {
    return this.byName.get(property)?.type?.type ?? null;
  }

  /** As class-transformer makes it. */
  build(plain: Members): object | typeof UNSURE {
    const instance = new this.type() as Members;
    for (const name of Object.keys(plain)) {
      const property = this.byName.get(name);
      if (!property) return UNSURE;
      let value = copy(plain[name], property);
      if (value === UNSURE) return UNSURE;
      for (const transform of property.transforms) {
        value = transform({ value, key: name, obj: plain, type: PLAIN_TO_CLASS, options: OPTIONS });
      }
      if (value !== undefined) instance[name] = value;
    }
    return instance;
  }

  /** As class-validator judges it. */
  holds(instance: Members): boolean {
    for (const property of this.properties) {
      const value = instance[property.name];
      if (!property.conditions.every((condition) => condition(instance, value))) continue;
      for (const rule of property.rules) if (!passes(rule, instance, value)) return false;
      if (property.nested && value !== undefined && !this.nestedHolds(property.type!, value)) return false;
    }
    return true;
  }

  private nestedHolds(type: CompiledDto, value: unknown): boolean {
    return Array.isArray(value) ? value.every((one) => type.isValid(one)) : type.isValid(value);
  }

  private isValid(value: unknown): boolean {
    return value instanceof this.type && this.holds(value as Members);
  }
}

function passes({ validate, about, each, appliesTo }: Rule, object: object, value: unknown): boolean {
  if (appliesTo && !appliesTo(object, value)) return true;
  about.object = object;
  about.value = value;
  if (each && Array.isArray(value)) return value.every((one) => validate(one, about) === true);
  return validate(value, about) === true;
}

/** What class-transformer makes of a value before @Transform. */
function copy(value: unknown, { type, mayBeList }: Property): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (!type) return copyPlain(value);
  if (!Array.isArray(value)) return type.build(value as Members);
  if (!mayBeList) return UNSURE;
  const list: unknown[] = [];
  for (const one of value as unknown[]) {
    if (Array.isArray(one)) return UNSURE;
    const made = typeof one === 'object' && one !== null ? type.build(one as Members) : one;
    if (made === UNSURE) return UNSURE;
    list.push(made);
  }
  return list;
}

/** A copy of what has no DTO. Names that every object has class-transformer leaves out. */
function copyPlain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const list = value.map(copyPlain);
    return list.includes(UNSURE) ? UNSURE : list;
  }
  if (value.constructor !== Object) return UNSURE;
  const made: Members = {};
  for (const name of Object.keys(value)) {
    const member = copyPlain((value as Members)[name]);
    if (name in Object.prototype || member === UNSURE) return UNSURE;
    if (member !== undefined) made[name] = member;
  }
  return made;
}

const KNOWN = ['customValidation', 'nestedValidation', 'conditionalValidation', 'whitelistValidation'];
const CONVERTED: unknown[] = [String, Number, Boolean, Date, Buffer, Map, Set, Object, Array];

function readDto(type: Dto): CompiledDto | null {
  const metadatas = validators.getTargetValidationMetadatas(type, '', false, false);
  const byName = validators.groupByPropertyName(metadatas);
  const names = Object.keys(byName);
  const fields = Object.keys(new type());
  const hidden = [
    ...transforms.getExposedProperties(type, PLAIN_TO_CLASS),
    ...transforms.getExcludedProperties(type, PLAIN_TO_CLASS),
  ];
  if (!names.length || hidden.length || fields.some((field) => !names.includes(field))) return null;
  const properties = names.map((name) => readProperty(type, name, byName[name]!));
  return properties.includes(null) ? null : new CompiledDto(type, properties as Property[]);
}

type Metadata = ReturnType<typeof validators.getTargetValidationMetadatas>[number];

function readProperty(type: Dto, name: string, metadatas: Metadata[]): Property | null {
  const own = transforms.findTransformMetadatas(type, name, PLAIN_TO_CLASS);
  const typed = transforms.findTypeMetadata(type, name);
  const inner = typed?.typeFunction();
  const dto = inner && !CONVERTED.includes(inner) ? compile(inner) : null;
  const of = (kind: string) => metadatas.filter((metadata) => metadata.type === kind);
  const nested = of('nestedValidation').length > 0;
  if ((typed || nested) && !dto) return null;
  if (own.some(({ options }) => options && Object.keys(options).length)) return null;
  if (metadatas.some((metadata) => !KNOWN.includes(metadata.type) || metadata.context)) return null;
  const isField = Object.getOwnPropertyDescriptor(type.prototype, name) === undefined;
  if (!isField) return null;
  return {
    name,
    transforms: own.map(({ transformFn }) => transformFn),
    type: dto,
    mayBeList: !typed || typed.reflectedType === Array || typed.reflectedType === Object,
    conditions: of('conditionalValidation').map(
      ({ constraints }) => constraints[0] as Property['conditions'][0],
    ),
    rules: of('customValidation').flatMap((metadata) => rulesOf(type, metadata)),
    nested,
  };
}

function rulesOf(
  type: Dto,
  { constraintCls, constraints, propertyName, each, validateIf }: Metadata,
): Rule[] {
  return validators.getTargetValidatorConstraints(constraintCls).map(({ instance }) => ({
    validate: (value, about) => instance.validate(value, about),
    about: { targetName: type.name, property: propertyName, constraints, object: {}, value: undefined },
    each,
    appliesTo: validateIf,
  }));
}
