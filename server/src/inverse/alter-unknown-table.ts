import type { AlterTableCmd, AlterTableStmt } from '@pgsql/types';
import { applyAlterCommand } from '../schema/alter-table.ts';
import { constraintNodes } from '../schema/create-table.ts';
import { columnsRead } from '../schema/expressions.ts';
import { columnOf, findTable } from '../schema/lookup.ts';
import type { Schema, Table } from '../schema/model.ts';
import { inPasses } from '../schema/passes.ts';
import type { Statement } from '../sql/model.ts';
import { nameOfRangeVar, quoteIdentifier, writeName } from '../sql/names.ts';
import { type Inverse, losesData, restores, unknown } from './model.ts';

const worst = ['restores', 'loses_data', 'unknown', 'impossible'] as const;

/**
 * ALTER TABLE of a table of which no statement told all: each subcommand undone by itself, the last one first; as bad
 * as the worst of them.
 */
export function alterUnknownTableInverse(
  fields: AlterTableStmt,
  statement: Statement,
  before: Schema,
): Inverse {
  if (!fields.relation || fields.objtype !== 'OBJECT_TABLE')
    return unknown('What undoes this statement is not worked out: write it by hand.');
  const name = nameOfRangeVar(fields.relation);
  let schema = before;
  const parts: Inverse[] = [];
  for (const { command } of inPasses(fields.cmds)) {
    const after = applyAlterCommand(schema, fields, command, statement);
    const only = fields.relation.inh !== true && command.subtype === 'AT_DropConstraint';
    if (only) parts.unshift(unknown('The children keep the constraint as their own: write it out for each.'));
    parts.unshift(commandInverse(command, findTable(schema, name), findTable(after, name), writeName(name)));
    schema = after;
  }
  const verdict = worst[Math.max(0, ...parts.map((part) => worst.indexOf(part.verdict)))] ?? 'unknown';
  // What a dropped column was is not written out: the rest alone would bring nothing back.
  const usable =
    verdict === 'restores' || parts.every((part) => part.verdict === 'restores' || part.sql.length > 0);
  return {
    verdict,
    sql: usable ? parts.flatMap((part) => part.sql) : [],
    transactional: true,
    reason: parts.find((part) => part.verdict === verdict)?.reason ?? 'It changes nothing.',
  };
}

function commandInverse(
  command: AlterTableCmd,
  before: Table | undefined,
  after: Table | undefined,
  table: string,
): Inverse {
  const name = quoteIdentifier(command.name ?? '');
  const alter = (words: string) => `ALTER TABLE ${table} ${words}`;
  switch (command.subtype) {
    case 'AT_AddColumn':
      return addColumnInverse(command, before, alter);
    case 'AT_DropColumn':
      return losesData([], `The values of ${name} are gone with it: only a backup brings them back.`);
    case 'AT_AddConstraint':
      return addConstraintInverse(command, before, after, alter);
    case 'AT_DropConstraint':
      return dropConstraintInverse(command, before, alter);
    case 'AT_ValidateConstraint':
      return validateInverse(command, before, alter);
    case 'AT_SetNotNull':
      return notNullInverse(command, before, alter(`ALTER COLUMN ${name} DROP NOT NULL`), false);
    case 'AT_DropNotNull':
      return notNullInverse(command, before, alter(`ALTER COLUMN ${name} SET NOT NULL`), true);
    case 'AT_ColumnDefault':
      return defaultInverse(command, before, alter);
    default:
      return unknown('What undoes this ALTER TABLE is not worked out: write it by hand.');
  }
}

type Alter = (words: string) => string;

function addColumnInverse(
  { def, missing_ok }: AlterTableCmd,
  before: Table | undefined,
  alter: Alter,
): Inverse {
  const column = def && 'ColumnDef' in def ? (def.ColumnDef.colname ?? '') : '';
  if (missing_ok && columnOf(before, column))
    return restores([], 'The column was there before: nothing is to be undone.');
  if (missing_ok && !before?.columnsComplete) {
    return unknown(
      'With IF NOT EXISTS it is not known whether this statement made the column: leave it out, or give the baseline DDL.',
    );
  }
  const checks = constraintNodes(def && 'ColumnDef' in def ? def.ColumnDef : {}).filter(
    (node) => node.contype === 'CONSTR_CHECK' && !columnsRead(node.raw_expr).includes(column),
  );
  if (checks.length > 0)
    return unknown(
      `The CHECK does not read ${quoteIdentifier(column)} and stays when that is dropped: drop it by its name too.`,
    );
  return restores(
    [alter(`DROP COLUMN ${quoteIdentifier(column)}`)],
    'Dropping the column leaves the table as it was; what was written into it meanwhile goes with it.',
  );
}

function addConstraintInverse(
  { def }: AlterTableCmd,
  before: Table | undefined,
  after: Table | undefined,
  alter: Alter,
): Inverse {
  const node = def && 'Constraint' in def ? def.Constraint : undefined;
  const added =
    after?.constraints.filter((one) => !before?.constraints.some((old) => old.name === one.name)) ?? [];
  const own = added.find((one) => one.kind !== 'not null') ?? added[0];
  const name = node?.conname ?? (before?.columnsComplete ? own?.name : undefined);
  if (node?.indexname)
    return unknown(
      'Dropping the constraint would drop its index too: build the index again under its old name after it.',
    );
  if (name === undefined)
    return unknown(
      'Postgres chooses the name of the constraint, and without the baseline it is not known: name it with CONSTRAINT.',
    );
  const madeNotNull =
    node?.contype === 'CONSTR_PRIMARY' ? added.filter((one) => one.kind === 'not null') : [];
  return restores(
    [
      alter(`DROP CONSTRAINT ${quoteIdentifier(name)}`),
      ...madeNotNull.flatMap((one) =>
        one.columns.map((column) => alter(`ALTER COLUMN ${quoteIdentifier(column)} DROP NOT NULL`)),
      ),
    ],
    'Dropping the constraint leaves the table as it was.',
  );
}

function dropConstraintInverse(
  { name = '', behavior }: AlterTableCmd,
  before: Table | undefined,
  alter: Alter,
): Inverse {
  const constraint = before?.constraints.find((one) => one.name === name);
  if (constraint?.kind === 'not null' && !constraint.validated)
    return unknown('It was NOT VALID: add it again with NOT VALID.');
  if (!constraint || constraint.definition === '' || behavior === 'DROP_CASCADE') {
    return unknown(`The definition of ${quoteIdentifier(name)} is not known: write ADD CONSTRAINT with it.`);
  }
  const add = `ADD CONSTRAINT ${quoteIdentifier(name)} ${constraint.definition.replace(/ NOT VALID$/, '')}`;
  const twoSteps = constraint.kind === 'check' || constraint.kind === 'foreign key';
  if (!twoSteps)
    return restores(
      [alter(add)],
      'Adding it again restores it, which builds its index while the table is locked.',
    );
  const validate = constraint.validated ? [alter(`VALIDATE CONSTRAINT ${quoteIdentifier(name)}`)] : [];
  return restores(
    [alter(`${add} NOT VALID`), ...validate],
    'Adding it again restores it, as long as the rows written meanwhile obey it.',
  );
}

function validateInverse({ name = '' }: AlterTableCmd, before: Table | undefined, alter: Alter): Inverse {
  const constraint = before?.constraints.find((one) => one.name === name);
  if (!constraint) return unknown(`Whether ${quoteIdentifier(name)} was valid before is not known.`);
  if (constraint.validated) return restores([], 'The constraint was valid before: nothing is to be undone.');
  if (constraint.definition === '')
    return unknown(`The definition of ${quoteIdentifier(name)} is not known.`);
  const definition = constraint.definition.replace(/ NOT VALID$/, '');
  return restores(
    [
      alter(`DROP CONSTRAINT ${quoteIdentifier(name)}`),
      alter(`ADD CONSTRAINT ${quoteIdentifier(name)} ${definition} NOT VALID`),
    ],
    'A valid constraint cannot be made unvalidated: it is dropped and added again as NOT VALID.',
  );
}

function notNullInverse(
  { name = '' }: AlterTableCmd,
  before: Table | undefined,
  sql: string,
  wasNotNull: boolean,
): Inverse {
  const column = columnOf(before, name);
  const constraint = before?.constraints.find((one) => one.kind === 'not null' && one.columns[0] === name);
  const own = constraint?.name === `${before?.name.name}_${name}_not_null` || !wasNotNull;
  if (column?.notNull && constraint && (!constraint.validated || !own || (before?.parents.length ?? 0) > 0))
    return unknown(
      `The constraint ${quoteIdentifier(constraint.name)} was not a plain NOT NULL of this table: write it out.`,
    );
  if (column?.notNull === undefined) {
    return unknown(
      `Whether ${quoteIdentifier(name)} was NOT NULL before is not known: give the baseline DDL under database.schema.`,
    );
  }
  if (column.notNull !== wasNotNull)
    return restores([], 'The column was so before: nothing is to be undone.');
  return restores(
    [sql],
    wasNotNull
      ? 'Setting it again restores it, as long as no null was written meanwhile.'
      : 'Nulls are allowed again, as before.',
  );
}

function defaultInverse({ name = '' }: AlterTableCmd, before: Table | undefined, alter: Alter): Inverse {
  const column = columnOf(before, name);
  if (column?.default === undefined) {
    return unknown(
      `The default that ${quoteIdentifier(name)} had is not known: give the baseline DDL under database.schema.`,
    );
  }
  const words = column.default === null ? 'DROP DEFAULT' : `SET DEFAULT ${column.default}`;
  return restores(
    [alter(`ALTER COLUMN ${quoteIdentifier(name)} ${words}`)],
    'The old default is set again; rows written meanwhile keep what they got.',
  );
}
