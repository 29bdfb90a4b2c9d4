import { commands, type Disposable, Position, type Uri, ViewColumn, type WebviewPanel, window } from 'vscode';
import type { PreviewResult } from '../../../server/src/lsp/protocol.ts';
import { renderPreview } from '../../../server/src/view/preview-page.ts';
import { nameOf } from '../commands/target.ts';
import type { Dialogs } from '../dialogs.ts';
import { savePage } from '../save-page.ts';
import { showPlace } from '../show-place.ts';

/** A preview as the server gives it. */
export type Told = Exclude<PreviewResult, { readonly refused: string }>;

/** The one view of a plan's timing. */
export interface PreviewPanel extends Disposable {
  show(plan: Uri, told: Told): void;
  /** What it shows; undefined while it is closed. */
  html(): string | undefined;
}

export function createPreviewPanel({ dialogs }: { readonly dialogs: Dialogs }): PreviewPanel {
  let panel: WebviewPanel | undefined;
  let shown: { readonly plan: Uri; readonly told: Told } | undefined;
  const open = () => {
    const opened = window.createWebviewPanel(
      'switchback.preview',
      'Timing',
      { viewColumn: ViewColumn.Beside, preserveFocus: true },
      { enableScripts: true, localResourceRoots: [], enableFindWidget: true },
    );
    opened.onDidDispose(() => {
      panel = undefined;
      shown = undefined;
    });
    opened.webview.onDidReceiveMessage((message: unknown) => {
      if (!shown || typeof message !== 'object' || message === null || !('kind' in message)) return;
      if (message.kind === 'save')
        void savePage(dialogs, shown.plan, 'timing', page(shown.plan, shown.told, undefined));
      else if (message.kind === 'refresh')
        void commands.executeCommand('switchback.previewTiming', shown.plan);
      else if (message.kind === 'step' && 'index' in message && typeof message.index === 'number')
        void goToStep(shown.plan, shown.told, message.index, dialogs);
    });
    return opened;
  };
  return {
    show(plan, told) {
      if (panel) panel.reveal(undefined, true);
      else panel = open();
      shown = { plan, told };
      panel.title = `Timing: ${nameOf(plan).split('/').pop()}`;
      panel.webview.html = page(plan, told, plan.toString());
    },
    html: () => panel?.webview.html,
    dispose: () => panel?.dispose(),
  };
}

function page(plan: Uri, told: Told, inEditor: string | undefined): string {
  const nonce = crypto.randomUUID().replaceAll('-', '');
  return renderPreview({ ...told, planName: nameOf(plan), plan: inEditor, nonce });
}

async function goToStep(plan: Uri, { preview, lines }: Told, index: number, dialogs: Dialogs): Promise<void> {
  const step = preview.phases.flatMap(({ steps }) => steps)[index];
  const line = step && lines[step.id];
  if (line !== undefined) await showPlace(plan, () => new Position(line, 0), dialogs);
}
