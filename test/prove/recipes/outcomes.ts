import type { LoadReport } from '../../../server/src/rehearsal/load/model.ts';
import type { Report, StepReport } from '../../../server/src/rehearsal/model.ts';
import type { Witness } from '../observations.ts';
import type { RecipeCase } from './model.ts';

/** What became of a case on one server. */
export interface Outcome {
  /** idle: no application runs anything against its tables, so that there is no load to put on. */
  readonly kind: 'proven' | 'refused' | 'failed' | 'idle';
  /** What the requests felt from the first step to the last, where it ran under load. */
  readonly load: LoadReport | undefined;
  /** The id of the step in which one waited longest. */
  readonly slowest: string | undefined;
}

/** What the requests of a run felt; nothing where it was not under load. */
export function feltIn(report: Report | undefined): Pick<Outcome, 'load' | 'slowest'> {
  const worst = (step: StepReport | undefined) => step?.load?.worst ?? 0;
  const slowest = report?.steps.reduce<StepReport | undefined>(
    (one, step) => (worst(step) > worst(one) ? step : one),
    undefined,
  );
  return { load: report?.load?.total, slowest: slowest?.id };
}

/** By case, what became of it on each server. */
export type Outcomes = ReadonlyMap<RecipeCase, ReadonlyMap<Witness, Outcome>>;

const marks: Readonly<Record<Outcome['kind'], string>> = {
  proven: '✓',
  refused: 'refused',
  failed: '✘',
  idle: 'no statements',
};

/** A line for each case, with a column for each server. */
export function caseTable(outcomes: Outcomes, on: readonly Witness[]): readonly string[] {
  const cell = (outcome: Outcome | undefined) => {
    if (!outcome) return '–';
    const { kind, load, slowest } = outcome;
    return load
      ? `${marks[kind]} ${told(load)}${slowest === undefined ? '' : ` in ${slowest}`}`
      : marks[kind];
  };
  return aligned([
    ['', ...on.map(String)],
    ...[...outcomes].map(([{ type, name }, each]) => [
      `${type}: ${name}`,
      ...on.map((witness) => cell(each.get(witness))),
    ]),
  ]);
}

function told(load: LoadReport): string {
  const failed = load.failed > 0 ? `, ${count(load.failed)} failed` : '';
  return `${count(load.requests)} requests, ${ms(load.worst)}${failed}`;
}

/**
 * A table in Markdown for each server, with a line for each recipe: how many of its cases ran under load, and what the
 * requests felt. Cases that no plan is written for, and those without statements of an application, are counted apart.
 */
export function loadSummary(outcomes: Outcomes, on: readonly Witness[], rate: number): readonly string[] {
  return on.flatMap((witness) => {
    const all = [...outcomes].flatMap(([{ type }, each]) => {
      const outcome = each.get(witness);
      return outcome ? [{ type, ...outcome }] : [];
    });
    const types = [...new Set(all.map(({ type }) => type))];
    const lines = [
      ...types.map((type) =>
        summed(
          type,
          all.filter((one) => one.type === type),
        ),
      ),
      summed('all', all),
    ];
    return ['', `PostgreSQL ${witness}, ${count(rate)} requests a second:`, ...markdown([heading, ...lines])];
  });
}

const heading = [
  'recipe',
  'cases under load',
  'passed',
  'requests',
  'worst wait',
  'failed requests',
  'collisions',
  'without statements',
  'refused',
];

function summed(label: string, outcomes: readonly Outcome[]): string[] {
  const loads = outcomes.flatMap(({ load }) => load ?? []);
  const of = (kind: Outcome['kind']) => outcomes.filter((one) => one.kind === kind).length;
  const sum = (figure: (load: LoadReport) => number) => loads.reduce((all, one) => all + figure(one), 0);
  return [
    label,
    count(loads.length),
    count(of('proven')),
    count(sum(({ requests }) => requests)),
    ms(loads.length > 0 ? Math.max(...loads.map(({ worst = 0 }) => worst)) : undefined),
    count(sum(({ failed }) => failed)),
    count(sum(collisions)),
    count(of('idle')),
    count(of('refused')),
  ];
}

/** Requests that values made up for two of them stood in the way of: no fault of a plan's. */
function collisions({ errors }: LoadReport): number {
  return errors.reduce((all, { kind, requests }) => all + (kind === 'collision' ? requests : 0), 0);
}

function count(number: number): string {
  return number.toLocaleString('en');
}

function ms(worst: number | undefined): string {
  return worst === undefined ? '–' : `${Math.round(worst)} ms`;
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = widthsOf(rows);
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function markdown([head = [], ...rows]: readonly (readonly string[])[]): readonly string[] {
  const widths = widthsOf([head, ...rows]);
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, at) => (at === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(head), rule, ...rows.map(line)];
}

function widthsOf(rows: readonly (readonly string[])[]): readonly number[] {
  return (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
}
