import type { Node, RangeVar } from '@pgsql/types';
import { applyStatement } from '../../schema/apply.ts';
import { keyOf } from '../../schema/lookup.ts';
import type { Schema } from '../../schema/model.ts';
import type { Statement } from '../../sql/model.ts';
import { nameOfRangeVar, nameOfStrings, stringsOf } from '../../sql/names.ts';
import { stepName } from './step-names.ts';

/** Statements that belong into one step. */
export interface DraftStep {
  readonly name: string;
  readonly id: string;
  readonly statements: readonly Statement[];
  readonly part: Part;
}

/** In the order in which a plan has them. */
export const parts = ['Expand', 'Migrate', 'Contract'] as const;
export type Part = (typeof parts)[number];

export interface DraftSteps {
  readonly steps: readonly DraftStep[];
  /** Session settings that the migration makes for all of itself: what a plan says once, for every step. */
  readonly session: Readonly<Record<string, string>>;
}

/**
 * The steps of a script: a statement each, so that no lock is kept for another statement's time; but what is made of a
 * table that the step itself has made stays with it, since nobody else sees that yet. BEGIN and COMMIT are what a plan's
 * steps have anyway.
 */
export function stepsOf(statements: readonly Statement[], source: string, baseline: Schema): DraftSteps {
  const drafts: { statements: Statement[]; made: ReadonlySet<string>; part: Part }[] = [];
  const session: Record<string, string> = {};
  let waiting: Statement[] = [];
  // Each step may run in a session of its own: settings for the rest of the script are made in each.
  const standing = new Map<string, Statement>();
  let schema = baseline;
  for (const statement of statements) {
    const { node } = statement;
    if ('TransactionStmt' in node) continue;
    const limit = timeLimit(node);
    if (limit && drafts.length === 0 && waiting.length === 0) {
      session[limit.name] = limit.value;
      continue;
    }
    // Of a setting the next statement is what it is made for.
    if ('VariableSetStmt' in node) {
      waiting.push(statement);
      keepStanding(standing, statement);
      continue;
    }
    const before = schema;
    schema = applyStatement(schema, statement, { madeByPlan: true });
    const last = drafts.at(-1);
    const relations = namedRelations(node, before);
    if (
      last &&
      waiting.length === 0 &&
      relations.length > 0 &&
      relations.every((one) => last.made.has(one))
    ) {
      last.statements.push(statement);
      continue;
    }
    const made = new Set([...schema.relations.keys()].filter((key) => !before.relations.has(key)));
    const kept = [...standing.values()].filter((one) => !waiting.includes(one));
    drafts.push({ statements: [...kept, ...waiting, statement], made, part: partOf(node) });
    waiting = [];
  }
  if (waiting.length > 0) drafts.at(-1)?.statements.push(...waiting);
  return { steps: named(drafts, source), session };
}

function keepStanding(standing: Map<string, Statement>, statement: Statement): void {
  const set = 'VariableSetStmt' in statement.node ? statement.node.VariableSetStmt : undefined;
  if (!set || set.is_local) return;
  if (set.kind === 'VAR_RESET_ALL') standing.clear();
  else if (set.name) {
    standing.delete(set.name);
    if (set.kind === 'VAR_SET_VALUE' || set.kind === 'VAR_SET_MULTI') standing.set(set.name, statement);
  }
}

function named(
  drafts: readonly { readonly statements: readonly Statement[]; readonly part: Part }[],
  source: string,
): readonly DraftStep[] {
  const ids = new Set<string>();
  return drafts.map(({ statements, part }) => {
    const main = statements.find(({ node }) => !('VariableSetStmt' in node)) ?? statements[0];
    const name = main ? stepName(main, source) : 'Step';
    return { name, id: freeId(name, ids), statements, part };
  });
}

function freeId(name: string, taken: Set<string>): string {
  const slug = name
    .toLowerCase()
    .replace(/\b(?:the|a|an|of|on|into|to|from)\b/g, ' ')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .replace(/^(?=\d)/, 'step_')
    .slice(0, 48)
    .replace(/_+$/, '');
  const base = slug === '' ? 'step' : slug;
  for (let number = 1; ; number++) {
    const id = number === 1 ? base : `${base}_${number}`;
    if (taken.has(id)) continue;
    taken.add(id);
    return id;
  }
}

/** `SET lock_timeout = '2s'`: what a plan has under `session`. */
function timeLimit(node: Node): { readonly name: string; readonly value: string } | undefined {
  if (!('VariableSetStmt' in node)) return undefined;
  const { kind, name, args = [] } = node.VariableSetStmt;
  if (kind !== 'VAR_SET_VALUE' || (name !== 'lock_timeout' && name !== 'statement_timeout')) return undefined;
  const value = args[0] && 'A_Const' in args[0] ? args[0].A_Const : undefined;
  const text = value?.sval?.sval ?? (value?.ival ? `${value.ival.ival ?? 0}ms` : undefined);
  // As a plan writes durations; anything else stays a statement.
  return text !== undefined && /^[1-9]\d*(?:ms|s|min|h|d)$/.test(text) ? { name, value: text } : undefined;
}

/** Keys of the relations that a statement is about; none where it may touch others, or tells of none. */
function namedRelations(node: Node, schema: Schema): readonly string[] {
  if ('IndexStmt' in node) return keysOf(schema, node.IndexStmt.relation);
  if ('AlterTableStmt' in node) {
    const refers = JSON.stringify(node.AlterTableStmt.cmds ?? []).includes('"pktable"');
    return refers ? [] : keysOf(schema, node.AlterTableStmt.relation);
  }
  if ('CommentStmt' in node) {
    const { objtype, object } = node.CommentStmt;
    const names = object && 'List' in object ? stringsOf(object.List.items) : [];
    const table = objtype === 'OBJECT_COLUMN' ? names.slice(0, -1) : objtype === 'OBJECT_TABLE' ? names : [];
    return table.length > 0 ? [keyOf(schema, nameOfStrings(table))] : [];
  }
  if ('GrantStmt' in node && node.GrantStmt.objtype === 'OBJECT_TABLE') {
    const objects = node.GrantStmt.objects ?? [];
    return objects.flatMap((one) => ('RangeVar' in one ? keysOf(schema, one.RangeVar) : []));
  }
  return [];
}

function keysOf(schema: Schema, relation: RangeVar | undefined): readonly string[] {
  return relation ? [keyOf(schema, nameOfRangeVar(relation))] : [];
}

/** What a statement is for: adding what nobody uses yet, changing rows, or taking away. */
function partOf(node: Node): Part {
  if (
    'UpdateStmt' in node ||
    'InsertStmt' in node ||
    'DeleteStmt' in node ||
    'MergeStmt' in node ||
    'DoStmt' in node
  )
    return 'Migrate';
  if ('DropStmt' in node || 'RenameStmt' in node || 'TruncateStmt' in node) return 'Contract';
  if ('AlterTableStmt' in node) {
    const takesAway = (node.AlterTableStmt.cmds ?? []).some(
      (cmd) =>
        'AlterTableCmd' in cmd && /^AT_Drop(?:Column|Constraint)$/.test(cmd.AlterTableCmd.subtype ?? ''),
    );
    return takesAway ? 'Contract' : 'Expand';
  }
  return 'Expand';
}
