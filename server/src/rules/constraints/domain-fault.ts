import type { Fault } from '../define-rule.ts';
import { settle, severityFor, waitingRequests, withFigures } from '../figures.ts';
import type { RuleContext, Severity } from '../model.ts';
import { type PlacedStatement, wordsRange } from '../statements.ts';

interface DomainChange {
  /** Where the fault shows. */
  readonly words: readonly string[];
  readonly remedy: string;
  readonly severity: Severity;
  /** Whether to speak where no schema tells which tables use the domain. */
  readonly unknown: boolean;
}

/** The fault of an ALTER DOMAIN that reads the tables which use it; none where there are no such tables. */
export function* domainFault(
  context: RuleContext,
  placed: PlacedStatement,
  { words, remedy, severity, unknown }: DomainChange,
): Generator<Fault<undefined>> {
  const { s, step } = placed;
  const range = wordsRange(s, ...words);
  const tables = [...new Set(s.effects.scans.map(({ relation }) => relation))];
  const waits = waitingRequests(context, `every write to ${tables.length === 1 ? 'it' : 'them'}`);
  if (tables.length === 0) {
    const [missing] = s.effects.unknown;
    if (!missing || !unknown) return;
    yield {
      message: `This reads every table that has a column of the domain, under SHARE: ${waits} until the last row is read. Which tables these are is not known. ${remedy} ${settle(context, missing)}`,
      range,
      step: step.id,
      severity: 'warning',
      data: undefined,
    };
    return;
  }
  const shown = tables
    .slice(0, 3)
    .map((table) => withFigures(context, table, tables.length === 1 ? s : undefined));
  const more = tables.length > 3 ? ` and ${tables.length - 3} more` : '';
  const severities = tables.map((table) => severityFor(context, table, severity));
  yield {
    message: `This reads all of ${shown.join(', ')}${more} under SHARE, for the columns of the domain: ${waits} until the last row is read. ${remedy}`,
    range,
    step: step.id,
    severity: severities.find((one) => one !== 'info') ?? 'info',
    data: undefined,
  };
}
