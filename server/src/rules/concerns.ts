import type { AlterTableType } from '@pgsql/types';
import type { Statement, StatementKind } from '../sql/model.ts';
import type { RuleContext } from './model.ts';
import { alterCommands } from './statements.ts';

/** A kind of statement, or of subcommand of ALTER TABLE. */
export type Concern = StatementKind | AlterTableType;

/** What the statements are that stand in the steps and rollbacks, those inside of code bodies too. */
export function concernsIn(statements: RuleContext['statements']): ReadonlySet<Concern> {
  const [only] = statements;
  if (only && statements.length === 1) return only.s.statement.once(concernsOf);
  const all = new Set<Concern>();
  for (const { s } of statements) for (const concern of s.statement.once(concernsOf)) all.add(concern);
  return all;
}

/** Whether a rule may find anything where there are these. */
export function mayFind(
  { concerns }: { readonly concerns?: readonly Concern[] },
  present: ReadonlySet<Concern>,
): boolean {
  if (!concerns) return true;
  for (const concern of concerns) if (present.has(concern)) return true;
  return false;
}

function concernsOf(statement: Statement): ReadonlySet<Concern> {
  const found = new Set<Concern>([statement.kind]);
  for (const { subtype } of alterCommands({ statement })) if (subtype) found.add(subtype);
  return found;
}
