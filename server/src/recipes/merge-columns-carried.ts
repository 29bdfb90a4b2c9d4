import { grantSql } from '../inverse/objects/describe.ts';
import { columnOf, constraintOf, indexesOf, relationKey, tableByKey } from '../schema/lookup.ts';
import type { Column, Constraint, Grant, Index } from '../schema/model.ts';
import { grantsOf, ownerRole } from '../schema/privileges.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { addValidated, buildIndex, indexToConstraint, stepId } from './blocks.ts';
import { columnList, sqlName } from './facts.ts';
import type { Merge } from './merge-columns.ts';
import { hasNot, hasOf } from './merge-columns-words.ts';
import { type Given, refuse, type StepDraft } from './model.ts';
import { definitionOf } from './twin.ts';

/** Indexes, keys, checks and foreign keys of the columns that move, for the table that they move to. */
export function carried(given: Given, merge: Merge): readonly StepDraft[] {
  const { facts } = given;
  const { table } = merge;
  const indexes = [...indexesOf(facts.schema, relationKey(table.name))].filter(
    (one) => one.parent === undefined && moves(merge, [...one.columns, ...one.include, ...one.reads]),
  );
  const constraints = table.constraints.filter((one) => one.parent === undefined && one.local !== false);
  return [
    ...constraints.flatMap((one) => (one.kind === 'check' ? check(given, merge, one) : [])),
    ...indexes.flatMap((one) => index(given, merge, one)),
    ...constraints.flatMap((one) =>
      one.kind === 'foreign key' ? foreignKey(given, merge, one, indexes) : [],
    ),
  ];
}

/** Whether what names these columns goes along: it names one that moves, and none that stays behind. */
function moves({ moved, left }: Merge, columns: readonly (string | null)[]): boolean {
  const names = new Set(columns);
  return moved.some(({ own }) => names.has(own.name)) && !left.some(({ name }) => names.has(name));
}

function nameThere(
  { names }: Given,
  { table, into, moved }: Merge,
  columns: readonly (string | null)[],
  label: string,
) {
  const own = columns.flatMap((name) => moved.find((one) => one.own.name === name)?.next.name ?? []);
  return names.constraint(into, own.join('_') || table.name.name, label);
}

function index(given: Given, merge: Merge, one: Index): readonly StepDraft[] {
  const { table, into } = merge;
  const { facts } = given;
  const shown = quoteIdentifier(one.name.name);
  const constraint = one.constraint === undefined ? undefined : constraintOf(table, one.constraint);
  if (constraint?.kind === 'exclusion')
    refuse(
      `${constraint.name} excludes rows, and Postgres builds such a constraint only while everybody waits: drop it first.`,
      'table',
    );
  // What is unique by the key alone is so there by the primary key.
  if (one.unique && merge.unique.every((name) => one.columns.includes(name))) return [];
  if (one.unique && into.partitioned)
    refuse(
      `${one.name.name} keeps values unique, which Postgres does across the partitions of ${sqlName(facts, into)} only where the key of these is part of them: drop it first, if no version needs it.`,
      'table',
    );
  if (one.nullsNotDistinct)
    refuse(
      `${one.name.name} takes NULLs for equal, and most rows of ${sqlName(facts, into)} may have them: make it one that does not first (switchback new replace_index).`,
      'table',
    );
  const moved = merge.renamed.relations.get(relationKey(one.name));
  if (moved?.kind !== 'index')
    refuse(`How ${one.name.name} reads in ${sqlName(facts, into)} is not known: drop it first.`, 'table');
  const isComputed = one.unique && one.columns.includes(null);
  if (isComputed && one.predicate !== undefined)
    refuse(
      `${one.name.name} keeps an expression unique for some rows, and what it is for a row that has none is not known: drop it first, and make it again, of ${sqlName(facts, into)}, after the plan.`,
      'table',
    );
  const definition = definitionOf(given, merge.renamed, moved);
  const block = {
    table: into,
    name: nameThere(given, merge, [...one.columns, ...one.reads], one.unique ? 'key' : 'idx'),
    unique: one.unique,
    definition: isComputed ? `${definition} WHERE (${hasOf(merge, '')})` : definition,
    id: stepId('index', one.name.name),
    step: `Index it like ${shown}, without blocking writes`,
  };
  const steps = buildIndex(given, block);
  const [build] = steps;
  const sql = build && 'sql' in build ? build.sql[0] : undefined;
  if (!constraint || !build || sql === undefined) return steps;
  return [
    build,
    indexToConstraint(given, {
      table: into,
      name: block.name,
      id: stepId('unique', one.name.name),
      what: 'Make the index a constraint',
      kind: 'UNIQUE',
      index: sql,
      suffix: /(?: DEFERRABLE.*)$/.exec(constraint.definition)?.[0] ?? '',
    }),
  ];
}

function check(given: Given, merge: Merge, one: Constraint): readonly StepDraft[] {
  const { table, into, left } = merge;
  if (one.enforced === false) return [];
  if (left.some(({ name }) => one.columns.includes(name))) {
    if (!moves({ ...merge, left: [] }, one.columns)) return [];
    refuse(
      `${one.name} compares columns that move with some that stay behind: drop it first, or move them all (--columns).`,
      'columns',
    );
  }
  const renamed = constraintOf(tableByKey(merge.renamed, relationKey(table.name)), one.name);
  const definition = renamed?.definition.replace(/(?: NO INHERIT)?(?: NOT VALID)?$/, '');
  const expression = /^CHECK \((.*)\)$/s.exec(definition ?? '')?.[1];
  if (expression === undefined)
    refuse(`How ${one.name} reads in ${sqlName(given.facts, into)} is not known: drop it first.`, 'table');
  const steps = addValidated(given, {
    table: into,
    name: nameThere(given, merge, one.columns, 'check'),
    id: stepId('check', one.name),
    what: `what ${quoteIdentifier(one.name)} asks holds`,
    definition: `CHECK (${hasNot(merge)} OR ${/^\(.*\)$/s.test(expression) ? expression : `(${expression})`})`,
  });
  return one.validated ? steps : steps.slice(0, 1);
}

function foreignKey(
  given: Given,
  merge: Merge,
  one: Constraint,
  indexes: readonly Index[],
): readonly StepDraft[] {
  const { table, into } = merge;
  const { facts } = given;
  if (one === merge.reference || one.enforced === false) return [];
  if (!moves(merge, one.columns)) {
    if (one.references?.table === relationKey(into.name) || moves({ ...merge, moved: [] }, one.columns))
      return [];
    refuse(
      `${one.name} refers from the key of ${sqlName(facts, table)} to a third table, and rows of ${sqlName(facts, into)} need not be there: drop it first.`,
      'table',
    );
  }
  const action = /ON (?:DELETE|UPDATE) (?:CASCADE|SET DEFAULT)/i.exec(one.definition)?.[0];
  if (/DELETE CASCADE|SET DEFAULT/i.test(action ?? ''))
    refuse(
      `${one.name} says ${action}, which would then be done to rows of ${sqlName(facts, into)} themselves: let it say ON DELETE SET NULL or nothing first.`,
      'table',
    );
  if (into.partitioned && facts.pgVersion < 18)
    refuse(
      `${sqlName(facts, into)} is partitioned, and takes no foreign key NOT VALID before Postgres 18: drop ${one.name} first.`,
      'table',
    );
  const renamed = constraintOf(tableByKey(merge.renamed, relationKey(table.name)), one.name);
  if (!renamed)
    refuse(`How ${one.name} reads in ${sqlName(facts, into)} is not known: drop it first.`, 'table');
  const steps = addValidated(given, {
    table: into,
    name: nameThere(given, merge, one.columns, 'fkey'),
    id: stepId('refer', one.name),
    what: `what ${quoteIdentifier(one.name)} asks holds`,
    definition: renamed.definition.replace(/ NOT VALID$/, ''),
  });
  const isIndexed = indexes.some(
    ({ columns, predicate }) =>
      predicate === undefined && columns[0] != null && one.columns.includes(columns[0]),
  );
  const index = isIndexed
    ? []
    : buildIndex(given, {
        table: into,
        name: nameThere(given, merge, one.columns, 'idx'),
        definition: `(${columnList(renamed.columns)})`,
        id: stepId('index', one.name),
        step: `Index it for ${quoteIdentifier(one.name)}, without blocking writes`,
        why: `A row that is referred to is deleted without a look at all of ${sqlName(facts, into)}.`,
      });
  return [...index, ...(one.validated ? steps : steps.slice(0, 1))];
}

/**
 * Who may do what there: what a column's own grants said, and those of its whole table, as far as the other table says no
 * such thing of itself. Whoever reads the columns may read the key too, by which it found the rows.
 */
export function grantsThere(
  { facts }: Given,
  { table, into, moved, pairs, names }: Merge,
): readonly string[] {
  const [whole, there] = [grantsOf(table, 'table'), grantsOf(into, 'table')];
  const missing = ({ grants: own = [] }: Column, has: readonly Grant[], allowed: readonly string[]) =>
    [...whole, ...own].filter(
      (one, at, all) =>
        one.role !== ownerRole &&
        allowed.includes(one.privilege) &&
        all.findIndex((each) => isSame(each, one)) === at &&
        ![...there, ...has].some((each) => isSame(each, one)),
    );
  const wanted = [
    ...pairs.map(({ own, key }) => {
      const [column, has] = [columnOf(table, own), columnOf(into, key)?.grants ?? []];
      return { name: key, grants: column ? missing(column, has, ['select']) : [] };
    }),
    ...moved.map(({ own, next }) => ({
      name: next.name,
      grants: missing(own, [], ['select', 'insert', 'update', 'references']),
    })),
  ];
  const alike = new Map<string, { readonly grants: readonly Grant[]; readonly columns: string[] }>();
  for (const { name, grants } of wanted) {
    const known = alike.get(JSON.stringify(grants)) ?? { grants, columns: [] };
    known.columns.push(name);
    alike.set(JSON.stringify(grants), known);
  }
  return [...alike.values()].flatMap(({ grants, columns }) =>
    grantSql(names.into, [], grants, {
      owner: into.owner,
      pgVersion: facts.pgVersion,
      columns: ` (${columnList(columns)})`,
    }),
  );
}

function isSame(a: Grant, b: Grant): boolean {
  return a.role === b.role && a.privilege === b.privilege;
}
