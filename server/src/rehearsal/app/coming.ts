import type { Analysis } from '../../analyze.ts';
import { findType } from '../../schema/lookup.ts';
import type { Constraint, QualifiedName, Relation, Schema, Table } from '../../schema/model.ts';
import { parseName, quoteIdentifier, quoteLiteral } from '../../sql/names.ts';
import type { FillTable } from '../fabricate/catalog.ts';
import { writtenBy } from '../held-constraints.ts';

/**
 * What Postgres holds the rows of a table to at some time in the plan, and not from the start. What an application
 * writes before has to meet it too: production's is taken to, while values made up at random would not.
 */
export interface ComingConstraint {
  readonly table: QualifiedName;
  /** A constraint's or an index's name. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly rule:
    | { readonly kind: 'unique' }
    /** SQL over the columns. */
    | { readonly kind: 'condition'; readonly expression: string }
    | {
        readonly kind: 'reference';
        readonly parent: QualifiedName;
        readonly parentColumns: readonly string[];
      };
  /** Versions of the application that are live while it holds. */
  readonly versions: ReadonlySet<string>;
  /**
   * No step before it sees to the values of its columns: rows that any version writes are still there as they were
   * written when it comes.
   */
  readonly always: boolean;
}

type Found = Pick<ComingConstraint, 'table' | 'name' | 'columns' | 'rule'>;

/** In the order in which the plan comes to them. */
export function comingConstraints({
  baseline,
  steps,
  live,
}: Pick<Analysis, 'baseline' | 'steps' | 'live'>): readonly ComingConstraint[] {
  const known = new Set([...constraintsOf(baseline, baseline)].map(([id]) => id));
  const found = new Map<string, ComingConstraint & { readonly versions: Set<string> }>();
  const written: string[] = [];
  for (const [at, { action, after }] of steps.entries()) {
    const running = live.steps[at]?.during.versions ?? [];
    for (const schema of new Set([...(action?.statements ?? []).map((one) => one.after), after]))
      for (const [id, one] of constraintsOf(schema, baseline)) {
        if (known.has(id)) continue;
        const always = !one.columns.some((column) => written.some((text) => text.includes(column)));
        const coming = found.get(id) ?? { ...one, always, versions: new Set<string>() };
        for (const { version } of running) coming.versions.add(version.name.value);
        found.set(id, coming);
      }
    written.push(...writtenBy(action));
  }
  return [...found.values()];
}

/** The tables with what comes to them; what is about other columns, or another table, than are there now is left out. */
export function withComing(tables: readonly FillTable[], coming: readonly ComingConstraint[]): FillTable[] {
  const named = ({ schema, name }: QualifiedName) =>
    tables.find((one) => one.schema === schema && one.relation === name);
  const added = new Map<FillTable, FillTable>();
  for (const { table: name, name: constraint, columns, rule } of coming) {
    const table = named(name);
    if (!table || !hasColumns(table, columns)) continue;
    const now = added.get(table) ?? table;
    if (rule.kind === 'unique') {
      if (now.unique.some((key) => sameColumns(key, columns))) continue;
      added.set(table, { ...now, unique: [...now.unique, columns] });
    } else if (rule.kind === 'condition') {
      if (now.checks.some((check) => check.name === constraint)) continue;
      const check = { name: constraint, expression: rule.expression, columns };
      added.set(table, { ...now, checks: [...now.checks, check] });
    } else {
      const parent = named(rule.parent);
      const isThere = now.foreignKeys.some(
        (key) => key.parent === parent?.oid && key.columns.join('\0') === columns.join('\0'),
      );
      if (!parent || isThere || !hasColumns(parent, rule.parentColumns)) continue;
      const { parentColumns } = rule;
      const key = { columns, parent: parent.oid, parentName: parent.name, parentColumns };
      added.set(table, { ...now, foreignKeys: [...now.foreignKeys, key] });
    }
  }
  return tables.map((table) => added.get(table) ?? table);
}

function hasColumns({ columns }: FillTable, names: readonly string[]): boolean {
  return names.every((name) => columns.some((one) => one.name === name));
}

function sameColumns(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}

/** Each with what tells it from others of its table. */
function* constraintsOf(schema: Schema, baseline: Schema): Generator<readonly [string, Found]> {
  for (const [key, relation] of schema.relations) {
    if (schema !== baseline && baseline.relations.get(key) === relation) continue;
    if (relation.kind === 'index') yield* ofIndex(schema, relation);
    if (relation.kind !== 'table' || relation.partition) continue;
    for (const constraint of relation.constraints) yield* ofConstraint(schema, key, relation, constraint);
    if (schema !== baseline) yield* ofTypes(schema, baseline, key, relation);
  }
}

function* ofConstraint(
  schema: Schema,
  key: string,
  table: Table,
  { name, kind, columns, expression, enforced, parent, local, references }: Constraint,
): Generator<readonly [string, Found]> {
  if (enforced === false || parent !== undefined || local === false || columns.length === 0) return;
  const own = { table: table.name, name, columns };
  if (kind === 'check' && expression !== undefined)
    yield [`${key} ${name} ${expression}`, { ...own, rule: { kind: 'condition', expression } }];
  if ((kind === 'unique' || kind === 'primary key') && columns.length > 0)
    yield [`${key} unique ${columns.join('\0')}`, { ...own, rule: { kind: 'unique' } }];
  const other = references && schema.relations.get(references.table);
  if (kind === 'foreign key' && references && other?.kind === 'table')
    yield [
      `${key} ${columns.join('\0')} references ${references.table} ${references.columns.join('\0')}`,
      { ...own, rule: { kind: 'reference', parent: other.name, parentColumns: references.columns } },
    ];
}

function* ofIndex(
  schema: Schema,
  index: Extract<Relation, { kind: 'index' }>,
): Generator<readonly [string, Found]> {
  const table = schema.relations.get(index.table);
  const columns = index.columns.flatMap((one) => one ?? []);
  if (!index.unique || index.predicate !== undefined || index.parent !== undefined) return;
  if (table?.kind !== 'table' || columns.length < index.columns.length) return;
  const own = { table: table.name, name: index.name.name, columns };
  yield [`${index.table} unique ${columns.join('\0')}`, { ...own, rule: { kind: 'unique' } }];
}

/** A column of that name with an enum that does not have all the values which its first one has. */
function* ofTypes(
  schema: Schema,
  baseline: Schema,
  key: string,
  table: Table,
): Generator<readonly [string, Found]> {
  const first = baseline.relations.get(key);
  if (first?.kind !== 'table' || first.columns === table.columns) return;
  for (const { name, type } of table.columns) {
    const before = enumOf(baseline, first.columns.find((one) => one.name === name)?.type);
    const now = enumOf(schema, type);
    if (!before || !now || before.every((label) => now.includes(label))) continue;
    const expression = `${quoteIdentifier(name)}::text IN (${now.map(quoteLiteral).join(', ')})`;
    yield [
      `${key} ${expression}`,
      { table: table.name, name: expression, columns: [name], rule: { kind: 'condition', expression } },
    ];
  }
}

function enumOf(schema: Schema, printed: string | undefined): readonly string[] | undefined {
  const name = printed === undefined ? undefined : parseName(printed);
  const type = name && findType(schema, name);
  return type?.kind === 'enum' ? type.labels : undefined;
}
