import type { Analysis } from '../analyze.ts';
import type { ActionAnalysis } from '../rules/model.ts';
import { displayName } from '../schema/lookup.ts';
import type { Constraint, Index, Schema, Table } from '../schema/model.ts';
import { isDatabaseError } from './errors.ts';
import type { Connection } from './model.ts';
import { quoteIdentifier } from './roles.ts';

/** A constraint that the plan adds to a table of the baseline. */
interface Later {
  readonly table: string;
  readonly name: string;
  /** What ADD CONSTRAINT takes, without NOT VALID. */
  readonly definition: string;
  readonly isReference: boolean;
}

/** The held constraints' names, which no schema has. */
const prefix = 'switchback_held_';

/**
 * While tables are filled, or filled up: CHECKs, foreign keys and unique constraints that the plan adds later are there
 * already, so that rows are made which meet them, as production's are taken to. Rows made at random would break them, and
 * tell nothing. Not held is what steps before it see to (an UPDATE, DELETE or backfill of its columns), and whatever NULL
 * would break: that there is one is just what such a step has to cope with.
 *
 * @param which Of rows that are production's, only their foreign keys are known to hold for more like them; rows that
 *   are there are not looked at then.
 * @returns How many were held, and what takes them away again.
 */
export async function holdConstraints(
  session: Connection,
  analysis: Analysis,
  which: 'all' | 'references' = 'all',
): Promise<{ readonly names: readonly string[]; release(): Promise<void> }> {
  const held: { readonly table: string; readonly constraint: string }[] = [];
  const names: string[] = [];
  for (const [at, later] of laterConstraints(analysis).entries()) {
    if (which === 'references' && !later.isReference) continue;
    const constraint = `${prefix}${at + 1}`;
    const add = `ALTER TABLE ${later.table} ADD CONSTRAINT ${quoteIdentifier(constraint)} ${later.definition}`;
    if (!(await tried(session, which === 'references' ? `${add} NOT VALID` : add))) continue;
    held.push({ table: later.table, constraint });
    names.push(later.name);
  }
  return {
    names,
    async release() {
      // What others stand on goes last. That of a whole takes those of its parts along, which it has taken over.
      for (const { table, constraint } of held.toReversed())
        await session.query(`ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${quoteIdentifier(constraint)}`);
    },
  };
}

/** False where Postgres refuses it: it is about what is not there yet. */
async function tried(session: Connection, sql: string): Promise<boolean> {
  try {
    await session.query(sql);
    return true;
  } catch (error) {
    if (isDatabaseError(error)) return false;
    throw error;
  }
}

function laterConstraints({ baseline, steps }: Analysis): readonly Later[] {
  const found = new Map<string, Later>();
  const written: string[] = [];
  for (const { action, after } of steps) {
    for (const { after: now } of action?.statements ?? []) collect(baseline, now, written, found);
    collect(baseline, after, written, found);
    written.push(...writtenBy(action));
  }
  return [...found.values()];
}

/** Texts of what an action may change rows by, which name the columns. */
export function writtenBy(action: ActionAnalysis | undefined): readonly string[] {
  const statements = (action?.statements ?? []).map(({ statement }) => statement.text);
  return [
    ...(action?.action.kind === 'backfill' ? [JSON.stringify(action.action)] : []),
    ...statements.filter((text) => /^\s*(?:update|delete|merge|do|with)\b/i.test(text)),
  ];
}

function collect(baseline: Schema, now: Schema, written: readonly string[], found: Map<string, Later>): void {
  if (now === baseline) return;
  for (const [key, relation] of now.relations) {
    const before = baseline.relations.get(key);
    if (relation === before) continue;
    if (relation.kind === 'index' && !before) collectIndex(baseline, relation, written, found);
    if (relation.kind !== 'table' || before?.kind !== 'table' || before.partition) continue;
    for (const constraint of relation.constraints) {
      const id = `${key} ${constraint.name}`;
      if (found.has(id) || !isHeld(baseline, before, constraint, written)) continue;
      found.set(id, {
        table: displayName(baseline, relation.name),
        name: constraint.name,
        definition: constraint.definition.replace(/\s+NOT\s+VALID\s*$/i, ''),
        isReference: constraint.kind === 'foreign key',
      });
    }
  }
}

function isHeld(
  baseline: Schema,
  before: Table,
  constraint: Constraint,
  written: readonly string[],
): boolean {
  const { kind, columns, enforced, parent, local } = constraint;
  if (kind !== 'check' && kind !== 'foreign key' && kind !== 'unique') return false;
  if (enforced === false || parent !== undefined || local === false) return false;
  if (before.constraints.some((one) => one.name === constraint.name)) return false;
  if (kind === 'check' && /\bis\s+(?:not\s+)?null\b/i.test(constraint.expression ?? '')) return false;
  if (constraint.references && !baseline.relations.has(constraint.references.table)) return false;
  return isUntouched(before, columns, written);
}

/** All of the columns are there from the start, and no step sees to what stands in them. */
function isUntouched(before: Table, columns: readonly string[], written: readonly string[]): boolean {
  const known = columns.every((name) => before.columns.some((one) => one.name === name));
  return columns.length > 0 && known && !columns.some((name) => written.some((text) => text.includes(name)));
}

/** A unique index refuses what a unique constraint does. */
function collectIndex(
  baseline: Schema,
  index: Index,
  written: readonly string[],
  found: Map<string, Later>,
): void {
  const before = baseline.relations.get(index.table);
  const columns = index.columns.flatMap((one) => one ?? []);
  const id = `${index.table} ${index.name.name}`;
  if (!index.unique || index.predicate !== undefined || index.parent !== undefined || found.has(id)) return;
  if (before?.kind !== 'table' || columns.length < index.columns.length) return;
  if (!isUntouched(before, columns, written)) return;
  found.set(id, {
    table: displayName(baseline, before.name),
    name: index.name.name,
    definition: `UNIQUE (${columns.map(quoteIdentifier).join(', ')})`,
    isReference: false,
  });
}
