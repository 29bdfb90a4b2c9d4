import { provesNotNull } from '../../schema/expressions.ts';
import { columnOf, constraintOf, relationKey, tableByKey, tableOf } from '../../schema/lookup.ts';
import type { Statement } from '../../sql/model.ts';
import { nameOfRangeVar, nameOfStrings, quoteIdentifier, stringsOf, writeName } from '../../sql/names.ts';
import { documentRange } from '../../text/offset-map.ts';
import {
  type BroughtConstraint,
  broughtConstraints,
  constraintName,
  constraintPlace,
} from '../alter-parts.ts';
import { defineRule, type Fault } from '../define-rule.ts';
import { withFigures } from '../figures.ts';
import type { Fix, RuleContext, StepAnalysis } from '../model.ts';
import { aroundStatement, type NewStep } from '../new-steps.ts';
import { alterTable, type PlacedStatement, sqlStatements } from '../statements.ts';
import { replacedColumns } from './replaced-columns.ts';
import { isSpentCheck } from './spent-check.ts';

/** What the fix adds, and the step that it comes after. */
type Data =
  | { readonly placed: PlacedStatement; readonly after: StepAnalysis; readonly steps: readonly NewStep[] }
  | undefined;

/** What the plan made for the time of the migration, and does not take away. */
export const temporaryObjectLeft = defineRule<Data>({
  id: 'temporary-object-left',
  title: 'What the migration needed for itself is left behind',
  severity: 'warning',
  docs: {
    problem: `Some things that a plan makes for itself are easily forgotten. A CHECK that let SET NOT NULL skip its scan: every
INSERT and UPDATE tests it still, though NOT NULL says the same. A function of a trigger that is dropped again. An old column or table that
gave its name to the new one: it takes space, a column is written with each row, and the next reader wonders which one counts.`,
    solution: `Drop it in a last step. An old column or table may stay for as long as the way back leads over it; where a later plan drops
it, say so in an \`allow\`.`,
    manual: [
      {
        title: 'ALTER TABLE … DROP CONSTRAINT',
        path: 'sql-altertable.html#SQL-ALTERTABLE-DESC-DROP-CONSTRAINT',
      },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: No new NULL
  sql: ALTER TABLE users ADD CONSTRAINT email_set CHECK (email IS NOT NULL) NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT email_set;
- step: No old NULL either
  sql: ALTER TABLE users VALIDATE CONSTRAINT email_set;
  rollback: { not_needed: dropping email_set undoes it }
- step: The email is required
  sql: ALTER TABLE users ALTER COLUMN email SET NOT NULL;
  rollback: ALTER TABLE users ALTER COLUMN email DROP NOT NULL;
`,
        finds: 'email_set',
        fixed: `- step: No new NULL
  sql: ALTER TABLE users ADD CONSTRAINT email_set CHECK (email IS NOT NULL) NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT email_set;
- step: No old NULL either
  sql: ALTER TABLE users VALIDATE CONSTRAINT email_set;
  rollback: { not_needed: dropping email_set undoes it }
- step: The email is required
  sql: ALTER TABLE users ALTER COLUMN email SET NOT NULL;
  rollback: ALTER TABLE users ALTER COLUMN email DROP NOT NULL;
- step: Drop email_set, which NOT NULL replaces
  sql: ALTER TABLE users DROP CONSTRAINT email_set;
  rollback:
    - sql: ALTER TABLE users ADD CONSTRAINT email_set CHECK (email IS NOT NULL) NOT VALID;
    - sql: ALTER TABLE users VALIDATE CONSTRAINT email_set;
`,
      },
      {
        steps: `- step: Keep the email in lower case meanwhile
  sql: |
    CREATE FUNCTION lower_email() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.email := lower(NEW.email); RETURN NEW; END $$;
    CREATE TRIGGER lower_email BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION lower_email();
  rollback: |
    DROP TRIGGER lower_email ON users;
    DROP FUNCTION lower_email();
- step: The application does it now
  sql: DROP TRIGGER lower_email ON users;
  rollback: CREATE TRIGGER lower_email BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION lower_email();
`,
        finds: 'lower_email',
      },
    ],
    good: [
      {
        steps: `- step: No new NULL
  sql: ALTER TABLE users ADD CONSTRAINT email_set CHECK (email IS NOT NULL) NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT email_set;
- step: No old NULL either
  sql: ALTER TABLE users VALIDATE CONSTRAINT email_set;
  rollback: { not_needed: dropping email_set undoes it }
- step: The email is required
  sql: |
    ALTER TABLE users ALTER COLUMN email SET NOT NULL;
    ALTER TABLE users DROP CONSTRAINT email_set;
  rollback:
    - sql: |
        ALTER TABLE users ADD CONSTRAINT email_set CHECK (email IS NOT NULL) NOT VALID;
        ALTER TABLE users ALTER COLUMN email DROP NOT NULL;
    - sql: ALTER TABLE users VALIDATE CONSTRAINT email_set;
`,
      },
    ],
  },
  *check(context) {
    const last = context.steps.at(-1);
    // What a plain file leaves open, a later one may close.
    if (context.kind === 'sql' || !last) return;
    yield* spentChecks(context, last);
    yield* orphanFunctions(context, last);
    yield* renamedColumns(context, last);
    yield* renamedTables(context, last);
  },
  fix: ({ data }, context) => dropFix(context, data),
});

function* spentChecks(context: RuleContext, last: StepAnalysis): Generator<Fault<Data>> {
  for (const placed of sqlStatements(context)) {
    const target = alterTable(placed.s)?.relation;
    if (placed.part === 'rollback' || !target) continue;
    for (const brought of placed.s.statement.once(proofs)) {
      const name = constraintName(placed.s, brought);
      const table = name === undefined ? undefined : tableOf(last.after, target);
      const constraint = name === undefined ? undefined : constraintOf(table, name);
      if (!table || !constraint || !isSpentCheck(table, constraint)) continue;
      const written = writeName(nameOfRangeVar(target));
      yield {
        message: `${quoteIdentifier(constraint.name)} has done its work once ${quoteIdentifier(constraint.columns[0] ?? '')} is NOT NULL, and no step drops it: every INSERT and UPDATE of ${written} tests it still. Drop it in a last step.`,
        range: constraintPlace(placed.s, brought),
        step: placed.step.id,
        data: {
          placed,
          after: requiredAt(context, placed, constraint.columns[0] ?? '') ?? last,
          steps: [dropCheck(written, constraint.name, constraint.expression ?? '')],
        },
      };
    }
  }
}

/** The CHECKs that say of a column that it is not null. */
function proofs(statement: Statement): readonly BroughtConstraint[] {
  return broughtConstraints({ statement }).filter(
    ({ node: { contype, raw_expr } }) => contype === 'CONSTR_CHECK' && provesNotNull(raw_expr).length > 0,
  );
}

/** The step that makes the column NOT NULL. */
function requiredAt(context: RuleContext, { s }: PlacedStatement, column: string): StepAnalysis | undefined {
  const target = alterTable(s)?.relation;
  return context.steps.findLast(
    ({ before, after }) =>
      columnOf(tableOf(after, target), column)?.notNull === true &&
      columnOf(tableOf(before, target), column)?.notNull !== true,
  );
}

function dropCheck(table: string, name: string, expression: string): NewStep {
  const constraint = quoteIdentifier(name);
  return {
    name: `Drop ${name}, which NOT NULL replaces`,
    sql: `ALTER TABLE ${table} DROP CONSTRAINT ${constraint};`,
    rollback: [
      { sql: `ALTER TABLE ${table} ADD CONSTRAINT ${constraint} CHECK (${expression}) NOT VALID;` },
      { sql: `ALTER TABLE ${table} VALIDATE CONSTRAINT ${constraint};` },
    ],
  };
}

interface OwnTrigger {
  readonly table: string;
  readonly name: string;
}

/** Functions that the plan made for triggers which it has dropped again. */
function* orphanFunctions(context: RuleContext, last: StepAnalysis): Generator<Fault<Data>> {
  const made = new Map<string, PlacedStatement>();
  const triggers = new Map<string, OwnTrigger[]>();
  for (const placed of sqlStatements(context)) {
    const { node } = placed.s.statement;
    if (placed.part === 'rollback') continue;
    if ('CreateFunctionStmt' in node && isTriggerFunction(node.CreateFunctionStmt.returnType?.names))
      made.set(keyOf(stringsOf(node.CreateFunctionStmt.funcname)), placed);
    if ('CreateTrigStmt' in node) {
      const { funcname, trigname = '', relation } = node.CreateTrigStmt;
      const table = tableOf(placed.s.after, relation);
      const key = keyOf(stringsOf(funcname));
      if (table)
        triggers.set(key, [...(triggers.get(key) ?? []), { table: relationKey(table.name), name: trigname }]);
    }
  }
  for (const [key, placed] of made) {
    const own = triggers.get(key) ?? [];
    const isLive = ({ table, name }: OwnTrigger) =>
      tableByKey(last.after, table)?.triggers.includes(name) === true;
    if (own.length === 0 || own.some(isLive) || !isLeft(context, last, key)) continue;
    const { node } = placed.s.statement;
    const strings = 'CreateFunctionStmt' in node ? stringsOf(node.CreateFunctionStmt.funcname) : [];
    const written = writeName(nameOfStrings(strings));
    yield {
      message: `The trigger that called ${written}() is dropped, but the function stays: no step drops it. Drop it with the trigger.`,
      range: nameRange(placed, strings),
      step: placed.step.id,
      severity: 'info',
      data: {
        placed,
        after: last,
        steps: [
          {
            name: `Drop ${written}, which no trigger calls any more`,
            sql: `DROP FUNCTION ${written}();`,
            rollback: `${placed.s.statement.text};`,
          },
        ],
      },
    };
  }
}

function isTriggerFunction(names: Parameters<typeof stringsOf>[0]): boolean {
  return stringsOf(names).at(-1) === 'trigger';
}

function keyOf(strings: readonly string[]): string {
  const { schema, name } = nameOfStrings(strings);
  return `${schema ?? 'public'}.${name}`;
}

/** Whether the plan made it, as against replacing one of the baseline, and it is there at the end. */
function isLeft({ baseline }: RuleContext, { after }: StepAnalysis, key: string): boolean {
  return after.functions.has(key) && baseline.complete && !baseline.functions.has(key);
}

function nameRange({ s }: PlacedStatement, strings: readonly string[]) {
  const { statement, sql } = s;
  const token = statement
    .tokens()
    .find((one) => statement.slice(one).replaceAll('"', '').toLowerCase() === strings.at(-1)?.toLowerCase());
  return token ? documentRange(sql.map, token) : s.range;
}

/** Old columns that gave their name to the column which replaces them. */
function* renamedColumns(context: RuleContext, last: StepAnalysis): Generator<Fault<Data>> {
  for (const { table, from, left, removed } of replacedColumns(context)) {
    if (left === undefined || !columnOf(tableByKey(last.after, table), left)) continue;
    const shown = quoteIdentifier(left);
    yield {
      message: `${quoteIdentifier(from)} lives on as ${shown} beside the column that took its name, and no step drops it: it takes space and is written with every row. Drop it once the way back does not need it, or allow this with the plan that will.`,
      range: removed.range,
      step: removed.placed.step.id,
      severity: 'info',
      data: undefined,
    };
  }
}

/** Tables that gave their name to one that the plan made. */
function* renamedTables(context: RuleContext, last: StepAnalysis): Generator<Fault<Data>> {
  for (const placed of sqlStatements(context)) {
    const { node } = placed.s.statement;
    if (!('RenameStmt' in node) || placed.part === 'rollback') continue;
    const { renameType, relation, newname = '' } = node.RenameStmt;
    const old = renameType === 'OBJECT_TABLE' ? tableOf(placed.s.before, relation) : undefined;
    if (!old || old.madeByPlan) continue;
    const left = tableByKey(last.after, relationKey({ schema: old.name.schema, name: newname }));
    const successor = tableByKey(last.after, relationKey(old.name));
    if (!left || left.madeByPlan || !successor?.madeByPlan) continue;
    // A partition of its successor is in use.
    if (left.parents.includes(relationKey(successor.name))) continue;
    yield {
      message: `${withFigures(context, writeName({ schema: relation?.schemaname || undefined, name: old.name.name }))} lives on as ${quoteIdentifier(newname)} beside the table that took its name, and no step drops it. Drop it once the way back does not need it, or allow this with the plan that will.`,
      range: placed.s.range,
      step: placed.step.id,
      severity: 'info',
      data: undefined,
    };
  }
}

function dropFix(context: RuleContext, data: Data): readonly Fix[] {
  if (!data) return [];
  const { placed, after: at, steps } = data;
  const edits = aroundStatement(context, { ...placed, at, step: at.step }, { before: [], after: steps });
  return edits ? [{ title: 'Drop it in a step of its own', edits, safe: true }] : [];
}
