import { volatilityOf } from '../../effects/volatility.ts';
import { type SchemaDifference, schemaDifferences } from '../../schema/difference.ts';
import type { StatementAnalysis, StepAnalysis } from '../model.ts';
import { faultsOf } from '../plan/statement-faults.ts';

/** Steps and rollbacks of which all is known that they do to the schema. */
export function isFollowed({ step, action, rollback, placed }: StepAnalysis): boolean {
  if (step.rollback?.kind !== 'actions' || step.rollback.unreadable) return false;
  const parts = action ? [action, ...rollback] : rollback;
  if (parts.some(({ problems }) => problems.length > 0)) return false;
  return placed.every(({ s }) => !mayDoMore(s));
}

/** Whether a statement may do what the simulated schema does not show, or may not run at all. */
export function mayDoMore({ statement, before, effects }: StatementAnalysis): boolean {
  const { node, kind } = statement;
  if (kind === 'DoStmt' || kind === 'CallStmt' || kind === 'CreateExtensionStmt') return true;
  if (effects.unknown.some(({ refused }) => refused !== undefined)) return true;
  if ('SelectStmt' in node) return volatilityOf(node, before) !== 'steady';
  // Without a baseline nobody knows whether it was there.
  return !before.complete && /\bif\s+(?:not\s+)?exists\b|\bor\s+replace\b/i.test(statement.text);
}

/** Whether Postgres refuses one of the step's statements: what it leaves is then another question. */
export function fails({ step, placed }: StepAnalysis): boolean {
  return placed.some(({ s }) => [...faultsOf(s, step.id)].some(({ severity }) => severity === undefined));
}

/**
 * What the schema is after a step and its rollback that it was not before, the order of columns aside. A table that the
 * rollback itself makes is the author's: what is kept aside before it would be lost.
 */
export function leftChanges(at: StepAnalysis): readonly SchemaDifference[] {
  const { before, after, rolledBack } = at;
  const left = schemaDifferences(before, rolledBack).filter(({ kind }) => kind === 'schema');
  if (left.length === 0) return left;
  const midway = new Set(schemaDifferences(before, after).map(identity));
  return left.flatMap((one) => {
    if (midway.has(identity(one))) return [one];
    const isNew = one.change === 'added';
    // Without a baseline the step may have dropped just that.
    if (isNew && !before.complete) return [];
    if (isNew && rolledBack.relations.get(one.key)?.kind === 'table' && !after.relations.has(one.key))
      return [];
    return [{ ...one, words: isNew ? 'is new' : one.words.replace('still ', '') }];
  });
}

function identity({ object, words }: SchemaDifference): string {
  return `${object} ${words}`;
}

/** That a constraint is known to hold, or columns stand in another order, is in nobody's way. */
export function isHarmless({ kind, words }: SchemaDifference): boolean {
  return kind === 'column_order' || /^is (?:still )?validated$/.test(words);
}
