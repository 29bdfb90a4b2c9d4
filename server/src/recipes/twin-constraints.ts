import { constraintOf, indexesOf, relationKey, tableByKey } from '../schema/lookup.ts';
import type { Constraint } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { addValidated, buildIndex, indexToConstraint, requireColumn, stepId } from './blocks.ts';
import { type ColumnFacts, sqlName } from './facts.ts';
import { type Given, refuse, type StepDraft } from './model.ts';
import { indexDefinition, type Twin } from './twin.ts';

/**
 * Keys, checks and foreign keys like those that name the old column; NOT NULL too, in steps named after `id`: the new
 * column, where the plan has no other of that name.
 */
export function constraintTwins(
  given: Given,
  twin: Twin,
  {
    without = [],
    id = stepId(twin.to),
  }: { readonly without?: readonly Constraint[]; readonly id?: string } = {},
): readonly StepDraft[] {
  const { table, to, facts: own } = twin;
  const keys = own.constraints.filter(({ kind }) => kind === 'unique');
  const others = rowConstraints(twin).filter((one) => !without.includes(one));
  return [
    ...keys.flatMap((one) => keyTwin(given, twin, one)),
    ...others.flatMap((one) =>
      checkTwin(given, twin, one, given.names.successor(table, one.name, twin.from.name, to)),
    ),
    ...(own.notNull || own.column.notNull ? requireColumn(given, { table, column: to, id }) : []),
  ];
}

function keyTwin(given: Given, twin: Twin, one: Constraint): readonly StepDraft[] {
  const { table, from, to } = twin;
  if (table.partitioned)
    refuse(
      `${one.name} is a key of a partitioned table: Postgres adds one only by building it on all partitions while their writers wait. Drop it first, if no version needs it.`,
      'column',
    );
  const { facts, names } = given;
  const index = [...indexesOf(facts.schema, relationKey(table.name))].find(
    ({ constraint }) => constraint === one.name,
  );
  if (!index) refuse(`What ${one.name} stands on is not known.`, 'column');
  const name = names.successor(table, one.name, from.name, to);
  const definition = indexDefinition(given, twin, index);
  const [build] = buildIndex(given, {
    table,
    name,
    unique: true,
    definition,
    id: stepId('index', name),
    step: 'Index it without blocking writes',
    why: 'After the copy, so that a duplicate shows here and not to a user. The build waits for old transactions and blocks nobody meanwhile: lock_timeout would only kill it and leave an INVALID index.',
  });
  const sql = build && 'sql' in build ? build.sql[0] : undefined;
  if (!build || sql === undefined) return [];
  const suffix = /(?: DEFERRABLE.*)$/.exec(one.definition)?.[0] ?? '';
  return [
    build,
    indexToConstraint(given, {
      table,
      name,
      id: stepId('unique', name),
      what: 'Make the index a constraint',
      kind: 'UNIQUE',
      index: sql,
      suffix,
    }),
  ];
}

/** Checks and foreign keys that name the old column. */
export function rowConstraints({ facts }: Twin): readonly Constraint[] {
  return facts.constraints.filter(
    (one) =>
      (one.kind === 'check' || one.kind === 'foreign key') && one.parent === undefined && one.local !== false,
  );
}

/** A check or a foreign key like one that names the old column, of this name. */
export function checkTwin(given: Given, twin: Twin, one: Constraint, name: string): readonly StepDraft[] {
  const { table, to } = twin;
  const key = relationKey(table.name);
  const moved = constraintOf(tableByKey(twin.renamed, key), one.name);
  if (!moved) refuse(`How ${one.name} reads with another column is not known.`, 'column');
  const what =
    one.kind === 'check'
      ? `${to} obeys what ${quoteIdentifier(one.name)} asks`
      : `${to} refers to rows that are there`;
  const definition = moved.definition.replace(/ NOT VALID$/, '');
  const block = { table, name, id: stepId(one.kind === 'check' ? 'check' : 'refer', name), what, definition };
  const steps = addValidated(given, block);
  return one.validated ? steps : steps.slice(0, 1);
}

/** What refers to the old column refers to the new one: for foreign keys of other tables. */
export function referenceTwins(given: Given, twin: Twin): readonly StepDraft[] {
  return twin.facts.referencedBy.flatMap((one) =>
    referenceTwin(
      given,
      twin,
      one,
      given.names.successor(one.table, one.constraint.name, twin.from.name, twin.to),
    ),
  );
}

/** A foreign key like one to the old column, to the new one, of this name. */
function referenceTwin(
  given: Given,
  twin: Twin,
  { table, constraint }: ColumnFacts['referencedBy'][number],
  name: string,
): readonly StepDraft[] {
  const moved = constraintOf(tableByKey(twin.renamed, relationKey(table.name)), constraint.name);
  if (!moved) refuse(`How ${constraint.name} reads with another column is not known.`, 'column');
  return addValidated(given, {
    table,
    name,
    id: stepId('refer', name),
    what: `${sqlName(given.facts, table)} refers to ${twin.to}`,
    definition: moved.definition.replace(/ NOT VALID$/, ''),
  });
}
