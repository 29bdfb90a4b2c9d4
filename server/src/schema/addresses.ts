import type { Node, RangeVar } from '@pgsql/types';
import {
  nameOfObject,
  nameOfRangeVar,
  nameOfStrings,
  parseName,
  stringsOf,
  writeName,
} from '../sql/names.ts';
import { overloadDependency } from './dependencies.ts';
import { type Draft, typeOf } from './draft.ts';
import { findOverload } from './functions.ts';
import { keyOf } from './lookup.ts';
import type { Described, OtherObject, Relation, Schema, UserType } from './model.ts';
import { qualify, relationKey } from './names.ts';

/** Where an object stands in a schema, by the key of its map; `part` for what another object holds. */
export interface Address {
  readonly map: 'relations' | 'types' | 'functions' | 'objects';
  readonly key: string;
  readonly part?: Part;
}

export interface Part {
  readonly kind: 'column' | 'constraint' | 'trigger' | 'policy' | 'rule' | 'overload';
  readonly name: string;
}

/** The key of an object that is no relation, type or function. */
export function objectKey({
  kind,
  name,
  suffix = '',
}: Pick<OtherObject, 'kind' | 'name' | 'suffix'>): string {
  return `${kind} ${writeName(name)}${suffix}`;
}

const relationTypes = new Set([
  'OBJECT_TABLE',
  'OBJECT_FOREIGN_TABLE',
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_SEQUENCE',
  'OBJECT_INDEX',
]);

const partTypes: Readonly<Record<string, Part['kind']>> = {
  OBJECT_COLUMN: 'column',
  OBJECT_TABCONSTRAINT: 'constraint',
  OBJECT_TRIGGER: 'trigger',
  OBJECT_POLICY: 'policy',
  OBJECT_RULE: 'rule',
};

const routineTypes = new Set(['OBJECT_FUNCTION', 'OBJECT_PROCEDURE', 'OBJECT_ROUTINE']);

/** Kinds that stand in no schema. */
const unplaced: Readonly<Record<string, string>> = {
  OBJECT_SCHEMA: 'schema',
  OBJECT_EXTENSION: 'extension',
  OBJECT_PUBLICATION: 'publication',
  OBJECT_SUBSCRIPTION: 'subscription',
  OBJECT_EVENT_TRIGGER: 'event trigger',
  OBJECT_DATABASE: 'database',
  OBJECT_ROLE: 'role',
  OBJECT_TABLESPACE: 'tablespace',
  OBJECT_LANGUAGE: 'language',
  OBJECT_ACCESS_METHOD: 'access method',
  OBJECT_FDW: 'foreign data wrapper',
  OBJECT_FOREIGN_SERVER: 'server',
};

/** Kinds that a schema holds. */
const placed: Readonly<Record<string, string>> = {
  OBJECT_STATISTIC_EXT: 'statistics',
  OBJECT_COLLATION: 'collation',
  OBJECT_CONVERSION: 'conversion',
  OBJECT_TSCONFIGURATION: 'text search configuration',
  OBJECT_TSDICTIONARY: 'text search dictionary',
  OBJECT_TSPARSER: 'text search parser',
  OBJECT_TSTEMPLATE: 'text search template',
};

/** The words of a kind, where it is one of `OtherObject`. */
export function kindOf(objectType: string): string | undefined {
  if (objectType === 'OBJECT_AGGREGATE') return 'aggregate';
  if (objectType === 'OBJECT_OPERATOR') return 'operator';
  return unplaced[objectType] ?? placed[objectType];
}

/** Where the object that a COMMENT, GRANT, OWNER TO, DROP or RENAME names stands, whether it is there or not. */
export function addressOf(
  schema: Schema,
  objectType: string,
  object: Node | undefined,
  relation?: RangeVar,
): Address | undefined {
  if (relationTypes.has(objectType)) {
    const name = relation ? nameOfRangeVar(relation) : object && nameOf(object);
    return name && { map: 'relations', key: keyOf(schema, name) };
  }
  const part = partTypes[objectType];
  if (part) return partAddress(schema, part, object, relation);
  if (objectType === 'OBJECT_DOMCONSTRAINT') return domainConstraint(schema, object);
  if (objectType === 'OBJECT_TYPE' || objectType === 'OBJECT_DOMAIN') {
    const name = nameOfObject(object);
    return name && { map: 'types', key: typeKey(schema, name) };
  }
  if (routineTypes.has(objectType)) return routine(schema, object) ?? aggregate(schema, object);
  const key = otherKey(schema, objectType, object);
  return key === undefined ? undefined : { map: 'objects', key };
}

/** The name that a RangeVar or any other node spells. */
function nameOf(object: Node) {
  return 'RangeVar' in object ? nameOfRangeVar(object.RangeVar) : nameOfObject(object);
}

function typeKey(schema: Schema, name: ReturnType<typeof nameOfStrings>): string {
  return relationKey(qualify(schema, name, (key) => schema.types.has(key)));
}

function partAddress(
  schema: Schema,
  kind: Part['kind'],
  object: Node | undefined,
  relation: RangeVar | undefined,
): Address | undefined {
  const parts =
    object && 'List' in object
      ? stringsOf(object.List.items)
      : object && 'String' in object
        ? [object.String.sval ?? '']
        : [];
  const name = parts.at(-1);
  if (name === undefined) return undefined;
  const owner = relation ? nameOfRangeVar(relation) : nameOfStrings(parts.slice(0, -1));
  const key = keyOf(schema, owner);
  const part = { kind, name };
  if (!schema.relations.has(key) && schema.types.has(typeKey(schema, owner)))
    return { map: 'types', key: typeKey(schema, owner), part };
  return { map: 'relations', key, part };
}

function domainConstraint(schema: Schema, object: Node | undefined): Address | undefined {
  const [type, name] = object && 'List' in object ? (object.List.items ?? []) : [];
  const domain = nameOfObject(type);
  if (!domain || !name || !('String' in name)) return undefined;
  return {
    map: 'types',
    key: typeKey(schema, domain),
    part: { kind: 'constraint', name: name.String.sval ?? '' },
  };
}

function routine(schema: Schema, object: Node | undefined): Address | undefined {
  const found =
    object && 'ObjectWithArgs' in object ? findOverload(schema, object.ObjectWithArgs) : undefined;
  if (!found) return undefined;
  const name = overloadDependency(found.key, found.overload);
  return { map: 'functions', key: found.key, part: { kind: 'overload', name } };
}

function aggregate(schema: Schema, object: Node | undefined): Address | undefined {
  const key = otherKey(schema, 'OBJECT_AGGREGATE', object);
  return key !== undefined && schema.objects.has(key) ? { map: 'objects', key } : undefined;
}

function otherKey(schema: Schema, objectType: string, object: Node | undefined): string | undefined {
  const kind = kindOf(objectType);
  const name = nameOfObject(object);
  if (kind === undefined || !name) return undefined;
  if (objectType in unplaced) return objectKey({ kind, name: { schema: undefined, name: name.name } });
  const suffix =
    object && 'ObjectWithArgs' in object ? argumentsOf(schema, object.ObjectWithArgs.objargs) : '';
  const known = (key: string) => schema.objects.has(`${kind} ${key}${suffix}`);
  return objectKey({ kind, name: qualify(schema, name, known), suffix });
}

/** Argument types in parentheses, as a name of an aggregate or operator ends with. */
export function argumentsOf(schema: Schema, types: readonly Node[] | undefined): string {
  const written = (types ?? []).map((node) =>
    'TypeName' in node ? (typeOf(schema, node.TypeName) ?? '?') : 'NONE',
  );
  return `(${written.length > 0 ? written.join(', ') : '*'})`;
}

/** An object by its key; a schema of which nothing is said is there too. */
export function objectAt({ objects, schemas }: Schema, key: string): OtherObject | undefined {
  const known = objects.get(key);
  if (known || !key.startsWith('schema ')) return known;
  const name = parseName(key.slice('schema '.length))?.name;
  return name !== undefined && schemas.has(name)
    ? { kind: 'schema', name: { schema: undefined, name } }
    : undefined;
}

/** What is said of the object there; undefined where it is not known to be there. */
export function describedAt(schema: Schema, { map, key, part }: Address): Described | undefined {
  const whole = map === 'objects' ? objectAt(schema, key) : schema[map].get(key);
  if (!whole || !part) return whole as Described | undefined;
  return partsOf(whole as Whole, part.kind)?.find((one) => nameOfPart(key, one, part.kind) === part.name);
}

type Whole = Relation | UserType | { readonly overloads?: readonly Described[] };
type NamedPart = Described & { readonly name?: unknown };

function nameOfPart(key: string, one: NamedPart, kind: Part['kind']): unknown {
  return kind === 'overload' ? overloadDependency(key, one as never) : one.name;
}

const fields: Readonly<Record<Part['kind'], string>> = {
  column: 'columns',
  constraint: 'constraints',
  trigger: 'triggerDefinitions',
  policy: 'policies',
  rule: 'ruleDefinitions',
  overload: 'overloads',
};

function fieldOf(whole: Whole, kind: Part['kind']): string {
  if ('kind' in whole && kind === 'column' && 'attributes' in whole) return 'attributes';
  return 'kind' in whole && kind === 'constraint' && 'checks' in whole ? 'checks' : fields[kind];
}

function partsOf(whole: Whole, kind: Part['kind']): readonly NamedPart[] | undefined {
  const parts = (whole as Readonly<Record<string, unknown>>)[fieldOf(whole, kind)];
  return Array.isArray(parts) ? parts : undefined;
}

/** Says something of the object there, where it is. */
export function describe(
  draft: Draft,
  address: Address,
  change: <One extends Described>(one: One) => One,
): void {
  const { map, key, part } = address;
  const target = draft[map] as unknown as Map<string, Described>;
  const whole = target.get(key);
  if (!whole) return;
  if (!part) {
    target.set(key, change(whole));
    return;
  }
  const parts = partsOf(whole as Whole, part.kind);
  if (!parts) return;
  const changed = parts.map((one) => (nameOfPart(key, one, part.kind) === part.name ? change(one) : one));
  target.set(key, { ...whole, [fieldOf(whole as Whole, part.kind)]: changed } as Described);
}
