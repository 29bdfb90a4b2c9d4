import {
  commands,
  type Disposable,
  type ExtensionContext,
  Position,
  Uri,
  ViewColumn,
  type WebviewPanel,
  window,
} from 'vscode';
import { renderMessage, renderReport } from '../../../server/src/view/report-page.ts';
import { nameOf } from '../commands/target.ts';
import type { Dialogs } from '../dialogs.ts';
import type { DryRunProblems } from '../dry-run-problems.ts';
import type { KeptReport, ReportStore } from '../report-store.ts';
import { savePage } from '../save-page.ts';
import { showPlace } from '../show-place.ts';

/** The one report view: it shows the report that was asked for last. */
export interface ReportPanel extends Disposable {
  show(kept: KeptReport): void;
  /** The plan whose report it shows, while the view is the active editor. */
  activePlan(): Uri | undefined;
  /** What it shows; undefined while it is closed. */
  html(): string | undefined;
}

export interface ReportPanelDependencies {
  readonly context: ExtensionContext;
  readonly reports: ReportStore;
  readonly problems: DryRunProblems;
  readonly dialogs: Dialogs;
}

const viewType = 'switchback.report';

export function createReportPanel(dependencies: ReportPanelDependencies): ReportPanel {
  let panel: WebviewPanel | undefined;
  let shown: KeptReport | undefined;
  const current = () => panel;
  const adopt = (adopted: WebviewPanel) => {
    panel = adopted;
    adopted.onDidDispose(() => {
      if (panel !== adopted) return;
      panel = undefined;
      shown = undefined;
    });
    adopted.webview.onDidReceiveMessage((message: unknown) => {
      if (shown) void receive(dependencies, shown, message);
    });
  };
  const render = (kept: KeptReport) => {
    if (!panel) return;
    shown = kept;
    panel.title = `Dry run: ${nameOf(kept.plan).split('/').pop()}`;
    panel.webview.html = page(kept, true);
  };
  const serializer = window.registerWebviewPanelSerializer(viewType, {
    async deserializeWebviewPanel(restored, state: unknown) {
      // A dry run may have opened a view before this one was restored.
      if (current()) return restored.dispose();
      adopt(restored);
      restored.webview.options = webviewOptions;
      const kept = await dependencies.reports.last(planOf(state));
      // And a run may have ended meanwhile.
      if (shown || current() !== restored) return;
      if (kept) render(kept);
      else restored.webview.html = renderMessage('The report is gone. Run the dry run again.');
    },
  });
  return {
    show(kept) {
      // Never over the plan that was just run.
      const covers = panel?.viewColumn === window.activeTextEditor?.viewColumn;
      if (panel) panel.reveal(covers && !panel.active ? ViewColumn.Beside : undefined, true);
      else
        adopt(
          window.createWebviewPanel(
            viewType,
            'Dry run',
            { viewColumn: ViewColumn.Beside, preserveFocus: true },
            { ...webviewOptions, enableFindWidget: true },
          ),
        );
      render(kept);
    },
    activePlan: () => (panel?.active ? shown?.plan : undefined),
    html: () => panel?.webview.html,
    dispose() {
      serializer.dispose();
      panel?.dispose();
    },
  };
}

/** The plan whose report the view showed; what a view keeps is not to be relied on. */
function planOf(state: unknown): Uri | undefined {
  if (typeof state !== 'object' || state === null || !('plan' in state)) return undefined;
  return typeof state.plan === 'string' ? Uri.parse(state.plan) : undefined;
}

/** Nothing is loaded from anywhere: the page is whole in itself. */
const webviewOptions = { enableScripts: true, localResourceRoots: [] };

function page({ plan, report, timing }: KeptReport, interactive: boolean): string {
  const nonce = crypto.randomUUID().replaceAll('-', '');
  return renderReport({
    report,
    timing,
    planName: nameOf(plan),
    plan: interactive ? plan.toString() : undefined,
    nonce,
  });
}

async function receive(
  dependencies: ReportPanelDependencies,
  kept: KeptReport,
  message: unknown,
): Promise<void> {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return;
  if (message.kind === 'run') await commands.executeCommand('switchback.dryRun', kept.plan);
  else if (message.kind === 'save')
    await savePage(dependencies.dialogs, kept.plan, 'dry-run', page(kept, false));
  else if (message.kind === 'step' && 'index' in message && typeof message.index === 'number')
    await goToStep(dependencies, kept, message.index);
}

async function goToStep(
  { problems, dialogs }: ReportPanelDependencies,
  kept: KeptReport,
  index: number,
): Promise<void> {
  const step = kept.report.steps[index];
  if (!step) return;
  await showPlace(
    kept.plan,
    (document) => {
      const offset = problems.stepOffset(kept.plan, index);
      return offset === undefined ? new Position(step.line, 0) : document.positionAt(offset);
    },
    dialogs,
  );
}
