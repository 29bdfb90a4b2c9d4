import { commands, type Disposable, Uri, ViewColumn, window, workspace } from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import {
  type ConvertSqlParams,
  type ConvertSqlResult,
  convertSqlRequest,
  type RecipesResult,
  recipesRequest,
} from '../../../server/src/lsp/protocol.ts';
import type { Dialogs } from '../dialogs.ts';
import { askForPlan, mayWrite, writeText } from '../files.ts';
import { nameOf, targetUri } from './target.ts';

export interface ConvertDependencies {
  readonly ready: Promise<LanguageClient>;
  readonly dialogs: Dialogs;
}

interface BaselineItem {
  readonly label: string;
  readonly detail: string;
  /** Undefined: what the migrations before it make. */
  readonly uri: Uri | undefined;
}

/** `switchback.convertSql`: a migration of another tool becomes a plan, in a file that the user names. */
export function registerConvertSql(dependencies: ConvertDependencies): Disposable {
  return commands.registerCommand('switchback.convertSql', async (argument: unknown) => {
    const { dialogs, ready } = dependencies;
    const source = targetUri(argument);
    if (source?.scheme !== 'file' || !/\.(?:sql|[cm]?[jt]s)$/.test(source.path)) {
      void dialogs.info('Open the migration first: its .sql file, or the class of a TypeORM migration.');
      return;
    }
    const client = await ready.catch(() => undefined);
    const baseline = client && (await pickBaseline(source, dialogs));
    if (!client || !baseline) return;
    const version = await pickVersion(client, baseline, dialogs);
    if (!version) return;
    const folder = workspace.getWorkspaceFolder(source)?.uri ?? Uri.joinPath(source, '..');
    const target = await askForPlan(Uri.joinPath(folder, `${nameFor(source)}.migration.yaml`), dialogs);
    if (!target) return;
    // As it is in the editor, saved or not.
    const document = workspace.textDocuments.find(({ uri }) => uri.toString() === source.toString());
    const params: ConvertSqlParams = {
      uri: client.code2ProtocolConverter.asUri(source),
      planUri: client.code2ProtocolConverter.asUri(target),
      pgVersion: version,
      ...(document?.isDirty ? { text: document.getText() } : {}),
      ...(baseline.uri ? { schemaUri: client.code2ProtocolConverter.asUri(baseline.uri) } : {}),
    };
    const result = await client.sendRequest<ConvertSqlResult>(convertSqlRequest, params);
    if ('refused' in result) void dialogs.error(`No plan was written: ${result.refused}`);
    else await write(target, result, dialogs);
  });
}

/** The version that pg_dump wrote into the baseline comes first. */
async function pickVersion(
  client: LanguageClient,
  { uri }: BaselineItem,
  dialogs: Dialogs,
): Promise<number | undefined> {
  const asked =
    uri &&
    (await client.sendRequest<RecipesResult>(recipesRequest, {
      baseline: { uri: client.code2ProtocolConverter.asUri(uri) },
    }));
  const first = asked && 'pgVersion' in asked ? asked.pgVersion : undefined;
  const versions = [18, 17, 16, 15, 14].toSorted((a, b) => Number(b === first) - Number(a === first));
  const picked = await dialogs.pick(
    versions.map((version) => ({ label: `PostgreSQL ${version}`, version })),
    {
      title: 'Convert SQL to Plan',
      placeHolder: 'Which Postgres does production run?',
      ignoreFocusOut: true,
    },
  );
  return picked?.version;
}

async function pickBaseline(source: Uri, dialogs: Dialogs): Promise<BaselineItem | undefined> {
  const files = await workspace.findFiles('**/{schema,structure}.sql', '**/node_modules/**', 20);
  const items: readonly BaselineItem[] = [
    {
      label: 'What the earlier migrations make',
      detail: 'Those of the same folder, in the order of their versions',
      uri: undefined,
    },
    ...files
      .filter((uri) => uri.toString() !== source.toString())
      .map((uri) => ({ label: nameOf(uri), detail: 'The database before this migration', uri })),
  ];
  if (items.length === 1) return items[0];
  return dialogs.pick(items, {
    title: 'Convert SQL to Plan',
    placeHolder: 'What is there before this migration?',
    ignoreFocusOut: true,
  });
}

/** The baseline that the earlier migrations make first, so that the plan finds it when it is opened. */
async function write(
  target: Uri,
  { text, schema, notes }: Exclude<ConvertSqlResult, { readonly refused: string }>,
  dialogs: Dialogs,
): Promise<void> {
  if (schema) {
    const file = Uri.parse(schema.uri);
    if (!(await mayWrite(file, `${nameOf(file)}, the plan’s baseline,`, dialogs))) return;
    await writeText(file, schema.text);
  }
  await writeText(target, text);
  await window.showTextDocument(target, { preview: false, viewColumn: ViewColumn.Active });
  if (notes.length > 0) {
    const show = 'Show All';
    const [first] = notes;
    const more = notes.length > 1 ? [show] : [];
    if ((await dialogs.info(`${nameOf(target)}: ${first}`, ...more)) === show) {
      const all = await workspace.openTextDocument({
        content: `${notes.join('\n\n')}\n`,
        language: 'plaintext',
      });
      await window.showTextDocument(all, { viewColumn: ViewColumn.Beside });
    }
  }
}

/** As the terminal names it. */
function nameFor(source: Uri): string {
  const parts = source.path.split('/');
  const file =
    parts.at(-1) === 'migration.sql' ? (parts.at(-2) ?? 'migration') : (parts.at(-1) ?? 'migration');
  return file.replace(/(?:\.up)?\.(?:sql|[cm]?[jt]s)$/, '');
}
