import { columnOf, findRelation, tableOf } from '../../schema/lookup.ts';
import { nameOfRangeVar, quoteIdentifier, stringsOf, writeName } from '../../sql/names.ts';
import {
  type BroughtConstraint,
  columnsWereThere,
  constraintName,
  constraintRange,
  schemaBeforeStep,
  subcommandRanges,
  withParts,
} from '../alter-parts.ts';
import { defineRule } from '../define-rule.ts';
import { severityFor, waitingRequests, withFigures } from '../figures.ts';
import type { Fix, RuleContext } from '../model.ts';
import { type Around, aroundStatement, type RollbackSource, type SqlStep } from '../new-steps.ts';
import {
  alterCommands,
  alterTable,
  isInWrittenTransaction,
  type PlacedStatement,
  tokenRange,
} from '../statements.ts';
import { withoutLockLimit } from '../without-lock-limit.ts';
import { type BuiltConstraint, builtConstraints } from './built-constraints.ts';
import { checkProofs } from './not-null-steps.ts';

/** A UNIQUE or PRIMARY KEY constraint that builds its index while every request waits. */
export const constraintBuildsIndex = defineRule<BuiltConstraint>({
  id: 'constraint-builds-index',
  title: 'A UNIQUE or PRIMARY KEY constraint builds its index while every request waits',
  severity: 'error',
  eachStep: true,
  concerns: ['AlterTableStmt'],
  docs: {
    problem: `A UNIQUE or PRIMARY KEY constraint builds its index under ACCESS EXCLUSIVE: no read and no write gets through until
the last row is in it, on millions of rows for minutes. One duplicate, and all of it was in vain.`,
    solution: `Build a unique index with \`CREATE UNIQUE INDEX CONCURRENTLY\` first, in a step of its own with
\`transaction: false\`: nobody waits for it. Then \`ADD CONSTRAINT … USING INDEX\`, which is instant. Should the build fail, on a
duplicate for one, it leaves an INVALID index behind: drop it and start again. Columns of a primary key are to be NOT NULL
before, or Postgres reads every row for that.

A partitioned table refuses CONCURRENTLY. Create the unique index with \`ON ONLY\` on the parent, build one on each partition
concurrently, and attach them with \`ALTER INDEX … ATTACH PARTITION\`.`,
    manual: [
      {
        title: 'ALTER TABLE … ADD table_constraint_using_index',
        path: 'sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX',
      },
      {
        title: 'Building Indexes Concurrently',
        path: 'sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY',
      },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: Make emails unique
  sql: ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email);
  rollback: ALTER TABLE users DROP CONSTRAINT users_email_key;
`,
        finds: 'CONSTRAINT',
        fixed: `- step: Build users_email_key without blocking writes
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users (email);
  rollback:
    transaction: false
    sql: |
      SET lock_timeout = 0;
      DROP INDEX CONCURRENTLY users_email_key;
- step: Make emails unique
  sql: ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE USING INDEX users_email_key;
  rollback:
    - sql: ALTER TABLE users DROP CONSTRAINT users_email_key;
    - transaction: false
      sql: |
        SET lock_timeout = 0;
        CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users (email);
`,
      },
      {
        steps: `- step: A handle for everybody
  sql: ALTER TABLE users ADD COLUMN handle text UNIQUE;
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
        finds: 'UNIQUE',
        fixed: `- step: A handle for everybody
  sql: ALTER TABLE users ADD COLUMN handle text;
  rollback: ALTER TABLE users DROP COLUMN handle;
- step: Build users_handle_key without blocking writes
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE UNIQUE INDEX CONCURRENTLY users_handle_key ON users (handle);
  rollback:
    transaction: false
    sql: |
      SET lock_timeout = 0;
      DROP INDEX CONCURRENTLY users_handle_key;
- step: Make users_handle_key a constraint
  sql: ALTER TABLE users ADD CONSTRAINT users_handle_key UNIQUE USING INDEX users_handle_key;
  rollback:
    - sql: ALTER TABLE users DROP CONSTRAINT users_handle_key;
    - transaction: false
      sql: |
        SET lock_timeout = 0;
        CREATE UNIQUE INDEX CONCURRENTLY users_handle_key ON users (handle);
`,
      },
      {
        schema: 'CREATE TABLE users (id bigint, email text);',
        steps: `- step: A primary key for the users
  sql: ALTER TABLE users ADD CONSTRAINT users_pkey PRIMARY KEY (id);
  rollback: ALTER TABLE users DROP CONSTRAINT users_pkey;
`,
        finds: 'CONSTRAINT',
      },
    ],
    good: [
      {
        plan: { checklist: '[No two users have the same email]' },
        steps: `- step: Build the index while writes go on
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users (email);
  rollback: { transaction: false, sql: SET lock_timeout = 0; DROP INDEX CONCURRENTLY users_email_key; }
- step: Make emails unique
  sql: ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE USING INDEX users_email_key;
  rollback:
    - sql: ALTER TABLE users DROP CONSTRAINT users_email_key;
    - transaction: false
      sql: |
        SET lock_timeout = 0;
        CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users (email);
`,
      },
      {
        steps: `- step: A new table is empty, so no one waits
  sql: |
    CREATE TABLE invitations (id bigint PRIMARY KEY, email text NOT NULL);
    ALTER TABLE invitations ADD CONSTRAINT invitations_email_key UNIQUE (email);
  rollback: DROP TABLE invitations;
`,
      },
    ],
  },
  *check(context) {
    for (const built of builtConstraints(context, ['CONSTR_UNIQUE', 'CONSTR_PRIMARY'])) {
      const { placed, brought, relation, partitioned } = built;
      const remedy = partitioned
        ? 'A partitioned table refuses CONCURRENTLY: create a unique index ON ONLY the parent, build it concurrently on each partition and attach those.'
        : 'Build a unique index concurrently first and attach it with ADD CONSTRAINT … USING INDEX.';
      yield {
        message: `This ${kindOf(brought)} constraint builds its index on ${withFigures(context, relation, placed.s)} under ACCESS EXCLUSIVE: ${waitingRequests(context, 'every read and write', placed.s)} until it is built. ${remedy}`,
        range: tokenRange(placed.s, brought.node.location),
        step: placed.step.id,
        severity: severityFor(context, relation, 'error'),
        data: built,
      };
    }
  },
  fix: ({ data }, context) => usingIndexFix(context, data),
});

function kindOf({ node }: BroughtConstraint): 'PRIMARY KEY' | 'UNIQUE' {
  return node.contype === 'CONSTR_PRIMARY' ? 'PRIMARY KEY' : 'UNIQUE';
}

function usingIndexFix(context: RuleContext, built: BuiltConstraint): readonly Fix[] {
  const { placed, brought } = built;
  if (built.partitioned || placed.part === 'rollback' || isInWrittenTransaction(placed)) return [];
  const names = namesOf(context, placed, brought);
  if (!names) return [];
  const around = brought.column
    ? afterColumn(context, placed, brought, names)
    : inStatement(context, placed, brought, names);
  const edits = around && aroundStatement(context, placed, around);
  // In a step that does more, the rollback is not rewritten: it takes the index of the step before along.
  const alone = placed.action.statements.length === 1 && alterCommands(placed.s).length === 1;
  // Many tools run a file in one transaction, which CONCURRENTLY refuses.
  const safe = context.kind === 'plan' && (brought.column !== undefined || alone);
  return edits ? [{ title: 'Build the index CONCURRENTLY first and attach it', edits, safe }] : [];
}

interface Names {
  readonly table: string;
  readonly constraint: string;
  /** As CREATE INDEX wants it: the constraint's own, unless another relation bears that when the index is built. */
  readonly index: string;
  /** With its schema, as DROP INDEX wants it. */
  readonly qualifiedIndex: string;
  readonly conname: string;
}

/** Undefined for what an index that exists cannot become, and where no name is known. */
function namesOf(
  context: RuleContext,
  placed: PlacedStatement,
  brought: BroughtConstraint,
): Names | undefined {
  const { s } = placed;
  const { node } = brought;
  const relation = alterTable(s)?.relation;
  const conname = constraintName(s, brought);
  const special = node.indexspace || node.without_overlaps || node.options?.length;
  if (special || !relation?.relname || conname === undefined) return undefined;
  const schema = relation.schemaname || undefined;
  const taken = findRelation(schemaBeforeStep(context, placed), { schema, name: conname }) !== undefined;
  const name = taken ? `${conname.slice(0, 59)}_new` : conname;
  return {
    table: writeName(nameOfRangeVar(relation)),
    constraint: quoteIdentifier(conname),
    index: quoteIdentifier(name),
    qualifiedIndex: writeName({ schema, name }),
    conname,
  };
}

function createIndex({ node, columns }: BroughtConstraint, { table, index }: Names): string {
  const list = (names: readonly string[]) => names.map(quoteIdentifier).join(', ');
  const include = node.including?.length ? ` INCLUDE (${list(stringsOf(node.including))})` : '';
  const nulls = node.nulls_not_distinct ? ' NULLS NOT DISTINCT' : '';
  return `CREATE UNIQUE INDEX CONCURRENTLY ${index} ON ${table} (${list(columns)})${include}${nulls};`;
}

function attach(brought: BroughtConstraint, { constraint, index }: Names): string {
  const { deferrable, initdeferred } = brought.node;
  const deferred = deferrable ? ` DEFERRABLE${initdeferred ? ' INITIALLY DEFERRED' : ''}` : '';
  return `ADD CONSTRAINT ${constraint} ${kindOf(brought)} USING INDEX ${index}${deferred}`;
}

function buildStep(
  context: RuleContext,
  brought: BroughtConstraint,
  names: Names,
  ifExists: boolean,
): SqlStep {
  const drop = `DROP INDEX CONCURRENTLY ${ifExists ? 'IF EXISTS ' : ''}${names.qualifiedIndex};`;
  return {
    name: `Build ${names.conname} without blocking writes`,
    transaction: false,
    sql: withoutLockLimit(context, createIndex(brought, names)),
    rollback: { transaction: false, sql: withoutLockLimit(context, drop) },
  };
}

/** Dropping the constraint takes the index along: the step before left one. */
function rollbackOf(
  context: RuleContext,
  brought: BroughtConstraint,
  names: Names,
  nullable: readonly string[],
): RollbackSource {
  const columns = nullable.map((name) => `, ALTER COLUMN ${quoteIdentifier(name)} DROP NOT NULL`).join('');
  return [
    { sql: `ALTER TABLE ${names.table} DROP CONSTRAINT ${names.constraint}${columns};` },
    { transaction: false, sql: withoutLockLimit(context, createIndex(brought, names)) },
  ];
}

/** ADD CONSTRAINT stays where it is, in its other form. */
function inStatement(
  context: RuleContext,
  placed: PlacedStatement,
  brought: BroughtConstraint,
  names: Names,
): Around | undefined {
  const { s } = placed;
  const relation = alterTable(s)?.relation;
  const range = subcommandRanges(s)[brought.at];
  if (!relation || !range || !columnsWereThere(context, placed, brought.columns)) return undefined;
  const table = tableOf(s.before, relation);
  const primary = brought.node.contype === 'CONSTR_PRIMARY';
  const nullable = brought.columns.filter((name) => primary && columnOf(table, name)?.notNull === false);
  const proofs = checkProofs(table, relation, nullable);
  const alone = placed.action.statements.length === 1 && alterCommands(s).length === 1;
  return {
    before: [...proofs.flatMap(({ before }) => before), buildStep(context, brought, names, !alone)],
    replacement: withParts(s, [{ range, newText: attach(brought, names) }]),
    ...(alone ? { rollback: rollbackOf(context, brought, names, nullable) } : {}),
    after: proofs.flatMap(({ after }) => after),
  };
}

/** The column first, without the constraint; then its index; then the constraint. */
function afterColumn(
  context: RuleContext,
  { s }: PlacedStatement,
  brought: BroughtConstraint,
  names: Names,
): Around | undefined {
  const range = constraintRange(s, brought);
  if (!range) return undefined;
  const primary = brought.node.contype === 'CONSTR_PRIMARY';
  return {
    before: [],
    replacement: withParts(s, [{ range, newText: primary ? 'NOT NULL' : '' }]),
    after: [
      buildStep(context, brought, names, false),
      {
        name: `Make ${names.conname} a constraint`,
        sql: `ALTER TABLE ${names.table} ${attach(brought, names)};`,
        rollback: rollbackOf(context, brought, names, []),
      },
    ],
  };
}
