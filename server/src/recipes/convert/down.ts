import { differences } from '../../inverse/differences.ts';
import type { StepAnalysis } from '../../rules/model.ts';
import { applyStatement } from '../../schema/apply.ts';
import type { Schema } from '../../schema/model.ts';
import type { Statement } from '../../sql/model.ts';

/** The statements of a down migration, given to the steps that they undo, by id. */
export interface MatchedDown {
  /** They bring the schema back to what it was before the step. */
  readonly exact: ReadonlyMap<string, readonly Statement[]>;
  /** They stand where the step's way back would, and leave something else than was there. */
  readonly rough: ReadonlyMap<string, readonly Statement[]>;
  /** They stand where no step needs them. */
  readonly unmatched: readonly Statement[];
}

/** Statements that one step's way back consists of at the most. */
const longestWay = 12;

/**
 * Aligns a way back with the steps, from the last to the first, so that as many statements as possible are an exact way
 * back of a step. What is left between two of these goes to the step between them whose way back `isOpen`.
 */
export function matchDown(
  steps: readonly StepAnalysis[],
  down: readonly Statement[],
  pgVersion: number,
  isOpen: (at: StepAnalysis) => boolean,
): MatchedDown {
  const backwards = steps.toReversed();
  const ways = backwards.map((at) =>
    down.map((_, from) => statementsBack(at, down.slice(from, from + longestWay), pgVersion)),
  );
  const chosen = align(ways, down.length);
  const exact = new Map<string, readonly Statement[]>();
  const rough = new Map<string, readonly Statement[]>();
  const unmatched: Statement[] = [];
  let next = 0;
  let open: StepAnalysis | undefined;
  const leave = (until: number) => {
    const between = down.slice(next, until);
    if (between.length === 0) return;
    if (open) rough.set(open.step.id, between);
    else unmatched.push(...between);
    open = undefined;
  };
  for (const [index, at] of backwards.entries()) {
    const from = chosen[index];
    if (from === undefined) {
      if (isOpen(at)) open ??= at;
      continue;
    }
    leave(from);
    next = from + (ways[index]?.[from] ?? 0);
    open = undefined;
    exact.set(at.step.id, down.slice(from, next));
  }
  leave(down.length);
  return { exact, rough, unmatched };
}

/**
 * For each step where its way back begins, or undefined: the longest common order of both.
 *
 * @param ways by step and place: how many statements from there undo it; 0 for none.
 */
function align(ways: readonly (readonly number[])[], places: number): readonly (number | undefined)[] {
  // best[step][place]: statements that can be matched from there on.
  const best = Array.from({ length: ways.length + 1 }, () => new Array<number>(places + 1).fill(0));
  const bestAt = (step: number, place: number) => best[step]?.[place] ?? 0;
  const withWay = (step: number, place: number) => {
    const way = ways[step]?.[place] ?? 0;
    return way > 0 ? way + bestAt(step + 1, place + way) : 0;
  };
  for (let step = ways.length - 1; step >= 0; step--)
    for (let place = places; place >= 0; place--) {
      const row = best[step];
      if (row)
        row[place] = Math.max(
          withWay(step, place),
          bestAt(step + 1, place),
          place < places ? (row[place + 1] ?? 0) : 0,
        );
    }
  const chosen: (number | undefined)[] = [];
  let place = 0;
  for (let step = 0; step < ways.length; step++) {
    const goal = bestAt(step, place);
    let from = place;
    while (from < places && withWay(step, from) < goal && bestAt(step, from + 1) === goal) from++;
    const isTaken = goal > 0 && withWay(step, from) === goal;
    chosen.push(isTaken ? from : undefined);
    if (isTaken) place = from + (ways[step]?.[from] ?? 0);
  }
  return chosen;
}

/** How many of the statements undo a step exactly; 0 where no number of them does. */
function statementsBack(at: StepAnalysis, rest: readonly Statement[], pgVersion: number): number {
  const isNeutral = differences(at.before, at.after, pgVersion).length === 0;
  let now: Schema = at.after;
  for (const [index, statement] of rest.entries()) {
    const before = now;
    now = applyStatement(now, statement, { madeByPlan: true });
    if (isNeutral) {
      // Rows of one step, undone by one statement for each of its own.
      if (!changesRows(statement) || !at.action?.statements.some((own) => changesRows(own.statement)))
        return 0;
      if (index + 1 === at.action.statements.length) return index + 1;
    } else {
      // Refused, or about something that the step has not made.
      if (now === before) return 0;
      if (differences(at.before, now, pgVersion).length === 0) return index + 1;
    }
  }
  return 0;
}

function changesRows({ node }: Statement): boolean {
  return 'UpdateStmt' in node || 'InsertStmt' in node || 'DeleteStmt' in node || 'MergeStmt' in node;
}
