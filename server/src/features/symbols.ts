import type { Analysis } from '../analyze.ts';
import type { Action, Phase, Plan, Step } from '../plan/model.ts';
import type { Located, Range } from '../text/range.ts';

/** One entry of a plan's outline. Plain data; ranges are offsets of the document. */
export interface OutlineSymbol {
  readonly name: string;
  /** What stands beside the name, e.g. a step's action. */
  readonly detail: string;
  readonly kind: OutlineKind;
  /** The whole of it. */
  readonly range: Range;
  /** Where its name stands; within `range`. */
  readonly nameRange: Range;
  readonly children: readonly OutlineSymbol[];
}

export type OutlineKind = 'section' | 'phase' | 'version' | 'entry' | 'step' | Action['kind'];

/** The outline of a plan in the order of the document; a half-typed plan gives what it has. */
export function outline({ plan, kind }: Pick<Analysis, 'plan' | 'kind'>): OutlineSymbol[] {
  if (kind !== 'plan') return [];
  const sections = [
    ...applicationSection(plan),
    ...listSection(
      'Checklist',
      plan.checklist.map(({ text, range }) => entry(text, range)),
    ),
    ...plan.phases.map(phaseSymbol),
    ...monitoringSection(plan),
    ...listSection(
      'Clean-up',
      plan.cleanup.map((item) => entry(item, item.range)),
    ),
  ];
  return sections.sort((a, b) => a.range.start - b.range.start);
}

function phaseSymbol({ name, risk, range, steps }: Phase): OutlineSymbol {
  return symbol('phase', name, range, {
    detail: risk ? `${risk.value} risk` : '',
    fallback: 'Phase without a name',
    children: steps.map(stepSymbol),
  });
}

function stepSymbol({ name, action, range }: Step): OutlineSymbol {
  return symbol(action?.kind ?? 'step', name, range, {
    detail: action ? actionDetail(action) : 'no action yet',
    fallback: 'Step without a name',
  });
}

function actionDetail(action: Action): string {
  switch (action.kind) {
    case 'sql':
      return action.transaction ? 'sql' : 'sql, no transaction';
    case 'backfill':
      return action.table ? `backfill ${action.table.value}` : 'backfill';
    case 'deploy':
      return `deploy ${action.version.value}`;
    case 'verify':
    case 'wait':
      return action.kind;
  }
}

function applicationSection({ app }: Plan): OutlineSymbol[] {
  if (!app) return [];
  const children = app.versions.map(({ name, statements }) =>
    symbol('version', name, cover([name.range, ...statements.map(({ range }) => range)]), {
      detail: counted(statements.length, 'statement'),
      fallback: 'Version without a name',
    }),
  );
  const start = app.range;
  return [
    { name: 'Application', detail: '', kind: 'section', range: start, nameRange: empty(start), children },
  ];
}

function monitoringSection({ monitoring }: Plan): OutlineSymbol[] {
  if (!monitoring) return [];
  const alerts = monitoring.alerts.map(({ metric, warning, critical, action }) =>
    entry(metric, cover([metric, warning, critical, action].flatMap((part) => part?.range ?? []))),
  );
  const queries = monitoring.queries.map(({ name, sql }) =>
    entry(name, cover([name.range, ...(sql ? [sql.range] : [])])),
  );
  return listSection('Monitoring', [...alerts, ...queries]);
}

function listSection(name: string, children: readonly OutlineSymbol[]): OutlineSymbol[] {
  if (children.length === 0) return [];
  const range = cover(children.map((child) => child.range));
  return [
    {
      name,
      detail: counted(children.length, 'entry', 'entries'),
      kind: 'section',
      range,
      nameRange: empty(range),
      children,
    },
  ];
}

function entry(text: Located<string>, range: Range): OutlineSymbol {
  return symbol('entry', text, range, { fallback: 'Entry without a text' });
}

function symbol(
  kind: OutlineKind,
  name: Located<string>,
  range: Range,
  { detail = '', fallback, children = [] }: { detail?: string; fallback: string; children?: OutlineSymbol[] },
): OutlineSymbol {
  return {
    // Editors refuse a symbol without a name.
    name: name.value.trim() || fallback,
    detail,
    kind,
    range: cover([range, ...children.map((child) => child.range)]),
    nameRange: within(name.range, range) ? name.range : empty(range),
    children,
  };
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** The smallest range that holds all of them; there is at least one. */
function cover(ranges: readonly Range[]): Range {
  return {
    start: Math.min(...ranges.map(({ start }) => start)),
    end: Math.max(...ranges.map(({ end }) => end)),
  };
}

function empty({ start }: Range): Range {
  return { start, end: start };
}

function within(inner: Range, outer: Range): boolean {
  return inner.start >= outer.start && inner.end <= outer.end;
}
