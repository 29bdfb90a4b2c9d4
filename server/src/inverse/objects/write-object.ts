import type { Node } from '@pgsql/types';
import type { OtherObject, PublishedTable } from '../../schema/model.ts';
import { parseName, quoteIdentifier, quoteLiteral, stringsOf } from '../../sql/names.ts';
import { columnNow, nameIn, pastKey, sourceNow, type Writing } from './source.ts';
import type { Tokens } from './tokens.ts';
import { functionName, policyExpression } from './write-trigger.ts';
import { setting } from './write-view.ts';

/** The words that stand before an object's name, as in DROP, ALTER and COMMENT ON. */
export function objectText(writing: Writing, object: OtherObject): string {
  const { kind, name, suffix = '' } = object;
  if (kind === 'cast') return `CAST ${suffix}`;
  const named =
    name.schema === undefined
      ? quoteIdentifier(name.name)
      : nameIn(writing, { schema: name.schema, name: name.name });
  // An operator's name stands as it is.
  const operator =
    kind === 'operator'
      ? `${name.schema === undefined || (writing.plain && name.schema === 'public') ? '' : `${quoteIdentifier(name.schema)}.`}${name.name}`
      : named;
  return `${kind.toUpperCase()} ${operator}${suffix === '' ? '' : ` ${suffix}`}`;
}

/** What makes the object; undefined where its definition is not known. */
export function writeObject(writing: Writing, object: OtherObject): readonly string[] | undefined {
  switch (object.kind) {
    case 'publication':
      return writePublication(writing, object);
    case 'statistics':
      return writeStatistics(writing, object);
    case 'extension':
      return [writeExtension(object)];
    case 'event trigger':
      return writeEventTrigger(writing, object);
    case 'schema':
      return [`CREATE SCHEMA ${quoteIdentifier(object.name.name)}`];
    case 'default privileges':
      return [];
    case 'aggregate':
    case 'operator':
    case 'collation':
    case 'text search configuration':
    case 'text search dictionary':
      return writeAsDeclared(writing, object);
    case 'cast': {
      const { definition } = object;
      const text =
        definition &&
        sourceNow(writing, definition, [definition.read().node], (tokens) => [0, tokens.all.length]);
      return text === undefined ? undefined : [text];
    }
    default:
      return undefined;
  }
}

function writeExtension({ name, settings = {} }: OtherObject): string {
  const { schema, new_version: version } = settings;
  const words = [
    `CREATE EXTENSION ${quoteIdentifier(name.name)}`,
    schema === undefined ? '' : `SCHEMA ${quoteIdentifier(schema)}`,
    version === undefined ? '' : `VERSION ${quoteLiteral(version)}`,
  ];
  return words.filter((word) => word !== '').join(' ');
}

/** CREATE PUBLICATION with all that it holds. */
function writePublication(
  writing: Writing,
  { name, publication, settings = {} }: OtherObject,
): readonly string[] | undefined {
  if (!publication) return undefined;
  const members = publication.everything ? 'ALL TABLES' : publicationMembers(writing, publication);
  if (members === undefined) return undefined;
  const options = Object.entries(settings).map(([key, value]) => `${key} = ${setting(value)}`);
  const words = [
    `CREATE PUBLICATION ${quoteIdentifier(name.name)}`,
    members === '' ? '' : `FOR ${members}`,
    options.length > 0 ? `WITH (${options.join(', ')})` : '',
  ];
  return [words.filter((word) => word !== '').join(' ')];
}

type Members = Pick<NonNullable<OtherObject['publication']>, 'tables' | 'schemas'>;

/** `TABLE t, u (a) WHERE (a > 1), TABLES IN SCHEMA app`; undefined where a filter cannot be written. */
export function publicationMembers(writing: Writing, { tables, schemas }: Members): string | undefined {
  const written = tables.map((one) => publishedTable(writing, one));
  if (written.includes(undefined)) return undefined;
  return [
    ...(written.length > 0 ? [`TABLE ${written.join(', ')}`] : []),
    ...(schemas.length > 0 ? [`TABLES IN SCHEMA ${schemas.map(quoteIdentifier).join(', ')}`] : []),
  ].join(', ');
}

export function publishedTable(
  writing: Writing,
  { table, only, columns, where }: PublishedTable,
): string | undefined {
  const name = parseName(table);
  if (name?.schema === undefined) return undefined;
  const qualified = { schema: name.schema, name: name.name };
  const filter = policyExpression(writing, qualified, where, 'where');
  if (filter === undefined) return undefined;
  return [
    `${only ? 'ONLY ' : ''}${nameIn(writing, qualified)}`,
    columns ? `(${columns.map(quoteIdentifier).join(', ')})` : '',
    filter === '' ? '' : `WHERE (${filter})`,
  ]
    .filter((word) => word !== '')
    .join(' ');
}

/** CREATE STATISTICS: the columns and expressions that its source says, by the names that they have now. */
function writeStatistics(writing: Writing, object: OtherObject): readonly string[] | undefined {
  const { definition, tables = [], name, settings = {} } = object;
  const node = definition?.read().node;
  const table = parseName(tables[0] ?? '');
  if (!definition || !node || !('CreateStatsStmt' in node) || table?.schema === undefined) return undefined;
  const qualified = { schema: table.schema, name: table.name };
  const { stat_types, exprs = [] } = node.CreateStatsStmt;
  const renames = definition.renames ?? [];
  const expressions = exprs.flatMap((one) => ('StatsElem' in one ? [one.StatsElem] : []));
  const sources = expressions.map((one, at) => {
    if (one.name) return quoteIdentifier(columnNow(renames, pastKey(renames, tables[0] ?? ''), one.name));
    const source = sourceNow(writing, definition, [one.expr], (tokens) => listItem(tokens, at), qualified);
    return source;
  });
  if (sources.includes(undefined)) return undefined;
  const kinds = stringsOf(stat_types);
  const text = objectText(writing, { kind: 'statistics', name });
  const words = [
    `CREATE ${text}`,
    kinds.length > 0 ? `(${kinds.join(', ')})` : '',
    `ON ${sources.join(', ')} FROM ${nameIn(writing, qualified)}`,
  ];
  const target = settings.target === undefined ? [] : [`ALTER ${text} SET STATISTICS ${settings.target}`];
  return [words.filter((word) => word !== '').join(' '), ...target];
}

/** The tokens of an item of the list behind ON. */
function listItem(tokens: Tokens, item: number): readonly [number, number] | undefined {
  let start = tokens.find(0, 'on') + 1;
  for (let at = 0; at < item; at++) start = tokens.find(start, ',') + 1;
  const end = tokens.find(start, ',', 'from');
  return start < end ? [start, end] : undefined;
}

function writeEventTrigger(writing: Writing, object: OtherObject): readonly string[] | undefined {
  const { definition, name, settings = {} } = object;
  const node = definition?.read().node;
  if (!definition || !node || !('CreateEventTrigStmt' in node)) return undefined;
  const { eventname = '', whenclause = [], funcname } = node.CreateEventTrigStmt;
  const calls = functionName(writing, object, stringsOf(funcname));
  if (calls === undefined) return undefined;
  const filters = whenclause.flatMap((one) => ('DefElem' in one ? [filterText(one.DefElem)] : []));
  const words = [
    `CREATE EVENT TRIGGER ${quoteIdentifier(name.name)} ON ${eventname}`,
    filters.length > 0 ? `WHEN ${filters.join(' AND ')}` : '',
    `EXECUTE FUNCTION ${calls}()`,
  ];
  const firing = firingAction(settings.firing);
  return [
    words.filter((word) => word !== '').join(' '),
    ...(firing === 'ENABLE' ? [] : [`ALTER EVENT TRIGGER ${quoteIdentifier(name.name)} ${firing}`]),
  ];
}

function filterText({ defname = '', arg }: { defname?: string; arg?: Node }): string {
  const values = arg && 'List' in arg ? stringsOf(arg.List.items) : [];
  return `${defname} IN (${values.map(quoteLiteral).join(', ')})`;
}

/** What ALTER EVENT TRIGGER says of when it fires. */
export function firingAction(firing: string | undefined): string {
  return { D: 'DISABLE', A: 'ENABLE ALWAYS', R: 'ENABLE REPLICA' }[firing ?? 'O'] ?? 'ENABLE';
}

/** The statement's own source, with the name that the object has now. */
function writeAsDeclared(writing: Writing, object: OtherObject): readonly string[] | undefined {
  const { definition, kind, name } = object;
  const node = definition?.read().node;
  if (!definition || !node || !('DefineStmt' in node)) return undefined;
  const rest = sourceNow(writing, definition, [node], (tokens) => {
    const last = kind.split(' ').at(-1) ?? '';
    let at = tokens.find(0, last) + 1;
    if (tokens.word(at) === 'if') at += 3;
    return [tokens.afterName(at), tokens.all.length];
  });
  if (rest === undefined) return undefined;
  const head = objectText(writing, { kind, name });
  return [`CREATE ${head} ${rest}`];
}
