import {
  type CancellationToken,
  Disposable,
  type TestController,
  type TestItem,
  TestRunProfileKind,
  type TestRunRequest,
  tests,
  type Uri,
  workspace,
} from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { type StepsResult, stepsRequest } from '../../../server/src/lsp/protocol.ts';
import { planGlob, planLanguage } from '../client.ts';
import type { DryRuns } from '../dry-runs.ts';
import { createPlanItems, type PlanItems } from './items.ts';
import { runTests } from './run.ts';

/** More plans than a project has. */
const maxPlans = 500;
/** ms without an edit after which a plan's steps are read again. */
const quiet = 400;

export interface TestExplorerDependencies {
  readonly ready: Promise<LanguageClient>;
  readonly runs: DryRuns;
}

/** Each plan as a suite, each step a test of its action, its rollback and the application; running them is a dry run. */
export interface TestExplorer extends Disposable {
  readonly controller: TestController;
  /** Runs what is asked for, as the button does. */
  run(request: TestRunRequest, token: CancellationToken): Promise<void>;
}

export function createTestExplorer({ ready, runs }: TestExplorerDependencies): TestExplorer {
  const controller = tests.createTestController('switchback', 'Migration plans');
  const items = createPlanItems(controller);
  const readSteps = async (plan: TestItem) => {
    const client = await ready.catch(() => undefined);
    if (!client || !plan.uri) return;
    plan.busy = true;
    try {
      const result = await client.sendRequest<StepsResult>(stepsRequest, {
        uri: client.code2ProtocolConverter.asUri(plan.uri),
      });
      plan.error = 'refused' in result ? result.refused : undefined;
      if ('steps' in result) items.setSteps(plan, result.plan, result.steps);
    } finally {
      plan.busy = false;
    }
  };
  const discover = async () => {
    const found = await workspace.findFiles(planGlob, '**/node_modules/**', maxPlans);
    for (const uri of found) items.plan(uri);
  };
  controller.resolveHandler = async (item) => {
    if (!item) await discover();
    else if (items.subjectOf(item).kind === 'plan') await readSteps(item);
  };
  controller.refreshHandler = async () => {
    await discover();
    await Promise.all([...controller.items].map(([, plan]) => readSteps(plan)));
  };
  const run = async (request: TestRunRequest, token: CancellationToken) => {
    if (!request.include) await discover();
    await runTests({ controller, items, runs, readSteps }, request, token);
  };
  controller.createRunProfile('Dry run', TestRunProfileKind.Run, run, true);
  const following = follow(items, readSteps);
  return {
    controller,
    run,
    dispose() {
      following.dispose();
      controller.dispose();
    },
  };
}

/** Keeps the tree true to the files, and to what is typed in them. */
function follow(items: PlanItems, readSteps: (plan: TestItem) => Promise<void>): Disposable {
  const waiting = new Map<string, NodeJS.Timeout>();
  const isPlan = (uri: Uri, languageId: string) => uri.scheme === 'file' && languageId === planLanguage;
  const soon = (uri: Uri) => {
    clearTimeout(waiting.get(uri.toString()));
    waiting.set(
      uri.toString(),
      setTimeout(() => {
        waiting.delete(uri.toString());
        void readSteps(items.plan(uri));
      }, quiet),
    );
  };
  const watcher = workspace.createFileSystemWatcher(planGlob);
  for (const { uri, languageId } of workspace.textDocuments) if (isPlan(uri, languageId)) soon(uri);
  return Disposable.from(
    watcher,
    watcher.onDidCreate((uri) => void items.plan(uri)),
    watcher.onDidChange(soon),
    watcher.onDidDelete((uri) => {
      clearTimeout(waiting.get(uri.toString()));
      items.remove(uri);
    }),
    workspace.onDidOpenTextDocument(({ uri, languageId }) => isPlan(uri, languageId) && soon(uri)),
    workspace.onDidChangeTextDocument(
      ({ document: { uri, languageId }, contentChanges }) =>
        contentChanges.length > 0 && isPlan(uri, languageId) && soon(uri),
    ),
    {
      dispose() {
        for (const timer of waiting.values()) clearTimeout(timer);
      },
    },
  );
}
