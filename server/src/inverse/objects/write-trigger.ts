import type { CreateTrigStmt, Node } from '@pgsql/types';
import { currentRole, sessionRole } from '../../schema/described.ts';
import type { Policy, PolicyExpression, QualifiedName, Rule, Trigger } from '../../schema/model.ts';
import { relationKey } from '../../schema/names.ts';
import {
  nameOfRangeVar,
  nameOfStrings,
  parseName,
  quoteIdentifier,
  quoteLiteral,
  stringsOf,
  writeName,
} from '../../sql/names.ts';
import { firstLocation } from '../../sql/source.ts';
import { columnNow, nameIn, pastKey, sourceNow, type Writing } from './source.ts';
import type { Tokens } from './tokens.ts';

const events = [
  [4, 'INSERT'],
  [8, 'DELETE'],
  [16, 'UPDATE'],
  [32, 'TRUNCATE'],
] as const;

/** CREATE TRIGGER, with what it is now; undefined where its definition is not known or cannot be followed. */
export function writeTrigger(writing: Writing, table: QualifiedName, trigger: Trigger): string | undefined {
  const { definition } = trigger;
  const node = definition?.read().node;
  if (!definition || !node || !('CreateTrigStmt' in node)) return undefined;
  const fields = node.CreateTrigStmt;
  const { timing = 0, events: mask = 0, isconstraint, row, transitionRels = [], constrrel, args } = fields;
  const when = conditionText(writing, definition, fields.whenClause, 'when', table);
  const calls = functionName(writing, trigger, stringsOf(fields.funcname));
  if (when === undefined || calls === undefined || (constrrel && definition.renames)) return undefined;
  const renames = definition.renames ?? [];
  const key = pastKey(renames, relationKey(table));
  const columns = stringsOf(fields.columns).map((name) => quoteIdentifier(columnNow(renames, key, name)));
  const fired = events.flatMap(([bit, word]) =>
    (mask & bit) === 0
      ? []
      : [word === 'UPDATE' && columns.length > 0 ? `UPDATE OF ${columns.join(', ')}` : word],
  );
  const words = [
    `CREATE ${isconstraint ? 'CONSTRAINT ' : ''}TRIGGER ${quoteIdentifier(trigger.name)}`,
    timing === 2 ? 'BEFORE' : timing === 64 ? 'INSTEAD OF' : 'AFTER',
    fired.join(' OR '),
    `ON ${nameIn(writing, table)}`,
    constrrel ? `FROM ${writeName(nameOfRangeVar(constrrel))}` : '',
    deferral(fields),
    transitions(transitionRels),
    `FOR EACH ${row ? 'ROW' : 'STATEMENT'}`,
    when === '' ? '' : `WHEN (${when})`,
    `EXECUTE FUNCTION ${calls}(${stringsOf(args).map(quoteLiteral).join(', ')})`,
  ];
  return words.filter((word) => word !== '').join(' ');
}

function deferral({ deferrable, initdeferred }: CreateTrigStmt): string {
  return deferrable ? `DEFERRABLE${initdeferred ? ' INITIALLY DEFERRED' : ''}` : '';
}

function transitions(nodes: readonly Node[]): string {
  const parts = nodes.flatMap((node) => {
    if (!('TriggerTransition' in node)) return [];
    const { name = '', isNew, isTable } = node.TriggerTransition;
    return [`${isNew ? 'NEW' : 'OLD'} ${isTable ? 'TABLE' : 'ROW'} AS ${quoteIdentifier(name)}`];
  });
  return parts.length > 0 ? `REFERENCING ${parts.join(' ')}` : '';
}

/** The function that a trigger calls, by the name that it has now. */
export function functionName(
  writing: Writing,
  { dependsOn = [], definition }: Pick<Trigger, 'dependsOn' | 'definition'>,
  written: readonly string[],
): string | undefined {
  const own = dependsOn.flatMap((one) => /^function (.*)\(\)$/.exec(one)?.[1] ?? []);
  for (const key of own) {
    const name = parseName(key);
    const matches = definition?.renames || name?.name === written.at(-1);
    if (name?.schema !== undefined && matches)
      return nameIn(writing, { schema: name.schema, name: name.name });
  }
  // One that the whole schema does not make is the server's or an extension's: what was renamed is another.
  const isForeign = writing.schema.complete && own.length === 0;
  return definition?.renames && !isForeign ? undefined : writeName(nameOfStrings(written));
}

/** The source in the parentheses around a condition; empty where there is none. */
function conditionText(
  writing: Writing,
  definition: NonNullable<Trigger['definition']>,
  node: Node | undefined,
  word: string,
  relation: QualifiedName,
): string | undefined {
  if (!node) return '';
  return sourceNow(writing, definition, [node], (tokens) => inParentheses(tokens, node, word), relation);
}

/** The tokens between the parentheses that stand behind `word` and around an expression. */
export function inParentheses(
  tokens: Tokens,
  node: Node,
  word: string,
): readonly [number, number] | undefined {
  const start = tokens.at(firstLocation(node));
  for (let at = start < 0 ? tokens.all.length - 1 : start; at > 0; at--) {
    if (tokens.word(at) !== '(' || tokens.word(at - 1) !== word) continue;
    const end = tokens.closing(at);
    if (start < 0 || end > start) return [at + 1, end];
  }
  return undefined;
}

/** CREATE POLICY */
export function writePolicy(writing: Writing, table: QualifiedName, policy: Policy): string | undefined {
  const using = policyExpression(writing, table, policy.using, 'using');
  const check = policyExpression(writing, table, policy.check, 'check');
  if (using === undefined || check === undefined) return undefined;
  const words = [
    `CREATE POLICY ${quoteIdentifier(policy.name)} ON ${nameIn(writing, table)}`,
    policy.restrictive ? 'AS RESTRICTIVE' : '',
    policy.command ? `FOR ${policy.command.toUpperCase()}` : '',
    policy.roles ? `TO ${policy.roles.map(roleText).join(', ')}` : '',
    using === '' ? '' : `USING (${using})`,
    check === '' ? '' : `WITH CHECK (${check})`,
  ];
  return words.filter((word) => word !== '').join(' ');
}

/** Source of a policy's expression; empty for none. */
export function policyExpression(
  writing: Writing,
  table: QualifiedName,
  expression: PolicyExpression | undefined,
  word: string,
): string | undefined {
  if (!expression) return '';
  const node = expression.definition?.read().node;
  if (!expression.definition || !node) return undefined;
  return sourceNow(
    writing,
    expression.definition,
    [node],
    (tokens) => inParentheses(tokens, node, word),
    table,
  );
}

export function roleText(role: string | undefined): string {
  if (role === undefined) return 'PUBLIC';
  if (role === currentRole) return 'CURRENT_USER';
  return role === sessionRole ? 'SESSION_USER' : quoteIdentifier(role);
}

/** CREATE RULE */
export function writeRule(
  writing: Writing,
  relation: QualifiedName,
  rule: Rule,
  { orReplace = false } = {},
): string | undefined {
  const { definition } = rule;
  const node = definition?.read().node;
  if (!definition || !node || !('RuleStmt' in node)) return undefined;
  const { event, relation: target, actions = [], whereClause } = node.RuleStmt;
  // Names of columns in its actions are those of several relations.
  if (definition.renames?.some(({ kind }) => kind === 'column')) return undefined;
  const rest = sourceNow(writing, definition, [...actions, whereClause], (tokens) => {
    const at = tokens.at(target?.location);
    return at < 0 ? undefined : [tokens.afterName(at), tokens.all.length];
  });
  if (rest === undefined) return undefined;
  const word = event?.replace('CMD_', '');
  return `CREATE ${orReplace ? 'OR REPLACE ' : ''}RULE ${quoteIdentifier(rule.name)} AS ON ${word} TO ${nameIn(writing, relation)} ${rest}`;
}
