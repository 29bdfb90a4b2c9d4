import { commands, Disposable, env, Uri, window, workspace } from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { type ExportParams, type ExportResult, exportRequest } from '../../../server/src/lsp/protocol.ts';
import { planLanguage } from '../client.ts';
import type { Dialogs } from '../dialogs.ts';
import type { ReportStore } from '../report-store.ts';
import { nameOf, targetUri } from './target.ts';

export interface ExportDependencies {
  readonly ready: Promise<LanguageClient>;
  readonly dialogs: Dialogs;
  readonly reports: ReportStore;
}

/** What can be made of a plan, and the files that it goes into; the first is what is offered. */
interface Exported {
  readonly title: string;
  /** Stands in the file's name, before the extension. */
  readonly kind: string;
  readonly files: readonly {
    readonly what: ExportParams['what'];
    readonly filter: string;
    readonly extension: string;
  }[];
}

const exportedBy: Readonly<Record<string, Exported>> = {
  'switchback.exportRunbook': {
    title: 'Save Runbook',
    kind: 'runbook',
    files: [
      { what: 'runbook', filter: 'Markdown', extension: 'md' },
      { what: 'runbook-html', filter: 'HTML', extension: 'html' },
    ],
  },
  'switchback.exportAlerts': {
    title: 'Save Alerts',
    kind: 'alerts',
    files: [
      { what: 'alerts', filter: 'PrometheusRule', extension: 'yaml' },
      { what: 'queries', filter: 'Queries for psql', extension: 'sql' },
    ],
  },
  'switchback.exportJob': {
    title: 'Save Kubernetes Job',
    kind: 'job',
    files: [{ what: 'job', filter: 'Kubernetes manifest', extension: 'yaml' }],
  },
};

/**
 * `switchback.exportRunbook`, `.exportAlerts` and `.exportJob`: make a file of the active plan, where the user says, and
 * open it. Nothing of the plan is run, so plans that are not trusted may be exported to be read.
 */
export function registerExports(dependencies: ExportDependencies): Disposable {
  return Disposable.from(
    ...Object.entries(exportedBy).map(([command, exported]) =>
      commands.registerCommand(command, (argument: unknown) => run(dependencies, exported, argument)),
    ),
  );
}

async function run(dependencies: ExportDependencies, exported: Exported, argument: unknown): Promise<void> {
  const { ready, dialogs } = dependencies;
  const plan = targetUri(argument);
  const open = workspace.textDocuments.find((document) => document.uri.toString() === plan?.toString());
  if (!plan || (open && open.languageId !== planLanguage)) {
    void dialogs.info('Open a migration plan first: a file called NAME.migration.yaml.');
    return;
  }
  const client = await ready.catch(() => undefined);
  if (!client) {
    void dialogs.error(
      'Nothing can be exported: Switchback’s background process did not start. The Switchback output channel says more.',
    );
    return;
  }
  const ask = (what: ExportParams['what'], step?: string) => request(dependencies, client, plan, what, step);
  const [first] = exported.files;
  if (!first) return;
  const offered = await chosen(dialogs, await ask(first.what), (step) => ask(first.what, step));
  if (!offered) return;
  // A plan without alerts may have queries; what is asked for is known once the file has a name.
  if ('refused' in offered && exported.kind !== 'alerts')
    return void dialogs.error(`${nameOf(plan)} was not exported. ${offered.refused}`);
  const target = await dialogs.saveAs(suggestion(plan, exported.kind, first.extension), {
    filters: Object.fromEntries(exported.files.map(({ filter, extension }) => [filter, [extension]])),
    saveLabel: exported.title,
  });
  if (!target) return;
  const file = exported.files.find(({ extension }) => target.path.endsWith(`.${extension}`)) ?? first;
  const result = file === first ? offered : await ask(file.what);
  if ('choose' in result) return;
  if ('refused' in result) return void dialogs.error(`${nameOf(plan)} was not exported. ${result.refused}`);
  await workspace.fs.writeFile(target, new TextEncoder().encode(result.text));
  if (result.notes.length > 0) void dialogs.warn(`${nameOf(target)}: ${result.notes.join(' ')}`);
  await show(target, file.extension);
}

async function request(
  { reports }: ExportDependencies,
  client: LanguageClient,
  plan: Uri,
  what: ExportParams['what'],
  step: string | undefined,
): Promise<ExportResult> {
  const report = what.startsWith('runbook') ? (await reports.last(plan))?.report : undefined;
  const params: ExportParams = {
    uri: client.code2ProtocolConverter.asUri(plan),
    what,
    ...(step === undefined ? {} : { step }),
    ...(report === undefined ? {} : { report }),
  };
  return await client.sendRequest<ExportResult>(exportRequest, params);
}

/** Asks which step, where there are several; undefined where the user closed that. */
async function chosen(
  dialogs: Dialogs,
  result: ExportResult,
  again: (step: string) => Promise<ExportResult>,
): Promise<Exclude<ExportResult, { readonly choose: unknown }> | undefined> {
  if (!('choose' in result)) return result;
  const items = result.choose.map(({ id, step }) => ({ label: step, description: id, id }));
  const picked = await dialogs.pick(items, { title: 'Which Backfill?' });
  const answer = picked && (await again(picked.id));
  return answer && 'choose' in answer ? undefined : answer;
}

function suggestion(plan: Uri, kind: string, extension: string): Uri {
  const name = plan.path.replace(/^.*\//, '').replace(/(\.migration)?\.ya?ml$/i, '') || 'plan';
  const folder = plan.scheme === 'untitled' ? workspace.workspaceFolders?.[0]?.uri : Uri.joinPath(plan, '..');
  return Uri.joinPath(folder ?? Uri.file('/'), `${name}.${kind}.${extension}`);
}

/** Markdown as the editor's own preview shows it, HTML in a browser, everything else as text. */
async function show(file: Uri, extension: string): Promise<void> {
  if (extension === 'html') await env.openExternal(file);
  else {
    await window.showTextDocument(file, { preview: false });
    if (extension === 'md') await commands.executeCommand('markdown.showPreviewToSide', file);
  }
}
