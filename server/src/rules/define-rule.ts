import type { Range } from '../text/range.ts';
import type { Concern } from './concerns.ts';
import { isInCode } from './embedded.ts';
import type { Finding, Fix, RuleContext, Severity } from './model.ts';

/** What a rule reports at one place. `data` is what its `fix` works from. */
export interface Fault<D> {
  readonly message: string;
  /** The narrowest range of the document that shows it. */
  readonly range: Range;
  /** The id of the step it is about. */
  readonly step?: string | undefined;
  /** Where facts make it better or worse than the rule's own severity. */
  readonly severity?: Severity;
  readonly related?: Finding['related'];
  readonly tags?: Finding['tags'];
  readonly data: D;
}

/**
 * An example plan fragment. `steps` is the YAML list under a phase's `steps:`; the page shows it as it is, and
 * the tests wrap it in a whole plan (see `examplePlan`).
 */
export interface Example {
  readonly steps: string;
  /** Baseline DDL; one `users` table with 8M rows where absent. */
  readonly schema?: string;
  /** Keys of the plan beside `phases`, replacing the usual ones: `session: {}`. */
  readonly plan?: Readonly<Record<string, string>>;
  /** The text that the finding covers. Absent: the example is clean. */
  readonly finds?: string;
  /** The steps after the rule's first fix. */
  readonly fixed?: string;
}

export interface RuleDocs {
  /** What happens in production, in Markdown. */
  readonly problem: string;
  /** What to do instead, in Markdown. */
  readonly solution: string;
  /** Sections of the Postgres manual that say so. */
  readonly manual: readonly { readonly title: string; readonly path: string }[];
}

export interface RuleDefinition<D> {
  /** Lower-case words joined by hyphens; stable, since `allow` and settings name it. */
  readonly id: string;
  /** One line without a full stop. */
  readonly title: string;
  readonly severity: Severity;
  /** An opinion that not every team shares: it runs only where a setting gives it a severity. */
  readonly off?: true;
  /**
   * It judges each step by itself: by the step, the schemas around its statements, and of the plan its head (database,
   * tables, traffic, session, app), never by other steps, by which version is live, or by what other rules found. It
   * then runs again only for steps that changed, and whatever it caches of a schema would hide what it reads.
   */
  readonly eachStep?: true;
  /**
   * The statements without one of which, in a step or a rollback, it finds nothing: their kinds, or subcommands of
   * ALTER TABLE. It is then not run at all.
   */
  readonly concerns?: readonly Concern[];
  readonly docs: RuleDocs;
  readonly examples: {
    readonly bad: readonly Example[];
    readonly good: readonly Example[];
  };
  /** `found` holds what the rules before it in the registry found, nothing silenced yet. */
  check(context: RuleContext, found: readonly Finding[]): Iterable<Fault<D>>;
  fix?(fault: Fault<D>, context: RuleContext): readonly Fix[];
}

/** A rule as the rest of the program sees it: its data, and one function that gives findings with fixes. */
export interface Rule extends Omit<RuleDefinition<unknown>, 'check' | 'fix'> {
  readonly fixable: boolean;
  /** `whole`: the document to fix, where the context shows a part of it. */
  run(context: RuleContext, found: readonly Finding[], whole?: RuleContext): Finding[];
}

/** Makes a rule from its one value; the page, settings, README row and tests come from the same value. */
export function defineRule<D>(definition: RuleDefinition<D>): Rule {
  const { check, fix, ...meta } = definition;
  const findingFrom = (fault: Fault<D>, whole: RuleContext): Finding => {
    let fixes: readonly Fix[] | undefined;
    return {
      rule: meta.id,
      severity: fault.severity ?? meta.severity,
      message: fault.message,
      range: fault.range,
      step: fault.step,
      related: fault.related ?? [],
      // Finding edits costs far more than finding faults, and few fixes are ever looked at.
      get fixes() {
        fixes ??= fix && !isInCode(whole, fault.range) ? fix(fault, whole) : [];
        return fixes;
      },
      tags: fault.tags ?? [],
    };
  };
  return {
    ...meta,
    fixable: fix !== undefined,
    run(context, found, whole = context) {
      const findings: Finding[] = [];
      for (const fault of check(context, found)) findings.push(findingFrom(fault, whole));
      return findings;
    },
  };
}

/** The finding with another severity. Its fixes stay as they are, found when first asked for. */
export function withSeverity(finding: Finding, severity: Severity): Finding {
  const own = Object.getOwnPropertyDescriptors(finding);
  return Object.defineProperties({} as Finding, { ...own, severity: { value: severity, enumerable: true } });
}
