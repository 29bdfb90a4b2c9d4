import {
  type CancellationToken,
  Location,
  Range,
  type TestController,
  type TestItem,
  TestMessage,
  type TestRun,
  type TestRunRequest,
  type TextDocument,
  type Uri,
  workspace,
} from 'vscode';
import type { Report } from '../../../server/src/rehearsal/model.ts';
import type { DryRuns } from '../dry-runs.ts';
import type { PlanItems } from './items.ts';
import { type Outcome, outcomeOf } from './outcomes.ts';

export interface RunDependencies {
  readonly controller: TestController;
  readonly items: PlanItems;
  readonly runs: DryRuns;
  readonly readSteps: (plan: TestItem) => Promise<void>;
}

/**
 * Runs the chosen items, a dry run for each plan: of one step where nothing but that was chosen (those before it are
 * applied without proofs), else of all of the plan.
 */
export async function runTests(
  dependencies: RunDependencies,
  request: TestRunRequest,
  token: CancellationToken,
): Promise<void> {
  const { controller, readSteps } = dependencies;
  const run = controller.createTestRun(request);
  try {
    for (const [plan, chosen] of await chosenByPlan(controller, request, readSteps)) {
      if (token.isCancellationRequested) break;
      await runPlan(dependencies, run, plan, chosen, token);
    }
  } finally {
    run.end();
  }
}

/** The chosen items by their plan, whose steps are read where they are not known yet. */
async function chosenByPlan(
  controller: TestController,
  { include, exclude = [] }: TestRunRequest,
  readSteps: (plan: TestItem) => Promise<void>,
): Promise<ReadonlyMap<TestItem, readonly TestItem[]>> {
  const chosen = include ? [...include] : childrenOf({ children: controller.items });
  const byPlan = new Map<TestItem, TestItem[]>();
  for (const item of chosen) {
    const plan = planOf(item);
    if (plan.children.size === 0) await readSteps(plan);
    const known = byPlan.get(plan) ?? [];
    byPlan.set(plan, known);
    known.push(item);
  }
  for (const [plan, items] of byPlan) {
    const left = items.filter((item) => !exclude.includes(item) && !exclude.includes(plan));
    if (left.length === 0) byPlan.delete(plan);
    else byPlan.set(plan, left);
  }
  return byPlan;
}

async function runPlan(
  { items, runs }: RunDependencies,
  run: TestRun,
  plan: TestItem,
  chosen: readonly TestItem[],
  token: CancellationToken,
): Promise<void> {
  const concerned = [...new Set(chosen.flatMap(withDescendants))].filter((item) => item !== plan);
  for (const item of concerned) run.started(item);
  const document = plan.uri && (await openDocument(plan.uri));
  if (!document) {
    run.errored(plan, new TestMessage('The plan cannot be opened any more.'));
    return;
  }
  const only = onlyStep(items, chosen);
  const ran = await runs.run(document, { token, ...(only !== undefined && { only }) });
  if (!ran || ran.report.verdict === 'cancelled') {
    for (const item of concerned) run.skipped(item);
    return;
  }
  const { report, text } = ran;
  run.appendOutput(text.replaceAll('\n', '\r\n'));
  if (report.verdict === 'refused') {
    run.errored(plan, new TestMessage(report.error?.message ?? 'The plan could not be run.'));
    return;
  }
  for (const item of concerned) {
    const subject = items.subjectOf(item);
    if (subject.kind !== 'plan') tell(run, item, outcomeOf(report, subject), document);
  }
  if (chosen.includes(plan)) tellPlan(run, plan, report);
}

/** A failure of the run that is no step's own, such as what the application cannot do before step one. */
function tellPlan(run: TestRun, plan: TestItem, report: Report): void {
  const stepFailed = report.steps.some(({ status }) => status === 'failed');
  if (report.verdict === 'failed' && !stepFailed && report.error)
    run.failed(plan, new TestMessage(report.error.message), report.ms);
}

/** The id of the step that everything chosen is a part of. */
function onlyStep(items: PlanItems, chosen: readonly TestItem[]): string | undefined {
  const steps = new Set(
    chosen.map((item) => {
      const subject = items.subjectOf(item);
      return subject.kind === 'step' || subject.kind === 'proof' ? subject.step : undefined;
    }),
  );
  return steps.size === 1 ? [...steps][0] : undefined;
}

function tell(run: TestRun, item: TestItem, { state, messages, ms }: Outcome, document: TextDocument): void {
  if (state === 'skipped') {
    run.skipped(item);
    return;
  }
  if (state === 'passed') {
    run.passed(item, ms);
    return;
  }
  run.failed(
    item,
    messages.map(({ text, place }) => {
      const message = new TestMessage(text);
      const range = place && new Range(document.positionAt(place.start), document.positionAt(place.end));
      if (range) message.location = new Location(document.uri, range);
      return message;
    }),
    ms,
  );
}

async function openDocument(uri: Uri): Promise<TextDocument | undefined> {
  try {
    return await workspace.openTextDocument(uri);
  } catch {
    return undefined;
  }
}

function planOf(item: TestItem): TestItem {
  return item.parent ? planOf(item.parent) : item;
}

function withDescendants(item: TestItem): TestItem[] {
  return [item, ...childrenOf(item).flatMap(withDescendants)];
}

function childrenOf({ children }: Pick<TestItem, 'children'>): TestItem[] {
  return [...children].map(([, child]) => child);
}
