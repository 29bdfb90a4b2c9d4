import type { VariableSetStmt } from '@pgsql/types';
import { replaceStatement } from '../../plan/edit.ts';
import { defineRule } from '../define-rule.ts';
import type { ActionAnalysis, Fix, RuleContext, StatementAnalysis } from '../model.ts';
import { afterSemicolon, sqlActions } from './commands.ts';

interface Data {
  readonly action: ActionAnalysis;
  readonly s: StatementAnalysis;
  readonly name: string;
}

/** Settings that change what statements mean or may do, and so are dangerous to forget. */
const grave: ReadonlySet<string> = new Set(['role', 'row_security', 'session_authorization']);

/** Settings that change how fast a later statement is, or what is written to the log, and nothing else. */
const harmless =
  /^(?:application_name|client_min_messages|\w*work_mem|max_parallel\w*|vacuum_cost_\w+|enable_\w+|log_\w+|jit\w*)$/;

/** A SET whose effect does not end with the step. */
export const settingOutlivesStep = defineRule<Data>({
  id: 'setting-outlives-step',
  title: 'A SET stays in force after its step',
  severity: 'info',
  eachStep: true,
  docs: {
    problem: `\`SET\` changes the session, not the transaction: the steps after it run with the same setting, as does whatever else
uses the connection when a pool hands it on. A forgotten \`SET ROLE\` makes the next table another owner's; a forgotten
\`search_path\` lets a later statement find another table. And a step that needs the setting fails when it is run by itself, since
the step before it did not run in the same session. Settings that only make a statement faster, such as \`work_mem\`, are not
reported; of \`session_replication_role\` the rule trigger-disabled speaks.`,
    solution: `\`SET LOCAL\` lasts until the transaction ends. In a step with \`transaction: false\` write \`RESET\` at the end. For
\`lock_timeout\` and \`statement_timeout\` use the plan's \`session\`, which is set before every step.`,
    manual: [{ title: 'SET', path: 'sql-set.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Correct a name whatever the policies say
  sql: |
    SET row_security = off;
    UPDATE users SET email = 'ada@example.org' WHERE id = 1;
  rollback: { not_needed: the address was wrong }
`,
        finds: 'SET row_security = off',
        fixed: `- step: Correct a name whatever the policies say
  sql: |
    SET LOCAL row_security = off;
    UPDATE users SET email = 'ada@example.org' WHERE id = 1;
  rollback: { not_needed: the address was wrong }
`,
      },
      {
        steps: `- step: Index without haste
  transaction: false
  sql: |
    SET lock_timeout = 0;
    SET statement_timeout = 0;
    CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback:
    transaction: false
    sql: DROP INDEX CONCURRENTLY users_email_idx;
`,
        finds: 'SET statement_timeout = 0',
        fixed: `- step: Index without haste
  transaction: false
  sql: |
    SET lock_timeout = 0;
    SET statement_timeout = 0;
    CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
    RESET statement_timeout;
  rollback:
    transaction: false
    sql: DROP INDEX CONCURRENTLY users_email_idx;
`,
      },
    ],
    good: [
      {
        steps: `- step: Correct a name with settings of its own
  sql: |
    SET LOCAL row_security = off;
    SET work_mem = '256MB';
    UPDATE users SET email = 'ada@example.org' WHERE id = 1;
  rollback: { not_needed: the address was wrong }
`,
      },
    ],
  },
  *check(context) {
    // A plain file is often for one session alone, and says so at its top.
    if (context.kind === 'sql') return;
    for (const { at, part, action } of sqlActions(context)) {
      for (const [name, s] of leftSet(context, action)) {
        const isGrave = grave.has(name);
        yield {
          message: `SET ${name} lasts as long as the session: ${isGrave ? 'what runs in it later runs so too' : `what runs in it after this ${part} has it too`}, and by itself nothing sets it back. ${s.inTransaction ? 'Write SET LOCAL, which ends with the transaction.' : `Write RESET ${name} at the end.`}`,
          range: s.range,
          step: at.step.id,
          severity: isGrave ? 'warning' : 'info',
          data: { action, s, name },
        };
      }
    }
  },
  fix: ({ data }, context) => (data.s.inTransaction ? localFix(context, data) : resetFix(context, data)),
});

/** The settings of an action that nothing in it sets back, each with the last statement that sets it. */
function leftSet(
  context: RuleContext,
  { statements }: ActionAnalysis,
): ReadonlyMap<string, StatementAnalysis> {
  const left = new Map<string, StatementAnalysis>();
  for (const s of statements) {
    const { node } = s.statement;
    if ('DiscardStmt' in node && node.DiscardStmt.target === 'DISCARD_ALL') left.clear();
    if (!('VariableSetStmt' in node)) continue;
    const { kind, is_local: isLocal } = node.VariableSetStmt;
    const name = settingName(node.VariableSetStmt);
    if (kind === 'VAR_RESET_ALL') left.clear();
    else if (kind === 'VAR_RESET' || kind === 'VAR_SET_DEFAULT') left.delete(name);
    else if (kind === 'VAR_SET_VALUE' && !isLocal && !isOthers(context, name)) left.set(name, s);
  }
  return left;
}

function settingName({ name = '' }: VariableSetStmt): string {
  return name.toLowerCase();
}

/**
 * What the plan's session sets before every step, a step cannot leave behind. A lock_timeout left behind does no
 * more harm than one that is missing; that and the triggers switched off have rules of their own.
 */
function isOthers({ plan: { session } }: RuleContext, name: string): boolean {
  if (name === 'statement_timeout') return session.statementTimeout !== undefined;
  return name === 'lock_timeout' || name === 'session_replication_role' || harmless.test(name);
}

function localFix(context: RuleContext, { s }: Data): readonly Fix[] {
  const [set, scope] = s.statement.tokens();
  if (!set || !scope) return [];
  const isSession = s.statement.slice(scope).toUpperCase() === 'SESSION';
  // SET SESSION AUTHORIZATION and SET SESSION CHARACTERISTICS are other commands.
  if (isSession && /^SET\s+SESSION\s+(?:AUTHORIZATION|CHARACTERISTICS)\b/i.test(s.statement.text)) return [];
  const range = isSession ? { start: set.end, end: scope.end } : { start: set.end, end: set.end };
  const edits = replaceStatement(context.text, s.sql, range, ' LOCAL');
  // A later step may build on it: the author knows.
  return edits ? [{ title: 'Write SET LOCAL', edits, safe: false }] : [];
}

function resetFix(context: RuleContext, { action, name }: Data): readonly Fix[] {
  const last = action.statements.at(-1);
  if (!last || !/^[a-z_.]+$/.test(name)) return [];
  const { start, end } = last.statement.range;
  const range = { start, end: afterSemicolon(last.sql.text, end) };
  const edits = replaceStatement(context.text, last.sql, range, `${last.statement.text};\nRESET ${name};`);
  return edits ? [{ title: `Write RESET ${name} at the end`, edits, safe: false }] : [];
}
