import { commands, type ExtensionContext, window } from 'vscode';
import { type ChecklistResults, createChecklistResults } from './checklist-results.ts';
import { createSwitchbackClient } from './client.ts';
import { registerCapture } from './commands/capture.ts';
import { registerCheck } from './commands/check.ts';
import { registerChecklist } from './commands/checklist.ts';
import { registerConvertSql } from './commands/convert-sql.ts';
import { registerDryRun } from './commands/dry-run.ts';
import { registerExports } from './commands/export.ts';
import { registerNewPlan } from './commands/new-plan.ts';
import { registerOpenExample } from './commands/open-example.ts';
import { openRule, openRuleCommand } from './commands/open-rule.ts';
import { registerPreviewTiming } from './commands/preview-timing.ts';
import { registerShowReport } from './commands/show-report.ts';
import { registerSilence } from './commands/silence.ts';
import { createDialogs, type Dialogs } from './dialogs.ts';
import { createDryRunProblems } from './dry-run-problems.ts';
import { createDryRuns } from './dry-runs.ts';
import { createLanguageModelTools, type LanguageModelTools } from './language-model/tools.ts';
import { createPreviewPanel, type PreviewPanel } from './preview-view/panel.ts';
import { createReportStore, type ReportStore } from './report-store.ts';
import { createReportPanel, type ReportPanel } from './report-view/panel.ts';
import { answerServerQuestions, createServers } from './servers.ts';
import { createStatus } from './status.ts';
import { createTestExplorer, type TestExplorer } from './test-explorer/explorer.ts';

/** What the suite in a real editor looks at; nothing else may rely on it. */
export interface SwitchbackApi {
  /** Settles when the language server answers, or fails to start. */
  readonly ready: Promise<void>;
  /** Replaceable: a suite has nobody to click. */
  readonly dialogs: Dialogs;
  readonly reports: Pick<ReportStore, 'last'>;
  /** The report view's HTML, undefined while it is closed. */
  readonly reportHtml: ReportPanel['html'];
  /** The timing view's HTML, undefined while it is closed. */
  readonly previewHtml: PreviewPanel['html'];
  readonly tests: Pick<TestExplorer, 'controller' | 'run'>;
  readonly checklist: Pick<ChecklistResults, 'show'>;
  /** Called past the confirmation, which a suite has nobody to give. */
  readonly tools: Pick<LanguageModelTools, 'check' | 'dryRun'>;
}

/** Starts the language server without waiting for it, and registers the commands. */
export function activate(context: ExtensionContext): SwitchbackApi {
  const output = window.createOutputChannel('Switchback', { log: true });
  const dialogs = createDialogs();
  const { made, ready } = createSwitchbackClient(context, output);
  const reports = createReportStore(context, output);
  const problems = createDryRunProblems();
  const checklistResults = createChecklistResults();
  const status = createStatus(made);
  const panel = createReportPanel({ context, reports, problems, dialogs });
  const confirmed = new Set<string>();
  const servers = createServers(context, dialogs, confirmed);
  void made.then((client) => answerServerQuestions(client, dialogs, confirmed)).catch(() => undefined);
  const runs = createDryRuns({ ready, dialogs, reports, problems, servers, status });
  const preview = createPreviewPanel({ dialogs });
  const tests = createTestExplorer({ ready, runs });
  const tools = createLanguageModelTools({ ready, reports, problems, servers, status });
  context.subscriptions.push(
    output,
    problems,
    status,
    panel,
    tests,
    preview,
    registerPreviewTiming({ ready, dialogs, preview }),
    registerCheck({ ready, dialogs }),
    checklistResults,
    registerChecklist({ ready, dialogs, servers, results: checklistResults }),
    registerExports({ ready, dialogs, reports }),
    registerDryRun({ ready, dialogs, runs, panel, servers }),
    registerNewPlan({ ready, dialogs, servers }),
    registerConvertSql({ ready, dialogs }),
    registerCapture({ ready, dialogs, servers }),
    registerShowReport({ reports, panel, dialogs }),
    registerSilence({ ready, dialogs }),
    registerOpenExample({ context, dialogs }),
    tools,
    commands.registerCommand(openRuleCommand, (page: unknown) =>
      openRule(context.extensionUri, page, dialogs),
    ),
    // Last, so that the server stops first: subscriptions are disposed of from the end.
    { dispose: () => void made.then((client) => client.dispose()).catch(() => undefined) },
  );
  return {
    ready: ready.then(() => undefined),
    dialogs,
    reports,
    reportHtml: () => panel.html(),
    previewHtml: () => preview.html(),
    tests,
    checklist: checklistResults,
    tools,
  };
}
