import type { AlterTableCmd, VariableSetStmt } from '@pgsql/types';
import { relationKey, tableByKey, tableOf } from '../../schema/lookup.ts';
import { quoteIdentifier } from '../../sql/names.ts';
import { documentRange } from '../../text/offset-map.ts';
import type { Range } from '../../text/range.ts';
import { subcommandRanges } from '../alter-parts.ts';
import { defineRule, type Fault } from '../define-rule.ts';
import { waitingRequests, withFigures } from '../figures.ts';
import type { RuleContext, StatementAnalysis } from '../model.ts';
import { alterCommands, alterTable, type PlacedStatement, sqlStatements } from '../statements.ts';

/** DISABLE TRIGGER, or its like for a session. */
export const triggerDisabled = defineRule<undefined>({
  id: 'trigger-disabled',
  title: 'Triggers, and with ALL the foreign keys, are switched off',
  severity: 'warning',
  concerns: ['AlterTableStmt', 'VariableSetStmt'],
  docs: {
    problem: `\`DISABLE TRIGGER\` holds for every session, not for the one that says it: what the application writes until
\`ENABLE TRIGGER\` goes without the trigger, and nothing makes up for it later. With \`ALL\` the foreign keys of the table are off
too, and rows that break them are taken without a word; ENABLE does not check them. \`session_replication_role = replica\` does the
same for all tables to what its own session writes.`,
    solution: `Let the trigger itself skip what is to be skipped: a condition in its function on a setting of the session
(\`current_setting('app.backfill', true)\`), which the backfill sets with \`SET LOCAL\`. Where it must be switched off, disable and
enable it in one short transaction: other sessions' writes wait for its lock, and none gets through without the trigger.`,
    manual: [
      {
        title: 'ALTER TABLE … DISABLE TRIGGER',
        path: 'sql-altertable.html#SQL-ALTERTABLE-DESC-DISABLE-ENABLE-TRIGGER',
      },
      {
        title: 'session_replication_role',
        path: 'runtime-config-client.html#GUC-SESSION-REPLICATION-ROLE',
      },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: No foreign keys for a while
  sql: ALTER TABLE users DISABLE TRIGGER ALL;
  rollback: ALTER TABLE users ENABLE TRIGGER ALL;
`,
        finds: 'DISABLE TRIGGER ALL',
      },
    ],
    good: [
      {
        steps: `- step: Keep a log of changes
  sql: |
    CREATE FUNCTION log_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE LOG 'user %', NEW.id; RETURN NEW; END $$;
    CREATE TRIGGER log_change AFTER UPDATE ON users FOR EACH ROW EXECUTE FUNCTION log_change();
  rollback: |
    DROP TRIGGER log_change ON users;
    DROP FUNCTION log_change();
- step: Not yet
  sql: ALTER TABLE users DISABLE TRIGGER log_change;
  rollback: ALTER TABLE users ENABLE TRIGGER log_change;
`,
      },
    ],
  },
  *check(context) {
    const open: Disabled[] = [];
    for (const placed of sqlStatements(context)) {
      if (placed.part === 'rollback') continue;
      const { node } = placed.s.statement;
      if ('VariableSetStmt' in node) yield* sessionFaults(placed, node.VariableSetStmt);
      for (const [at, command] of alterCommands(placed.s).entries()) {
        if (!/^AT_(?:Disable|Enable).*Trig/.test(command.subtype ?? '')) continue;
        const disabled = disabledBy(context, placed, command, at);
        if (disabled) open.push(disabled);
        if (/^AT_Enable(?:Always)?Trig/.test(command.subtype ?? '')) enable(open, placed, command, at);
      }
    }
    for (const disabled of open) yield disabledFault(context, disabled);
  },
});

interface Disabled {
  readonly placed: PlacedStatement;
  readonly range: Range;
  /** The table as `regclass` prints it. */
  readonly relation: string;
  /** What is off: one trigger, all of the user's, or all with the foreign keys. */
  readonly what: { readonly trigger: string } | 'USER' | 'ALL';
  enabled?: { readonly placed: PlacedStatement; readonly range: Range };
}

function disabledBy(
  context: RuleContext,
  placed: PlacedStatement,
  { subtype, name = '' }: AlterTableCmd,
  at: number,
): Disabled | undefined {
  const { s } = placed;
  const lock = s.effects.locks[0];
  const range = partRange(s, at);
  if (!lock || lock.isNew) return undefined;
  if (subtype === 'AT_DisableTrigAll') return { placed, range, relation: lock.relation, what: 'ALL' };
  if (subtype === 'AT_DisableTrigUser') return { placed, range, relation: lock.relation, what: 'USER' };
  if (subtype !== 'AT_DisableTrig' && subtype !== 'AT_EnableReplicaTrig') return undefined;
  // A trigger that the plan made itself is its own business.
  const table = tableOf(s.before, alterTable(s)?.relation);
  const before = table && tableByKey(context.baseline, relationKey(table.name));
  if (table?.triggers.includes(name) && !before?.triggers.includes(name)) return undefined;
  return { placed, range, relation: lock.relation, what: { trigger: name } };
}

function partRange(s: StatementAnalysis, at: number): Range {
  const part = subcommandRanges(s)[at];
  return part ? documentRange(s.sql.map, part) : s.range;
}

/** Notes where what is off comes on again. */
function enable(
  open: readonly Disabled[],
  placed: PlacedStatement,
  command: AlterTableCmd,
  at: number,
): void {
  const relation = placed.s.effects.locks[0]?.relation;
  for (const one of open) {
    const all = command.subtype === 'AT_EnableTrigAll';
    const covers =
      all ||
      (command.subtype === 'AT_EnableTrigUser'
        ? one.what !== 'ALL'
        : typeof one.what === 'object' && one.what.trigger === command.name);
    if (one.relation === relation && covers) one.enabled ??= { placed, range: partRange(placed.s, at) };
  }
}

function disabledFault(
  context: RuleContext,
  { placed, range, relation, what, enabled }: Disabled,
): Fault<undefined> {
  const together = enabled !== undefined && enabled.placed.action === placed.action && placed.s.inTransaction;
  const table = withFigures(context, relation);
  const never = enabled || context.kind === 'sql' ? '' : ', and no step of the plan enables it again';
  const subject =
    what === 'ALL'
      ? `This switches off every trigger of ${table} and its foreign keys`
      : what === 'USER'
        ? `This switches off every trigger of ${table}`
        : `This switches off the trigger ${quoteIdentifier(what.trigger)} of ${table}`;
  const loss =
    what === 'ALL'
      ? 'rows that break a foreign key are taken, and nothing checks them later'
      : 'what the application writes meanwhile goes without it, and nothing makes up for that';
  const message = together
    ? `${subject} until the transaction ends, and holds SHARE ROW EXCLUSIVE so long: ${waitingRequests(context, 'every write')}.${what === 'ALL' ? ' What this transaction itself writes is never checked against the foreign keys.' : ''} Keep it short.`
    : `${subject} for every session${never}: ${loss}. Let the trigger skip what is to be skipped by a setting that it reads, or disable and enable it in one short transaction.`;
  return {
    message,
    range,
    step: placed.step.id,
    severity: together && what !== 'ALL' ? 'info' : 'warning',
    related: enabled ? [{ message: 'It is enabled again here.', range: enabled.range }] : [],
    data: undefined,
  };
}

function* sessionFaults(placed: PlacedStatement, set: VariableSetStmt): Generator<Fault<undefined>> {
  const [value] = set.args ?? [];
  const text = value && 'A_Const' in value ? value.A_Const.sval?.sval : undefined;
  if (set.name?.toLowerCase() !== 'session_replication_role' || text?.toLowerCase() !== 'replica') return;
  yield {
    message:
      'From here on no trigger fires for what this session writes, and no foreign key is checked: rows that break one are taken, and nothing checks them later. Let the triggers in question skip their work by a setting that they read, and leave the foreign keys on.',
    range: placed.s.range,
    step: placed.step.id,
    data: undefined,
  };
}
