import type { Constraint, Index } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import {
  addValidated,
  alterTable,
  buildIndex,
  indexToConstraint,
  requireColumn,
  stepId,
  wait,
} from './blocks.ts';
import { columnList, primaryKeyOf, sqlName } from './facts.ts';
import { backfillSource, script } from './finish.ts';
import { type Given, refuse, type StepDraft } from './model.ts';
import type { Move } from './move-column.ts';
import { dropSync, makeSync } from './table-sync.ts';
import { addTwin, definitionOf } from './twin.ts';

/** That a row of the one table is that of the other. */
export function matched({ pairs, names }: Move): string {
  return pairs
    .map((one) => `${names.to}.${quoteIdentifier(one.reference)} = ${names.from}.${quoteIdentifier(one.key)}`)
    .join(' AND ');
}

/** What is on the column alone and goes with it, and what names others too and cannot. */
export interface Followers {
  readonly indexes: readonly Index[];
  readonly constraints: readonly Constraint[];
  /** Names. */
  readonly left: readonly string[];
}

/** What is bound to the old column, by whether it can be on the new one. */
export function followers({ facts }: Given, { from, column, own }: Move): Followers {
  const isAlone = (names: readonly (string | null)[]) =>
    names.every((name) => name === null || name === column.name);
  const indexes = own.indexes.filter(({ columns, include, reads }) =>
    isAlone([...columns, ...include, ...reads]),
  );
  const constraints = own.constraints.filter(
    ({ columns, parent }) => parent === undefined && columns.length > 0 && isAlone(columns),
  );
  return {
    indexes,
    constraints,
    left: [
      ...own.indexes.filter((one) => !indexes.includes(one)).map((one) => sqlName(facts, one)),
      ...own.constraints
        .filter((one) => one.parent === undefined && !constraints.includes(one))
        .map((one) => `${quoteIdentifier(one.name)} of ${sqlName(facts, from)}`),
    ],
  };
}

/**
 * Each writes only what differs, so that they do not call each other for ever. A new row locks the one that it fetches
 * from: a request that writes that one meanwhile waits, finds the new row, and writes it as well.
 */
function triggers({ facts }: Given, { pairs, names }: Move) {
  const { column } = names;
  const ofNew = pairs
    .map((one) => `${quoteIdentifier(one.reference)} = NEW.${quoteIdentifier(one.key)}`)
    .join(' AND ');
  const ofOld = pairs
    .map((one) => `${quoteIdentifier(one.key)} = NEW.${quoteIdentifier(one.reference)}`)
    .join(' AND ');
  const event = `INSERT OR UPDATE OF ${column}`;
  return {
    fetch: {
      create: makeSync(facts, names.early, {
        table: names.to,
        at: 'BEFORE',
        event: 'INSERT',
        lines: [
          `IF NEW.${column} IS NULL THEN`,
          `  NEW.${column} := (SELECT ${column} FROM ${names.from} WHERE ${ofOld} FOR SHARE);`,
          'END IF;',
        ],
      }),
      drop: dropSync(names.early, names.to),
    },
    there: {
      create: makeSync(facts, names.there, {
        table: names.from,
        event,
        lines: [
          `UPDATE ${names.to} SET ${column} = NEW.${column}`,
          `  WHERE ${ofNew} AND ${column} IS DISTINCT FROM NEW.${column};`,
        ],
      }),
      drop: dropSync(names.there, names.from),
    },
    back: {
      create: makeSync(facts, names.back, {
        table: names.to,
        event,
        lines: [
          `UPDATE ${names.from} SET ${column} = NEW.${column}`,
          `  WHERE ${ofOld} AND ${column} IS DISTINCT FROM NEW.${column};`,
        ],
      }),
      drop: dropSync(names.back, names.to),
    },
  };
}

export function expand(given: Given, move: Move): readonly StepDraft[] {
  const { from, to, column } = move;
  const { fetch, there, back } = triggers(given, move);
  const step = (text: string, id: string, { create, drop }: typeof fetch, why?: string): StepDraft => ({
    step: text,
    id,
    ...(why === undefined ? {} : { why }),
    sql: create,
    rollback: script(drop),
  });
  const [here, other] = [from.name.name, to.name.name];
  return [
    addTwin(
      given,
      {
        table: to,
        from: { ...column, default: null },
        to: column.name,
        type: column.type ?? 'text',
      },
      'add_column',
    ),
    step(
      `A new row of ${other} fetches the value from ${here}`,
      'fetch',
      fetch,
      'It locks the row that it fetches from: whoever writes that meanwhile waits, finds the new row, and writes it too.',
    ),
    step(`What is written to ${here} is written to ${other}`, 'there', there),
    step('And the other way round', 'back', back),
  ];
}

export function migrate(given: Given, move: Move): readonly StepDraft[] {
  const { to, column, names } = move;
  const found = (lock: string) =>
    `(SELECT ${names.from}.${names.column} FROM ${names.from} WHERE ${matched(move)}${lock})`;
  const differs = `${names.column} IS DISTINCT FROM ${found('')}`;
  const { indexes, constraints } = followers(given, move);
  return [
    {
      step: 'Copy the values that are there',
      id: 'copy_values',
      why: 'Each row that is read is locked until its batch commits: a value that is written meanwhile is not overwritten by the one before.',
      backfill: { table: to, set: `${names.column} = ${found(' FOR SHARE')}`, where: differs },
      rollback: { not_needed: 'the rollback of add_column drops the column' },
    },
    {
      step: 'None was missed',
      id: 'verify_copy',
      verify: { sql: `SELECT count(*) FROM ${names.to} WHERE ${differs}`, expect: 0 },
    },
    ...indexes.flatMap((index) => indexThere(given, move, index)),
    ...(constraints.some(isReference) && !indexes.some(isWhole) ? indexForReference(given, move) : []),
    ...constraints.flatMap((one) => constraintThere(given, move, one)),
    ...(column.notNull ? requireColumn(given, { table: to, column: column.name, id: 'value' }) : []),
    { step: `Use the column of ${to.name.name}`, id: 'deploy_v2', deploy: 'v2' },
    wait('last_look', 'A week without a wish to go back', '7d'),
  ];
}

function isReference({ kind }: Constraint): boolean {
  return kind === 'foreign key';
}

/** Whether a DELETE of the row that is referred to finds by it what refers to that. */
function isWhole({ columns, predicate }: Index): boolean {
  return columns[0] != null && predicate === undefined;
}

function indexForReference(given: Given, { to, column, names }: Move): readonly StepDraft[] {
  const name = given.names.relation(to.name.schema, to.name.name, column.name, 'idx');
  return buildIndex(given, {
    table: to,
    name,
    definition: `(${names.column})`,
    id: stepId('index', name),
    step: 'Index it for the foreign key, without blocking writes',
    why: `A row that is referred to is deleted without a look at all of ${names.to}.`,
  });
}

function indexThere(given: Given, { to, column }: Move, index: Index): readonly StepDraft[] {
  const name = given.names.relation(to.name.schema, to.name.name, column.name, index.unique ? 'key' : 'idx');
  return buildIndex(given, {
    table: to,
    name,
    unique: index.unique,
    definition: definitionOf(given, given.facts.schema, index),
    id: stepId('index', name),
    step: `Index it like ${quoteIdentifier(index.name.name)}, without blocking writes`,
  });
}

function constraintThere(given: Given, move: Move, one: Constraint): readonly StepDraft[] {
  const { to, column } = move;
  const { names } = given;
  if (one.kind === 'unique') return uniqueThere(given, move, one);
  const name = names.constraint(to, column.name, one.kind === 'check' ? 'check' : 'fkey');
  const steps = addValidated(given, {
    table: to,
    name,
    id: stepId(one.kind === 'check' ? 'check' : 'refer', name),
    what:
      one.kind === 'check'
        ? `${column.name} obeys what ${quoteIdentifier(one.name)} asks`
        : `${column.name} refers to rows that are there`,
    definition: one.definition.replace(/ NOT VALID$/, ''),
  });
  return one.validated ? steps : steps.slice(0, 1);
}

function uniqueThere(given: Given, { to, column }: Move, one: Constraint): readonly StepDraft[] {
  if (to.partitioned)
    refuse(
      `${one.name} cannot be on ${sqlName(given.facts, to)}, which is partitioned: drop it first, if no version needs it.`,
      'to',
    );
  const name = given.names.constraint(to, column.name, 'key');
  const steps = buildIndex(given, {
    table: to,
    name,
    unique: true,
    definition: one.definition
      .replace(/^UNIQUE | (?:NOT )?DEFERRABLE.*$/g, '')
      .replace(/^(NULLS NOT DISTINCT) (.*)$/, '$2 $1'),
    id: stepId('index', name),
    step: `Index it for ${quoteIdentifier(one.name)}, without blocking writes`,
  });
  const [build] = steps;
  if (!build || !('sql' in build)) return steps;
  return [
    ...steps,
    indexToConstraint(given, {
      table: to,
      name,
      id: stepId('unique', name),
      what: 'Make the index a constraint',
      kind: 'UNIQUE',
      index: build.sql[0] ?? '',
      suffix: / DEFERRABLE.*$/.exec(one.definition)?.[0] ?? '',
    }),
  ];
}

export function contract(given: Given, move: Move): readonly StepDraft[] {
  const { facts } = given;
  const { from, to, column, names } = move;
  const { aside } = names;
  const name = names.column;
  const key = primaryKeyOf(from)?.columns ?? [];
  const there = (lock = '') => `(SELECT ${names.to}.${name} FROM ${names.to} WHERE ${matched(move)}${lock})`;
  const has = `EXISTS (SELECT FROM ${names.to} WHERE ${matched(move)})`;
  const same = key
    .map((one) => `kept.${quoteIdentifier(one)} = ${names.from}.${quoteIdentifier(one)}`)
    .join(' AND ');
  const found = `FROM ${aside} AS kept WHERE ${same} AND kept.moved IS NOT DISTINCT FROM ${there()}`;
  const value = `CASE WHEN EXISTS (SELECT ${found}) THEN (SELECT kept.${name} ${found}) ELSE ${there()} END`;
  const isThere = column.notNull ? `${value} IS NOT NULL AND ` : '';
  const { fetch, there: sync, back } = triggers(given, move);
  return [
    {
      step: 'What is written to the old column stays there',
      id: 'drop_there',
      why: 'A trigger of its own step each: one table is locked for a moment, and no other with it.',
      sql: sync.drop,
    },
    {
      step: 'The old column is written no longer',
      id: 'drop_back',
      sql: back.drop,
      rollbackThen: [
        {
          backfill: backfillSource(given, {
            table: from,
            set: `${name} = ${there(' FOR SHARE')}`,
            where: `${has} AND ${name} IS DISTINCT FROM ${there()}`,
          }),
        },
      ],
    },
    {
      step: 'New rows fetch nothing from it',
      id: 'drop_fetch',
      sql: [
        ...fetch.drop,
        ...(column.default == null
          ? []
          : [alterTable(facts, to, `ALTER COLUMN ${name} SET DEFAULT ${column.default}`)]),
      ],
    },
    ...dropOld(given, move),
    {
      step: 'Keep aside what is not there',
      id: 'keep_values',
      why: 'Values without a row to go to. Reading them locks nobody out.',
      sql: [
        `CREATE TABLE ${aside} AS\n  SELECT ${columnList([...key, column.name])}, ${there()} AS moved FROM ${names.from}\n  WHERE ${name} IS DISTINCT FROM ${there()}`,
        `ALTER TABLE ${aside} ADD PRIMARY KEY (${columnList(key)})`,
      ],
      rollback: `DROP TABLE ${aside};`,
    },
    {
      step: 'Drop the old column',
      id: 'drop_column',
      sql: [alterTable(facts, from, `DROP COLUMN ${name}`)],
      rollbackThen: [
        {
          backfill: backfillSource(given, {
            table: from,
            set: `${name} = ${value}`,
            where: `${isThere}${name} IS DISTINCT FROM ${value}`,
          }),
        },
      ],
      rollbackWhy: 'the values come back from where they went, or were kept',
    },
  ];
}

/** What would go with the old column unsaid, by name. */
function dropOld({ facts }: Given, { from, own }: Move): readonly StepDraft[] {
  const indexes = own.indexes.map((index) => sqlName(facts, index));
  const constraints = own.constraints
    .filter(({ parent, local }) => parent === undefined && local !== false)
    .map(({ name }) => `DROP CONSTRAINT ${quoteIdentifier(name)}`);
  const steps: StepDraft[] = [];
  if (constraints.length > 0)
    steps.push({
      step: 'Drop the constraints on it',
      id: 'drop_constraints',
      sql: [alterTable(facts, from, ...constraints)],
    });
  if (indexes.length > 0)
    steps.push(
      from.partitioned
        ? {
            step: 'Drop the indexes on it',
            id: 'drop_indexes',
            sql: indexes.map((one) => `DROP INDEX ${one}`),
          }
        : {
            step: 'Drop the indexes on it',
            id: 'drop_indexes',
            transaction: false,
            sql: indexes.map((one) => `DROP INDEX CONCURRENTLY ${one}`),
          },
    );
  return steps;
}
