import type { CreateRangeStmt, Node } from '@pgsql/types';
import type { Sequence, UserType } from '../../schema/model.ts';
import { parseName, quoteIdentifier, quoteLiteral } from '../../sql/names.ts';
import { nameIn, sourceNow, type Writing } from './source.ts';
import { typeIn } from './write-function.ts';

/** CREATE TYPE or DOMAIN, and what a domain's constraints need more; undefined where something of it is not known. */
export function writeType(writing: Writing, type: UserType): readonly string[] | undefined {
  const name = nameIn(writing, type.name);
  switch (type.kind) {
    case 'enum':
      return [`CREATE TYPE ${name} AS ENUM (${type.labels.map(quoteLiteral).join(', ')})`];
    case 'composite':
      return writeComposite(writing, type, name);
    case 'range':
      return writeRange(writing, type, name);
    default:
      return writeDomain(writing, type, name);
  }
}

function writeComposite(
  writing: Writing,
  { attributes }: UserType,
  name: string,
): readonly string[] | undefined {
  const parts = attributes?.map((one) => {
    const type = typeIn(writing, one.type);
    return (
      type &&
      `${quoteIdentifier(one.name)} ${type}${one.collation ? ` COLLATE ${quoteIdentifier(one.collation)}` : ''}`
    );
  });
  return !parts || parts.includes(undefined) ? undefined : [`CREATE TYPE ${name} AS (${parts.join(', ')})`];
}

function writeRange(writing: Writing, { source }: UserType, name: string): readonly string[] | undefined {
  const node = source?.read().node;
  if (!source || !node || !('CreateRangeStmt' in node)) return undefined;
  const text = sourceNow(writing, source, typesIn(node.CreateRangeStmt), (tokens) => {
    const word = tokens.find(0, 'range');
    return tokens.word(word + 1) === '(' ? [word + 1, tokens.closing(word + 1) + 1] : undefined;
  });
  return text === undefined ? undefined : [`CREATE TYPE ${name} AS RANGE ${text}`];
}

function typesIn({ params = [] }: CreateRangeStmt): readonly Node[] {
  return params.flatMap((node) => ('DefElem' in node && node.DefElem.arg ? [node.DefElem.arg] : []));
}

function writeDomain(writing: Writing, type: UserType, name: string): readonly string[] | undefined {
  const base = typeIn(writing, type.baseType);
  const { checks, collation, defaultSource } = type;
  const hidden = type.default !== undefined && defaultSource === undefined;
  if (base === undefined || hidden || !checks || checks.length !== type.constraints.length) return undefined;
  if (checks.some((one) => one.expression === undefined && one.name !== type.notNull)) return undefined;
  const clause = (one: (typeof checks)[number]) =>
    `CONSTRAINT ${quoteIdentifier(one.name)} ${one.expression === undefined ? 'NOT NULL' : `CHECK (${one.expression})`}`;
  const words = [
    `CREATE DOMAIN ${name} AS ${base}`,
    collation ? `COLLATE ${collation}` : '',
    defaultSource === undefined ? '' : `DEFAULT ${defaultSource}`,
    ...checks.filter((one) => one.validated).map(clause),
  ];
  return [
    words.filter((word) => word !== '').join(' '),
    ...checks
      .filter((one) => !one.validated)
      .map((one) => `ALTER DOMAIN ${name} ADD ${clause(one)} NOT VALID`),
  ];
}

/** The options of a sequence that are not what they are by default; empty where it has none. */
export function sequenceOptions({ parameters = {} }: Sequence): readonly string[] {
  const { type, increment, minimum, maximum, start, cache, cycle } = parameters;
  return [
    type === undefined || type === 'bigint' ? '' : `AS ${type}`,
    increment === undefined ? '' : `INCREMENT BY ${increment}`,
    minimum === undefined ? '' : `MINVALUE ${minimum}`,
    maximum === undefined ? '' : `MAXVALUE ${maximum}`,
    start === undefined ? '' : `START WITH ${start}`,
    cache === undefined ? '' : `CACHE ${cache}`,
    cycle ? 'CYCLE' : '',
  ].filter((word) => word !== '');
}

/** CREATE SEQUENCE; undefined where its parameters are not known. */
export function writeSequence(writing: Writing, sequence: Sequence): string | undefined {
  if (!sequence.parameters) return undefined;
  const kind =
    sequence.persistence === 'temporary'
      ? 'TEMPORARY '
      : sequence.persistence === 'unlogged'
        ? 'UNLOGGED '
        : '';
  return [`CREATE ${kind}SEQUENCE ${nameIn(writing, sequence.name)}`, ...sequenceOptions(sequence)].join(' ');
}

/** `OWNED BY app.t.id`, or NONE. */
export function ownedByText(writing: Writing, { ownedBy }: Sequence): string {
  const table = ownedBy && writing.schema.relations.get(ownedBy.table);
  if (!ownedBy) return 'OWNED BY NONE';
  const name = table?.name ?? qualified(ownedBy.table);
  return `OWNED BY ${name ? nameIn(writing, name) : ownedBy.table}.${quoteIdentifier(ownedBy.column)}`;
}

function qualified(key: string) {
  const name = parseName(key);
  return name?.schema === undefined ? undefined : { schema: name.schema, name: name.name };
}

/** ALTER SEQUENCE that sets all parameters, those that were not said to their defaults. */
export function alterSequence(writing: Writing, now: Sequence, before: Sequence): string | undefined {
  const [is, was] = [now.parameters, before.parameters];
  if (!is || !was) return undefined;
  const parts = [
    is.type === was.type ? '' : `AS ${was.type ?? 'bigint'}`,
    is.increment === was.increment ? '' : `INCREMENT BY ${was.increment ?? '1'}`,
    is.minimum === was.minimum && is.type === was.type
      ? ''
      : was.minimum === undefined
        ? 'NO MINVALUE'
        : `MINVALUE ${was.minimum}`,
    is.maximum === was.maximum && is.type === was.type
      ? ''
      : was.maximum === undefined
        ? 'NO MAXVALUE'
        : `MAXVALUE ${was.maximum}`,
    is.start === was.start ? '' : `START WITH ${was.start ?? firstOf(was)}`,
    is.cache === was.cache ? '' : `CACHE ${was.cache ?? '1'}`,
    (is.cycle ?? false) === (was.cycle ?? false) ? '' : was.cycle ? 'CYCLE' : 'NO CYCLE',
  ].filter((part) => part !== '');
  return parts.length > 0 ? `ALTER SEQUENCE ${nameIn(writing, before.name)} ${parts.join(' ')}` : undefined;
}

/** Where a sequence starts that was not told where. */
function firstOf({ increment = '1', minimum, maximum }: NonNullable<Sequence['parameters']>): string {
  return increment.startsWith('-') ? (maximum ?? '-1') : (minimum ?? '1');
}
