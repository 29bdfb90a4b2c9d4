import { type Address, objectAt } from '../../schema/addresses.ts';
import { overloadDependency } from '../../schema/dependencies.ts';
import type {
  Definition,
  Described,
  OtherObject,
  Overload,
  Relation,
  Schema,
  SequenceParameters,
  Table,
  UserFunction,
  UserType,
  View,
} from '../../schema/model.ts';
import { defaultsBefore, grantsOf } from '../../schema/privileges.ts';
import { rulesOf } from '../../schema/rules.ts';
import { triggersOf } from '../../schema/triggers.ts';
import { describeKind } from './kinds.ts';
import { parameterDefaults } from './other-pieces.ts';
import { changedKeys, type Work } from './pieces.ts';
import type { Writing } from './source.ts';
import { writeFunction } from './write-function.ts';
import { publishedTable, writeObject } from './write-object.ts';
import { writePolicy, writeRule, writeTrigger } from './write-trigger.ts';
import { writeType } from './write-type.ts';
import { writeView } from './write-view.ts';

/** What is not as it was: `view app.v`, `privileges of …`. Empty where all is. */
export function objectDifferences(work: Work): readonly string[] {
  const { before, now } = work;
  const found: string[] = [];
  for (const map of ['relations', 'types', 'functions', 'objects'] as const) {
    for (const key of changedKeys<unknown>(before[map], now[map])) {
      const facts = (writing: Writing, schema: Schema, other: Schema) =>
        factsOf(
          work,
          writing,
          map,
          key,
          map === 'objects' ? objectFor(schema, other, key) : schema[map].get(key),
        );
      const label = describeKind(map, key, before, now);
      if (facts(work.old, before, now) !== facts(work.current, now, before)) found.push(label);
    }
  }
  for (const name of new Set([...before.schemas, ...now.schemas]))
    if (before.schemas.has(name) !== now.schemas.has(name)) found.push(`schema ${name}`);
  return found;
}

/** Default privileges that nothing is said of are there all the same. */
function objectFor(schema: Schema, other: Schema, key: string): OtherObject | undefined {
  const known = objectAt(schema, key);
  const there = other.objects.get(key);
  if (known || there?.kind !== 'default privileges') return known;
  const { grants: _, ...bare } = there;
  return bare;
}

function factsOf(work: Work, writing: Writing, map: Address['map'], key: string, value: unknown): string {
  if (value === undefined) return '';
  const facts =
    map === 'relations'
      ? relationFacts(work, writing, value as Relation)
      : map === 'types'
        ? typeFacts(work, writing, value as UserType)
        : map === 'functions'
          ? functionFacts(work, writing, key, value as UserFunction)
          : objectFacts(work, writing, value as OtherObject);
  return printed(facts);
}

function said({ pgVersion }: Work, one: Described, kind?: string): unknown {
  const grants = kind === undefined ? undefined : grantsOf(one, kind);
  const listed = grants
    ?.filter(({ privilege }) => privilege !== 'maintain' || pgVersion >= 17)
    .map(({ role, privilege, grantable }) => `${role ?? 'PUBLIC'} ${privilege} ${grantable}`);
  return { comment: one.comment, owner: one.owner, grants: listed && [...listed].sort() };
}

/** The text that is written for it; where none can be, its own source with all that happened to it. */
function text(written: string | readonly string[] | undefined, definition: Definition | undefined): unknown {
  return written ?? [definition?.text, definition?.renames];
}

function relationFacts(work: Work, writing: Writing, relation: Relation): unknown {
  switch (relation.kind) {
    case 'table':
      return work.beside ? besideTable(work, writing, relation) : tableFacts(work, writing, relation);
    case 'index':
      return work.beside ? said(work, relation) : relation;
    case 'sequence':
      return {
        ...relation,
        parameters: relation.parameters && plainParameters(relation.parameters),
        described: said(work, relation, 'sequence'),
        grants: undefined,
      };
    default:
      return viewFacts(work, writing, relation);
  }
}

/** Without those that are what they are by default. */
function plainParameters(parameters: SequenceParameters): Readonly<Record<string, unknown>> {
  const { type = 'bigint' } = parameters;
  const down = parameters.increment?.startsWith('-') === true;
  const largest: Readonly<Record<string, string>> = {
    smallint: '32767',
    integer: '2147483647',
    bigint: '9223372036854775807',
  };
  const smallest: Readonly<Record<string, string>> = {
    smallint: '-32768',
    integer: '-2147483648',
    bigint: '-9223372036854775808',
  };
  const minimum = parameters.minimum ?? (down ? smallest[type] : '1');
  const maximum = parameters.maximum ?? (down ? '-1' : largest[type]);
  return {
    type,
    increment: parameters.increment ?? '1',
    minimum,
    maximum,
    start: parameters.start ?? (down ? maximum : minimum),
    cache: parameters.cache ?? '1',
    cycle: parameters.cycle ?? false,
  };
}

function viewFacts(work: Work, writing: Writing, view: View): unknown {
  const { options: _, unpopulated: __, ...bare } = view;
  const { kind, name, options, unpopulated, storage, clusteredOn, columns } = view;
  return {
    kind,
    name,
    query: text(writeView(writing, bare), view.source),
    options,
    unpopulated,
    storage,
    clusteredOn,
    described: said(work, view, 'table'),
    columns: columns?.map((one) => ({
      ...columnFacts(work, one),
      default: one.default,
      altered: one.altered,
    })),
    ...partFacts(writing, view),
  };
}

function columnFacts(work: Work, one: Described & { readonly name: string }) {
  return { name: one.name, described: said(work, one, 'column') };
}

function tableFacts(work: Work, writing: Writing, table: Table): unknown {
  const {
    triggers: _,
    triggerDefinitions: __,
    policies: ___,
    rules: ____,
    ruleDefinitions: _____,
    ...rest
  } = table;
  return {
    ...rest,
    grants: undefined,
    described: said(work, table, 'table'),
    columns: rest.columns.map((one) => ({ ...one, grants: undefined, described: said(work, one, 'column') })),
    policies: [...(table.policies ?? [])].sort(byName).map((one) => ({
      text: writePolicy(writing, table.name, one) ?? one,
      comment: one.comment,
    })),
    ...partFacts(writing, table),
  };
}

/** What is said of a table, and what stands on it, without its own definition. */
function besideTable(work: Work, writing: Writing, table: Table): unknown {
  const { policies } = tableFacts(work, writing, table) as { readonly policies: unknown };
  const columns = [...table.columns].sort(byName).map((one) => columnFacts(work, one));
  const constraints = [...table.constraints]
    .sort(byName)
    .flatMap(({ name, comment }) => (comment ? [{ name, comment }] : []));
  const { ruleStates, systemTriggers } = table;
  return {
    described: said(work, table, 'table'),
    columns,
    constraints,
    policies,
    ruleStates,
    systemTriggers,
    ...partFacts(writing, table),
  };
}

function partFacts(writing: Writing, relation: Table | View) {
  const triggers = relation.kind === 'table' ? triggersOf(relation) : (relation.triggerDefinitions ?? []);
  return {
    triggers: [...triggers].sort(byName).map((one) => ({
      name: one.name,
      text: text(writeTrigger(writing, relation.name, one), one.definition),
      state: one.state,
      extensions: one.extensions,
      comment: one.comment,
    })),
    rules: [...rulesOf(relation)].sort(byName).map((one) => ({
      name: one.name,
      text: text(writeRule(writing, relation.name, one), one.definition),
      comment: one.comment,
    })),
  };
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function typeFacts(work: Work, writing: Writing, type: UserType): unknown {
  const { attributes, checks = [] } = type;
  return {
    name: type.name,
    text: text(writeType(writing, { ...type, checks: [...checks].sort(byName) }), type.source),
    constraints: [...type.constraints].sort(),
    checks: [...checks].sort(byName),
    attributes: attributes?.map((one) => ({ ...one, grants: undefined })),
    described: said(work, type, 'type'),
  };
}

function functionFacts(work: Work, writing: Writing, key: string, entry: UserFunction): unknown {
  const overloads = (entry.overloads ?? []).map((one: Overload) => ({
    label: overloadDependency(key, one),
    text: text(writeFunction(writing, entry, one), one.source),
    described: said(work, one, 'function'),
  }));
  return overloads.sort((a, b) => (a.label < b.label ? -1 : 1));
}

function objectFacts(work: Work, writing: Writing, object: OtherObject): unknown {
  if (object.kind === 'default privileges')
    return { ...(said(work, { grants: defaultsBefore(object) }, object.defaults?.on ?? '') as object) };
  const kind = object.kind === 'aggregate' ? 'function' : object.kind === 'schema' ? 'schema' : undefined;
  return {
    name: object.name,
    text:
      object.kind === 'publication'
        ? publicationFacts(writing, object)
        : text(writeObject(writing, { ...object, settings: {} }), object.definition),
    described: said(work, object, kind),
    settings: { ...(object.kind === 'publication' ? parameterDefaults : {}), ...object.settings },
    members: object.publication && [...object.publication.tables.map(({ table }) => table)].sort(),
  };
}

function publicationFacts(writing: Writing, { publication }: OtherObject): unknown {
  return {
    everything: publication?.everything,
    schemas: [...(publication?.schemas ?? [])].sort(),
    tables: publication?.tables.map((one) => publishedTable(writing, one) ?? one.table).sort(),
  };
}

/** Facts about what has happened to it, and what the same facts are read from. */
const unseen: ReadonlySet<string> = new Set([
  'madeByPlan',
  'empty',
  'shared',
  'order',
  'renames',
  'searchPath',
  'query',
  'body',
]);

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function printed(value: unknown): string {
  return JSON.stringify(value, (key, one: unknown) => {
    if (unseen.has(key) || one === undefined) return undefined;
    if (typeof one !== 'object' || one === null || Array.isArray(one)) return one;
    const entries = Object.entries(one).filter(([, each]) => !isEmpty(each));
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }) as string;
}
