import type { Analysis } from '../analyze.ts';
import { displayName, indexesOf, referencesTo, relationKey } from '../schema/lookup.ts';
import type { Column, Constraint, Relation, Schema, Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { formatBytes, formatCount } from '../text/amounts.ts';
import { code, plainText, sqlBlock } from './markdown.ts';

/** Columns of a table that a hover lists; the largest have hundreds. */
const columnsShown = 40;
const othersShown = 12;

/** What a relation is at that point of the plan, as Markdown. */
export function relationDefinition(analysis: Analysis, schema: Schema, relation: Relation): string {
  const name = displayName(schema, relation.name);
  const figures = figuresWords(analysis, name);
  const kind = relation.kind === 'table' ? tableWords(relation) : relation.kind;
  const made = relation.madeByPlan
    ? relation.kind === 'table' && relation.empty
      ? 'made by this plan, empty here'
      : 'made by this plan'
    : undefined;
  const head = [`**${plainText(name)}**`, kind, figures, made].filter(Boolean).join(' · ');
  const comment = relation.comment ? `\n\n${plainText(relation.comment)}` : '';
  return `${head}${comment}\n\n${sqlBlock(definitionOf(schema, relation), 60)}`;
}

/** `8M rows, 2.4 GB`, from the plan's figures; undefined where it gives none. */
export function figuresWords({ sizes }: Pick<Analysis, 'sizes'>, relation: string): string | undefined {
  const size = sizes.of(relation);
  const parts = [
    size?.rows && `${formatCount(size.rows.value)} rows`,
    size?.size && formatBytes(size.size.value),
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(', ') : undefined;
}

function tableWords({ partitioned, partition, foreign, persistence }: Table): string {
  if (foreign) return 'foreign table';
  const kept = persistence === 'permanent' ? '' : `${persistence} `;
  if (partitioned) return `${kept}partitioned table`;
  return partition ? `${kept}partition` : `${kept}table`;
}

function definitionOf(schema: Schema, relation: Relation): string {
  switch (relation.kind) {
    case 'table':
      return tableDefinition(schema, relation);
    case 'index':
    case 'view':
    case 'materialized view':
      return `${relation.definition.replace(/;\s*$/, '')};`;
    case 'sequence': {
      const owner = relation.ownedBy;
      const table = owner && schema.relations.get(owner.table);
      const owned = owner && table ? `\n-- of ${displayName(schema, table.name)}.${owner.column}` : '';
      return `CREATE SEQUENCE ${displayName(schema, relation.name)};${owned}`;
    }
  }
}

function tableDefinition(schema: Schema, table: Table): string {
  const { columns, constraints, columnsComplete } = table;
  const shown = columns.slice(0, columnsShown).map((column) => columnLine(column));
  const rest = [
    ...(columns.length > columnsShown ? [`-- ${columns.length - columnsShown} more columns`] : []),
    ...(columnsComplete
      ? []
      : ['-- and columns that nothing tells of: name the baseline under database.schema']),
  ];
  const bound = constraints.filter(({ kind }) => kind !== 'not null').map(constraintLine);
  const lines = [...shown, ...bound].map((line, at, all) => (at < all.length - 1 ? `${line},` : line));
  const name = displayName(schema, table.name);
  const key = relationKey(table.name);
  const partitionBy = table.partitionBy ? ` PARTITION BY ${table.partitionBy}` : '';
  const indexes = [...indexesOf(schema, key)].filter(({ constraint }) => constraint === undefined);
  const references = [...referencesTo(schema, key)].filter((reference) => reference.table !== table);
  return [
    `CREATE TABLE ${name} (`,
    ...[...lines, ...rest].map((line) => `  ${line}`),
    `)${partitionBy};`,
    ...limited(indexes.map((index) => `${index.definition.replace(/;\s*$/, '')};`)),
    ...limited(
      references.map(
        (one) => `-- ${one.constraint.name} of ${displayName(schema, one.table.name)} refers to it`,
      ),
    ),
  ].join('\n');
}

function limited(lines: readonly string[]): readonly string[] {
  const more = lines.length - othersShown;
  return more > 0 ? [...lines.slice(0, othersShown), `-- ${more} more`] : lines;
}

function constraintLine({ name, definition, validated, enforced }: Constraint): string {
  const invalid = validated || /\bNOT (VALID|ENFORCED)\b/i.test(definition) ? '' : ' NOT VALID';
  const unenforced = enforced === false && !/\bNOT ENFORCED\b/i.test(definition) ? ' NOT ENFORCED' : '';
  return `CONSTRAINT ${quoteIdentifier(name)} ${definition}${unenforced || invalid}`;
}

/** A column as CREATE TABLE would have it, as far as it is known. */
export function columnLine({
  name,
  type,
  notNull,
  default: value,
  identity,
  generated,
  collation,
}: Column): string {
  return [
    quoteIdentifier(name),
    type ?? '/* type not known */',
    collation && `COLLATE ${collation}`,
    generated
      ? `GENERATED ALWAYS AS (${value}) ${generated.toUpperCase()}`
      : value != null && `DEFAULT ${value}`,
    identity && `GENERATED ${identity.toUpperCase()} AS IDENTITY`,
    notNull && 'NOT NULL',
  ]
    .filter((word) => word)
    .join(' ');
}

/** What a column of a table is at that point of the plan, as Markdown. */
export function columnDefinition(analysis: Analysis, schema: Schema, table: Table, column: Column): string {
  const tableName = displayName(schema, table.name);
  const figures = figuresWords(analysis, tableName);
  const about = table.constraints.filter(
    ({ kind, columns }) => kind !== 'not null' && columns.includes(column.name),
  );
  const indexes = [...indexesOf(schema, relationKey(table.name))].filter(
    ({ columns, constraint, reads, include }) =>
      constraint === undefined &&
      (columns.includes(column.name) || reads.includes(column.name) || include.includes(column.name)),
  );
  const rest = [
    ...about.map((constraint) => constraintLine(constraint)),
    ...indexes.map(({ definition }) => definition.replace(/;\s*$/, '')),
  ];
  const comment = column.comment ? `\n\n${plainText(column.comment)}` : '';
  const of = `column of ${code(tableName)}${figures === undefined ? '' : ` (${figures})`}`;
  const lines = [columnLine(column), ...limited(rest).map((line) => line)];
  return `**${plainText(column.name)}** · ${of}${comment}\n\n${sqlBlock(lines.join('\n'))}`;
}
