import type { A_Expr, Constraint, Node } from '@pgsql/types';
import { volatileFunctions } from '../../effects/volatile-functions.ts';
import { walk } from '../../schema/expressions.ts';
import { nameOfStrings, stringsOf } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { alterCommands, type PlacedStatement, sqlStatements, tokenRange } from '../statements.ts';

/** Functions of `pg_catalog` that tell the time or the session: stable, not immutable (`pg_proc.provolatile = 's'`). */
const sessionFunctions = new Set([
  'now',
  'transaction_timestamp',
  'statement_timestamp',
  'current_setting',
  'current_schema',
  'current_schemas',
  'inet_client_addr',
  'pg_has_role',
]);

/** Among those above and the volatile ones: the clocks, which only ever go forward. */
const clocks = new Set(['now', 'transaction_timestamp', 'statement_timestamp', 'clock_timestamp']);

/** `current_user` and its kin. */
const sessionValues = /^SVFOP_(CURRENT_ROLE|CURRENT_USER|USER|SESSION_USER|CURRENT_SCHEMA)$/;

interface Changing {
  /** As the message calls it. */
  readonly what: string;
  readonly location: number | undefined;
}

/** A CHECK whose outcome for a stored row changes with time or session. */
export const checkNotImmutable = defineRule<undefined>({
  id: 'check-not-immutable',
  title: 'A CHECK holds for a row now and may not hold later',
  severity: 'warning',
  eachStep: true,
  concerns: ['AlterDomainStmt', 'AlterTableStmt', 'CreateDomainStmt', 'CreateStmt'],
  docs: {
    problem: `A CHECK is looked at when a row is written and never again. Postgres takes its expression to be immutable. One
that reads the clock or the session holds for rows that it would refuse today: such a row can then not be updated in any
column, VALIDATE CONSTRAINT fails on it, and so does loading a dump of the table.`,
    solution: `Check what changes with time where it is written: in the application, or in a trigger. A limit that time only
widens, such as \`created_at <= now()\`, is all right and not reported.`,
    manual: [{ title: 'Check Constraints', path: 'ddl-constraints.html#DDL-CONSTRAINTS-CHECK-CONSTRAINTS' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Invitations
  sql: |
    CREATE TABLE invitations (
      id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      expires_at timestamptz CHECK (expires_at > now())
    );
  rollback: DROP TABLE invitations;
`,
        finds: 'now',
      },
    ],
    good: [
      {
        steps: `- step: Invitations
  sql: |
    CREATE TABLE invitations (
      id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      created_at timestamptz NOT NULL DEFAULT now() CHECK (created_at <= now()),
      expires_at timestamptz,
      CHECK (expires_at > created_at)
    );
  rollback: DROP TABLE invitations;
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      if (placed.part !== 'step') continue;
      for (const { raw_expr, location } of checksOf(placed)) {
        const changing = changingPart(raw_expr);
        if (!changing) continue;
        yield {
          message: `This CHECK asks ${changing.what}, so a row that passes now may fail it later: that row can then not be updated, and loading a dump of the table fails on it. Check it in a trigger or in the application.`,
          range: tokenRange(placed.s, changing.location ?? location),
          step: placed.step.id,
          data: undefined,
        };
      }
    }
  },
});

function checksOf(placed: PlacedStatement): readonly Constraint[] {
  const { node } = placed.s.statement;
  const parts: readonly Node[] =
    'CreateStmt' in node
      ? (node.CreateStmt.tableElts ?? [])
      : 'CreateDomainStmt' in node
        ? (node.CreateDomainStmt.constraints ?? [])
        : 'AlterDomainStmt' in node && node.AlterDomainStmt.def
          ? [node.AlterDomainStmt.def]
          : alterCommands(placed.s).flatMap(({ def }) => def ?? []);
  return parts
    .flatMap((part) => ('ColumnDef' in part ? (part.ColumnDef.constraints ?? []) : [part]))
    .flatMap((part) =>
      'Constraint' in part && part.Constraint.contype === 'CONSTR_CHECK' ? [part.Constraint] : [],
    );
}

/** The first part of a condition that makes its outcome change, by the ANDs and ORs that it is made of. */
function changingPart(condition: Node | undefined): Changing | undefined {
  if (!condition) return undefined;
  if ('BoolExpr' in condition && condition.BoolExpr.boolop !== 'NOT_EXPR') {
    for (const part of condition.BoolExpr.args ?? []) {
      const found = changingPart(part);
      if (found) return found;
    }
    return undefined;
  }
  if ('A_Expr' in condition && isWidenedByTime(condition.A_Expr)) return undefined;
  const [first] = changingCalls(condition);
  return first;
}

/** `column <= now()`, `now() > column`: once true it stays true. */
function isWidenedByTime({ kind, name, lexpr, rexpr }: A_Expr): boolean {
  if (kind !== 'AEXPR_OP') return false;
  const operator = stringsOf(name).at(-1);
  if (operator === '<' || operator === '<=') return isSteady(lexpr) && isClock(rexpr);
  if (operator === '>' || operator === '>=') return isClock(lexpr) && isSteady(rexpr);
  return false;
}

function isSteady(node: Node | undefined): boolean {
  return node !== undefined && changingCalls(node).next().done === true;
}

/** A clock alone, or with an interval added or taken away. */
function isClock(node: Node | undefined): boolean {
  if (!node) return false;
  if ('FuncCall' in node) return clocks.has(nameOfStrings(stringsOf(node.FuncCall.funcname)).name);
  if ('SQLValueFunction' in node) return !sessionValues.test(node.SQLValueFunction.op ?? '');
  if ('TypeCast' in node) return isClock(node.TypeCast.arg);
  if (!('A_Expr' in node)) return false;
  const { name, lexpr, rexpr } = node.A_Expr;
  return ['+', '-'].includes(stringsOf(name).at(-1) ?? '') && isClock(lexpr) && isConstant(rexpr);
}

function isConstant(node: Node | undefined): boolean {
  if (!node) return false;
  return 'A_Const' in node || ('TypeCast' in node && isConstant(node.TypeCast.arg));
}

/** Calls of built-in functions whose result changes; a user's own may promise what its name does not tell. */
function* changingCalls(node: Node): Generator<Changing> {
  for (const [kind, fields] of walk(node)) {
    const location = fields.location as number | undefined;
    if (kind === 'SQLValueFunction') {
      const isSession = sessionValues.test(String(fields.op));
      yield { what: isSession ? 'who is connected' : 'the time', location };
    }
    if (kind !== 'FuncCall') continue;
    const { schema, name } = nameOfStrings(stringsOf(fields.funcname as Node[]));
    if (schema !== undefined && schema !== 'pg_catalog') continue;
    if (clocks.has(name)) yield { what: 'the time', location };
    else if (sessionFunctions.has(name) || volatileFunctions.has(name)) yield { what: `${name}()`, location };
  }
}
