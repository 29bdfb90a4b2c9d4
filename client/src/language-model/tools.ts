import { realpathSync } from 'node:fs';
import {
  type CancellationToken,
  Disposable,
  LanguageModelTextPart,
  type LanguageModelTool,
  LanguageModelToolResult,
  lm,
  MarkdownString,
  Uri,
  window,
  workspace,
} from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { type CheckResult, checkRequest } from '../../../server/src/lsp/protocol.ts';
import { planGlob, planLanguage } from '../client.ts';
import { nameOf } from '../commands/target.ts';
import type { Dialogs } from '../dialogs.ts';
import { createDryRuns, type DryRunsDependencies } from '../dry-runs.ts';
import { dryRunText, findingsText } from './result-text.ts';
import { listed, workspacePlan } from './workspace-path.ts';

/** What a model gives; it is no more to be trusted than any text. */
export interface PlanInput {
  /** Path of the plan; the active editor's plan where absent. */
  readonly plan?: unknown;
}

export interface ToolDependencies extends Omit<DryRunsDependencies, 'dialogs'> {
  readonly ready: Promise<LanguageClient>;
}

/** The tools; a suite calls them past the confirmation that nobody is there to give. */
export interface LanguageModelTools extends Disposable {
  readonly check: LanguageModelTool<PlanInput>;
  readonly dryRun: LanguageModelTool<PlanInput>;
}

/**
 * `switchback_check_plan` and `switchback_dry_run_plan` for language models. They see plans of the workspace alone; the
 * dry run asks first, and runs on the embedded Postgres: a model never reaches a server.
 */
export function createLanguageModelTools(dependencies: ToolDependencies): LanguageModelTools {
  const check: LanguageModelTool<PlanInput> = {
    prepareInvocation: ({ input }) => ({ invocationMessage: `Checking ${shownName(input)}` }),
    invoke: async ({ input }) => result(await checkPlan(dependencies, input)),
  };
  const dryRun: LanguageModelTool<PlanInput> = {
    prepareInvocation: ({ input }) => ({
      invocationMessage: `Rehearsing ${shownName(input)}`,
      confirmationMessages: {
        title: 'Run the plan on the embedded Postgres?',
        message: new MarkdownString(
          `All SQL of \`${shownName(input)}\` runs on a Postgres that comes with Switchback, filled with fabricated rows. ` +
            'No database of yours is touched.',
        ),
      },
    }),
    invoke: async ({ input }, token) => result(await dryRunPlan(dependencies, input, token)),
  };
  const registered = Disposable.from(
    lm.registerTool('switchback_check_plan', check),
    lm.registerTool('switchback_dry_run_plan', dryRun),
  );
  return { check, dryRun, dispose: () => registered.dispose() };
}

function result(text: string): LanguageModelToolResult {
  return new LanguageModelToolResult([new LanguageModelTextPart(text)]);
}

async function checkPlan({ ready }: ToolDependencies, input: PlanInput): Promise<string> {
  const found = await planOf(input);
  if ('refused' in found) return found.refused;
  const client = await ready;
  const checked = await client.sendRequest<CheckResult>(checkRequest, {
    uri: client.code2ProtocolConverter.asUri(found.uri),
  });
  if ('refused' in checked) return checked.refused;
  return findingsText(nameOf(found.uri), checked.diagnostics);
}

async function dryRunPlan(
  dependencies: ToolDependencies,
  input: PlanInput,
  token: CancellationToken,
): Promise<string> {
  const found = await planOf(input);
  if ('refused' in found) return found.refused;
  const said: string[] = [];
  const runs = createDryRuns({ ...dependencies, dialogs: recording(said) });
  const document = await workspace.openTextDocument(found.uri);
  const ran = await runs.run(document, { token });
  if (ran) return dryRunText(nameOf(found.uri), ran.text);
  return said.length > 0 ? said.join(' ') : `The dry run of ${nameOf(found.uri)} was cancelled.`;
}

/** What a person would be told goes to the model; whatever would be asked is answered with nothing. */
function recording(said: string[]): Dialogs {
  const record = (message: string) => {
    said.push(message);
    return Promise.resolve(undefined);
  };
  const nothing = () => Promise.resolve(undefined);
  const messages = { info: record, warn: record, error: record };
  return { ...messages, input: nothing, pick: nothing, saveAs: nothing, savePlan: nothing, open: nothing };
}

async function planOf({ plan }: PlanInput): Promise<{ readonly uri: Uri } | { readonly refused: string }> {
  if (plan === undefined || plan === '') {
    const active = window.activeTextEditor?.document;
    if (active?.languageId === planLanguage && workspace.getWorkspaceFolder(active.uri))
      return { uri: active.uri };
    return { refused: `Name the plan, since none is open. ${await plansHere()}` };
  }
  if (typeof plan !== 'string') return { refused: 'The plan is named by its path, a text.' };
  const folders = (workspace.workspaceFolders ?? []).flatMap(({ uri }) =>
    uri.scheme === 'file' ? uri.fsPath : [],
  );
  const found = workspacePlan(plan, { folders, realPath });
  return 'refused' in found
    ? { refused: `${found.refused} ${await plansHere()}` }
    : { uri: Uri.file(found.path) };
}

async function plansHere(): Promise<string> {
  const plans = await workspace.findFiles(planGlob, '**/node_modules/**', 100);
  return plans.length > 0
    ? `Plans in the workspace: ${listed(plans.map(nameOf).sort())}.`
    : 'The workspace holds no plan yet.';
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** What a model named, as a person is shown it: in a code span, which it cannot leave. */
function shownName({ plan }: PlanInput): string {
  if (typeof plan === 'string' && plan !== '') return plan.replace(/[\s`]+/g, ' ').slice(0, 200);
  const active = window.activeTextEditor?.document;
  return active ? nameOf(active.uri) : 'the active plan';
}
