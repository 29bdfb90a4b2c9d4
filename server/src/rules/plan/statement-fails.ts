import { type AlreadyThere, alreadyThere, renamedOnto } from '../../effects/already-there.ts';
import type { Effects } from '../../effects/model.ts';
import { replaceStatement } from '../../plan/edit.ts';
import { nearest } from '../../plan/nearest.ts';
import type { Schema } from '../../schema/model.ts';
import { isUncertainName } from '../../schema/uncertain.ts';
import { quoteIdentifier, writeName } from '../../sql/names.ts';
import { documentRange } from '../../text/offset-map.ts';
import type { Range } from '../../text/range.ts';
import { defineRule, type Fault } from '../define-rule.ts';
import type { RuleContext, StatementAnalysis, StepAnalysis } from '../model.ts';
import { sqlStatements, tokenRange } from '../statements.ts';

interface Wrong {
  readonly s: StatementAnalysis;
  /** A name that is not there, with one that is and looks like it; undefined for every other fault. */
  readonly spelling: Spelling | undefined;
}

interface Spelling {
  readonly place: Range;
  readonly instead: string;
}

/** A statement that Postgres refuses when it gets there, by what the schema then holds. */
export const statementFails = defineRule<Wrong>({
  id: 'statement-fails',
  title: 'A statement names what is not there, or makes what is',
  severity: 'error',
  eachStep: true,
  docs: {
    problem: `Switchback follows the schema through the plan, from the baseline on. A statement that names a table or column that
does not exist at that moment, or makes one that does, is refused by Postgres: the step fails in production, with the steps
before it done. In a rollback it is worse: the way back ends there.`,
    solution: `Correct the name, or the order of the steps. Where the object is in production but not in the baseline, add it there:
\`database.schema\` wants the whole schema, as \`pg_dump --schema-only\` writes it.`,
    manual: [{ title: 'The Schema Search Path', path: 'ddl-schemas.html#DDL-SCHEMAS-PATH' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Index the address
  transaction: false
  sql: CREATE INDEX CONCURRENTLY users_email_idx ON usres (email);
  rollback: { not_needed: nothing uses it }
`,
        finds: 'usres',
        fixed: `- step: Index the address
  transaction: false
  sql: CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback: { not_needed: nothing uses it }
`,
      },
      {
        steps: `- step: Correct one user
  sql: UPDATE users SET emial = 'ada@example.org' WHERE username = 'ada';
  rollback: { impossible: the old address was wrong }
`,
        finds: 'emial',
        fixed: `- step: Correct one user
  sql: UPDATE users SET email = 'ada@example.org' WHERE username = 'ada';
  rollback: { impossible: the old address was wrong }
`,
      },
      {
        steps: `- step: Add a nickname
  sql: ALTER TABLE users ADD COLUMN nickname text;
  rollback: ALTER TABLE users DROP COLUMN nikname;
`,
        finds: 'nikname',
        fixed: `- step: Add a nickname
  sql: ALTER TABLE users ADD COLUMN nickname text;
  rollback: ALTER TABLE users DROP COLUMN nickname;
`,
      },
    ],
    good: [
      {
        steps: `- step: Add a nickname
  sql: ALTER TABLE users ADD COLUMN nickname text;
  rollback: ALTER TABLE users DROP COLUMN nickname;
`,
      },
    ],
  },
  *check(context) {
    for (const { step, s } of sqlStatements(context)) yield* faultsOf(context, s, step.id);
    for (const at of context.steps) yield* verifyFaults(context, at);
  },
  fix({ data: { s, spelling } }, context) {
    if (!spelling) return [];
    const edits = replaceStatement(context.text, s.sql, spelling.place, spelling.instead);
    return edits ? [{ title: `Change it to ${spelling.instead}`, edits, safe: false }] : [];
  },
});

function* verifyFaults(context: RuleContext, { step, action }: StepAnalysis): Generator<Fault<Wrong>> {
  if (action?.action.kind !== 'verify') return;
  for (const s of action.statements) yield* faultsOf(context, s, step.id);
}

function* faultsOf(context: RuleContext, s: StatementAnalysis, step: string): Generator<Fault<Wrong>> {
  // `IF NOT EXISTS … THEN`, `EXCEPTION WHEN duplicate_object`: who wrote it knows that it may be otherwise.
  if (s.guarded) return;
  yield* namesNotThere(s, s.effects, step);
  yield* refusedQuery(context, s, step);
  const taken = alreadyThere(s.statement.node, s.before) ?? renamedOnto(s.statement.node, s.before);
  if (taken) yield takenName(s, taken, step);
}

/** Of DDL, what effects say is not there, or is. A query's names are read with their places instead. */
function* namesNotThere(s: StatementAnalysis, effects: Effects, step: string): Generator<Fault<Wrong>> {
  // The statements of a DO block come by themselves.
  if (isQuery(s) || s.embedded) return;
  for (const { fact, refused } of effects.unknown) {
    if (refused === undefined || isUncertainName(s.before, refused.name)) continue;
    const place = tokenOf(s, refused.name);
    const known = refused.because === 'taken' ? [] : namesNear(s.before, s);
    const elsewhere =
      refused.because === 'missing' && place ? inOtherSchema(s, place, refused.name) : undefined;
    if (elsewhere) {
      yield notOnPath(s, step, elsewhere);
      continue;
    }
    const spelling = spellingOf(place, refused.name, known);
    yield {
      message: `This statement fails: ${fact}. ${guess(spelling)}`,
      range: place ? documentRange(s.sql.map, place) : s.range,
      step,
      data: { s, spelling },
    };
  }
}

function* refusedQuery(context: RuleContext, s: StatementAnalysis, step: string): Generator<Fault<Wrong>> {
  if (!isQuery(s)) return;
  for (const { kind, key, name, reason, location, unless } of context.live.read(s.statement, s.before)
    .refusals) {
    if (unless.length > 0 || (kind === 'no column' && s.variables?.includes(name))) continue;
    const place = location === undefined ? undefined : nameToken(s, s.statement.tokenAt(location), name);
    const elsewhere = kind === 'no relation' && place ? inOtherSchema(s, place, name) : undefined;
    if (elsewhere) {
      yield notOnPath(s, step, elsewhere);
      continue;
    }
    const known = kind === 'no column' ? columnsOf(s.before, key) : relationNames(s.before);
    const spelling =
      kind === 'no column' || kind === 'no relation' ? spellingOf(place, name, known) : undefined;
    yield {
      message: `This statement fails when the plan gets here: ${reason}. ${guess(spelling)}`,
      range: place ? documentRange(s.sql.map, place) : tokenRange(s, location),
      step,
      data: { s, spelling },
    };
  }
}

/** A relation of that name in a schema that is not searched: the role's own path may have it. */
function inOtherSchema(s: StatementAnalysis, place: Range, name: string): Spelling | undefined {
  const tokens = s.statement.tokens();
  const at = tokens.findIndex(({ start }) => start === place.start);
  const before = tokens[at - 1];
  if (before && s.statement.slice(before) === '.') return undefined;
  for (const { kind, name: one } of s.before.relations.values())
    if (one.name === name && kind !== 'index') return { place, instead: writeName(one) };
  return undefined;
}

function notOnPath(s: StatementAnalysis, step: string, spelling: Spelling): Fault<Wrong> {
  const path = s.before.searchPath.join(', ') || 'empty';
  return {
    message: `This statement fails unless the role that runs it has another search_path: ${s.statement.slice(spelling.place)} is in none of its schemas (${path}), and ${spelling.instead} is there. Write ${spelling.instead}, or SET search_path first.`,
    range: documentRange(s.sql.map, spelling.place),
    step,
    severity: 'warning',
    data: { s, spelling },
  };
}

function takenName(
  s: StatementAnalysis,
  { name, what, passedOver }: AlreadyThere,
  step: string,
): Fault<Wrong> {
  const place = tokenOf(s, name);
  const message = passedOver
    ? `This statement does nothing: the ${what} ${quoteIdentifier(name)} exists when the plan gets here, and IF NOT EXISTS passes over it, whatever it looks like. Take the statement out, or change what is there.`
    : `This statement fails when the plan gets here: the ${what} ${quoteIdentifier(name)} exists already. Give it another name, or take the statement out.`;
  return {
    message,
    range: place ? documentRange(s.sql.map, place) : s.range,
    step,
    ...(passedOver ? { severity: 'warning' as const } : {}),
    data: { s, spelling: undefined },
  };
}

function isQuery({ statement: { kind } }: StatementAnalysis): boolean {
  return ['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'].includes(kind);
}

function guess(spelling: Wrong['spelling']): string {
  return spelling
    ? `Is ${spelling.instead} meant?`
    : 'Correct it, or move the step to where it holds; what is in production but not in the baseline DDL belongs there.';
}

function spellingOf(place: Range | undefined, name: string, known: Iterable<string>): Wrong['spelling'] {
  const near = nearest(name, known);
  return near !== undefined && place ? { place, instead: quoteIdentifier(near) } : undefined;
}

/** The token, of those from `from` on, that says the name: a qualified one begins with its schema or alias. */
function nameToken(s: StatementAnalysis, from: Range, name: string): Range {
  return s.statement.tokens().find((token) => token.start >= from.start && says(s, token, name)) ?? from;
}

function tokenOf(s: StatementAnalysis, name: string): Range | undefined {
  return s.statement.tokens().find((token) => says(s, token, name));
}

function says(s: StatementAnalysis, token: Range & { readonly kind: string }, name: string): boolean {
  const source = s.statement.slice(token);
  if (token.kind === 'quoted') return source.slice(1, -1).replaceAll('""', '"') === name;
  return token.kind === 'word' && source.toLowerCase() === name;
}

function relationNames(schema: Schema): string[] {
  return [...schema.relations.values()].flatMap(({ kind, name }) =>
    kind === 'index' || !schema.searchPath.includes(name.schema) ? [] : [name.name],
  );
}

function columnsOf(schema: Schema, key: string | undefined): readonly string[] {
  const relation = key === undefined ? undefined : schema.relations.get(key);
  return relation?.kind === 'table' ? relation.columns.map(({ name }) => name) : [];
}

/** What a name of DDL may have been meant to be: a relation, or a column of one that the statement names. */
function namesNear(schema: Schema, s: StatementAnalysis): readonly string[] {
  const columns = s.effects.locks.flatMap(({ relation }) => columnsOf(schema, keyOfShown(schema, relation)));
  return [...columns, ...relationNames(schema)];
}

function keyOfShown(schema: Schema, shown: string): string | undefined {
  for (const [key, { name }] of schema.relations) if (name.name === shown || key === shown) return key;
  return undefined;
}
