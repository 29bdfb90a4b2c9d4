import type { AlterTableCmd, Constraint, IndexStmt } from '@pgsql/types';
import { tableOf } from '../../schema/lookup.ts';
import { nameOfRangeVar, quoteIdentifier, stringsOf, writeName } from '../../sql/names.ts';
import { defineRule, type Fault } from '../define-rule.ts';
import { severityFor, waitingRequests, withFigures } from '../figures.ts';
import type { Fix, RuleContext } from '../model.ts';
import { aroundStatement, type RollbackSource, untransactedStep } from '../new-steps.ts';
import {
  alterCommands,
  alterTable,
  isInWrittenTransaction,
  type PlacedStatement,
  sqlStatements,
  tokenRange,
  wordPlaces,
  wordsRange,
} from '../statements.ts';

type Data =
  | {
      readonly kind: 'index';
      readonly placed: PlacedStatement;
      readonly index: IndexStmt;
    }
  | {
      readonly kind: 'constraint';
      readonly placed: PlacedStatement;
      readonly constraint: Constraint;
    }
  | { readonly kind: 'none' };

/** An index that is built while writes wait. */
export const indexWithoutConcurrently = defineRule<Data>({
  id: 'index-without-concurrently',
  title: 'An index is built while every write to the table waits',
  severity: 'error',
  docs: {
    problem: `\`CREATE INDEX\` takes a SHARE lock on the table and keeps it until the index is complete. Reads go on, but
every INSERT, UPDATE and DELETE waits: on millions of rows for minutes. A UNIQUE, PRIMARY KEY or EXCLUDE constraint
builds its index under ACCESS EXCLUSIVE, so reads wait as well.`,
    solution: `Build the index with \`CREATE INDEX CONCURRENTLY\`, in a step of its own with \`transaction: false\`. It scans
the table twice and takes longer, but nobody waits for it. For a constraint, build a unique index concurrently first and
attach it with \`ADD CONSTRAINT … USING INDEX\`, which is instant. Should the build fail, it leaves an INVALID index behind:
drop it and start again.

A partitioned table refuses CONCURRENTLY. Create the index with \`ON ONLY\` on the parent, build one on each partition
concurrently, and attach them with \`ALTER INDEX … ATTACH PARTITION\`.`,
    manual: [
      {
        title: 'Building Indexes Concurrently',
        path: 'sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY',
      },
      {
        title: 'ALTER TABLE … ADD table_constraint_using_index',
        path: 'sql-altertable.html',
      },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: Index the email
  sql: CREATE INDEX users_email_idx ON users (email);
  rollback: DROP INDEX users_email_idx;
`,
        finds: 'CREATE INDEX',
        fixed: `- step: Index the email
  transaction: false
  sql: CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback:
    transaction: false
    sql: DROP INDEX CONCURRENTLY users_email_idx;
`,
      },
      {
        steps: `- step: Make emails unique
  sql: ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email);
  rollback: ALTER TABLE users DROP CONSTRAINT users_email_key;
`,
        finds: 'CONSTRAINT',
      },
    ],
    good: [
      {
        steps: `- step: Index the email
  transaction: false
  sql: CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_email_idx }
`,
      },
      {
        steps: `- step: A new table is empty, so no one waits
  sql: |
    CREATE TABLE invitations (email text NOT NULL);
    CREATE INDEX ON invitations (email);
  rollback: DROP TABLE invitations;
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const build = placed.s.effects.builds[0];
      if (!build) continue;
      const { node } = placed.s.statement;
      if ('IndexStmt' in node && !node.IndexStmt.concurrent) {
        yield indexFault(context, placed, node.IndexStmt, build.relation);
      } else if (alterTable(placed.s)) {
        yield* constraintFaults(context, placed);
      }
    }
  },
  fix(fault, context) {
    const { data } = fault;
    if (data.kind === 'index') return concurrentFix(context, data.placed, data.index);
    if (data.kind === 'constraint') return usingIndexFix(context, data.placed, data.constraint);
    return [];
  },
});

function indexFault(
  context: RuleContext,
  placed: PlacedStatement,
  index: IndexStmt,
  relation: string,
): Fault<Data> {
  const partitioned = tableOf(placed.s.before, index.relation)?.partitioned;
  const remedy = partitioned
    ? 'A partitioned table refuses CONCURRENTLY: create it ON ONLY the parent, build it concurrently on each partition and attach those.'
    : `Build it with CREATE INDEX CONCURRENTLY ${context.kind === 'sql' ? 'outside a transaction' : 'in a step with transaction: false'}.`;
  return {
    message: `CREATE INDEX holds a SHARE lock on ${withFigures(context, relation, placed.s)} until the index is built: ${waitingRequests(context, 'every INSERT, UPDATE and DELETE')}. ${remedy}`,
    range: wordsRange(placed.s, 'CREATE', ...(index.unique ? ['UNIQUE'] : []), 'INDEX'),
    step: placed.step.id,
    severity: severityFor(context, relation, 'error'),
    data: partitioned ? { kind: 'none' } : { kind: 'index', placed, index },
  };
}

function* constraintFaults(context: RuleContext, placed: PlacedStatement): Generator<Fault<Data>> {
  const commands = alterCommands(placed.s);
  const partitioned = tableOf(placed.s.before, alterTable(placed.s)?.relation)?.partitioned === true;
  for (const build of placed.s.effects.builds) {
    const command = build.command === undefined ? undefined : commands[build.command];
    const constraint = builtBy(command);
    const fixable = constraint && !partitioned && command?.subtype === 'AT_AddConstraint';
    yield {
      message: `This constraint builds its index on ${withFigures(context, build.relation, placed.s)} under ACCESS EXCLUSIVE: ${waitingRequests(context, 'every read and write', placed.s)} until it is built. ${constraintRemedy(constraint, partitioned)}`,
      range: tokenRange(placed.s, constraint?.location),
      step: placed.step.id,
      severity: severityFor(context, build.relation, 'error'),
      data: fixable ? { kind: 'constraint', placed, constraint } : { kind: 'none' },
    };
  }
}

/** The constraint of ADD CONSTRAINT, or of a column that ADD COLUMN brings, that needs an index. */
function builtBy(command: AlterTableCmd | undefined): Constraint | undefined {
  if (!command?.def) return undefined;
  if ('Constraint' in command.def) return command.def.Constraint;
  const nodes = 'ColumnDef' in command.def ? (command.def.ColumnDef.constraints ?? []) : [];
  return nodes
    .map((node) => ('Constraint' in node ? node.Constraint : undefined))
    .find(
      (constraint) => constraint?.contype === 'CONSTR_UNIQUE' || constraint?.contype === 'CONSTR_PRIMARY',
    );
}

function constraintRemedy(constraint: Constraint | undefined, partitioned: boolean): string {
  if (constraint?.contype === 'CONSTR_EXCLUSION')
    return 'Postgres cannot build it otherwise: keep the table small, or choose an hour when it may stand still.';
  if (partitioned)
    return 'A partitioned table refuses CONCURRENTLY: create a unique index ON ONLY the parent, build it concurrently on each partition and attach those.';
  return 'Build a unique index concurrently first and attach it with ADD CONSTRAINT … USING INDEX.';
}

function concurrentFix(context: RuleContext, placed: PlacedStatement, index: IndexStmt): readonly Fix[] {
  const { statement } = placed.s;
  const [word] = wordPlaces(placed.s, ['INDEX']);
  if (!word || placed.part === 'rollback' || isInWrittenTransaction(placed)) return [];
  const at = word.end - statement.range.start;
  const sql = `${statement.text.slice(0, at)} CONCURRENTLY${statement.text.slice(at)}`;
  const fixed = untransactedStep(context, placed, sql, concurrentRollback(placed, index));
  return fixed ? [{ title: 'Build the index CONCURRENTLY', ...fixed }] : [];
}

/** A rollback that is just this index's DROP INDEX becomes its concurrent form too. */
function concurrentRollback(placed: PlacedStatement, index: IndexStmt): RollbackSource | undefined {
  const [undo, ...more] = placed.at.rollback.flatMap((action) => action.statements);
  if (!undo || more.length > 0 || !index.idxname || !('DropStmt' in undo.statement.node)) return undefined;
  const drop = undo.statement.node.DropStmt;
  if (drop.removeType !== 'OBJECT_INDEX' || drop.concurrent || drop.behavior === 'DROP_CASCADE')
    return undefined;
  const name = writeName({ schema: index.relation?.schemaname || undefined, name: index.idxname });
  return { transaction: false, sql: `DROP INDEX CONCURRENTLY ${name};` };
}

function usingIndexFix(
  context: RuleContext,
  placed: PlacedStatement,
  constraint: Constraint,
): readonly Fix[] {
  if (isInWrittenTransaction(placed)) return [];
  const alter = alterTable(placed.s);
  const kind = constraint.contype === 'CONSTR_PRIMARY' ? 'PRIMARY KEY' : 'UNIQUE';
  const plain =
    (constraint.contype === 'CONSTR_UNIQUE' || constraint.contype === 'CONSTR_PRIMARY') &&
    constraint.conname !== undefined &&
    !constraint.indexspace &&
    !constraint.without_overlaps &&
    !constraint.nulls_not_distinct &&
    !constraint.options?.length;
  if (!plain || !alter?.relation || placed.part === 'rollback' || alterCommands(placed.s).length !== 1)
    return [];
  const name = quoteIdentifier(constraint.conname ?? '');
  const names = (nodes: Constraint['keys']) => stringsOf(nodes).map(quoteIdentifier).join(', ');
  const table = writeName(nameOfRangeVar(alter.relation));
  const index = writeName({ schema: alter.relation.schemaname || undefined, name: constraint.conname ?? '' });
  const include = constraint.including?.length ? ` INCLUDE (${names(constraint.including)})` : '';
  const deferrable = constraint.deferrable
    ? ` DEFERRABLE${constraint.initdeferred ? ' INITIALLY DEFERRED' : ''}`
    : '';
  const build = `CREATE UNIQUE INDEX CONCURRENTLY ${name} ON ${table} (${names(constraint.keys)})${include};`;
  const edits = aroundStatement(context, placed, {
    before: [
      {
        name: `Build ${constraint.conname} without blocking writes`,
        transaction: false,
        sql: build,
        rollback: {
          transaction: false,
          sql: `DROP INDEX CONCURRENTLY ${index};`,
        },
      },
    ],
    replacement: `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${kind} USING INDEX ${name}${deferrable}`,
    // Dropping the constraint takes the index along: the step before it had one.
    rollback: [{ sql: `ALTER TABLE ${table} DROP CONSTRAINT ${name};` }, { transaction: false, sql: build }],
    after: [],
  });
  return edits
    ? [
        {
          title: 'Build the index CONCURRENTLY first and attach it',
          edits,
          safe: true,
        },
      ]
    : [];
}
