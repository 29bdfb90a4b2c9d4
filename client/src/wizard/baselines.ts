import { homedir } from 'node:os';
import { type CancellationToken, ProgressLocation, Uri, window, workspace } from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import {
  type CaptureBaselineResult,
  captureBaselineRequest,
  type PrismaSchemaResult,
  prismaSchemaRequest,
} from '../../../server/src/lsp/protocol.ts';
import { nameOf } from '../commands/target.ts';
import type { Dialogs } from '../dialogs.ts';
import { writeText } from '../files.ts';
import { type PickedServer, type Servers, sealedChoice } from '../servers.ts';
import type { Baseline } from './flow.ts';
import type { Choice, ChoiceGroup } from './model.ts';

export interface BaselineDependencies {
  readonly client: LanguageClient;
  readonly dialogs: Dialogs;
  readonly servers: Servers;
  /** Programs that the user let run in this window. */
  readonly allowedPrograms: Pick<Set<string>, 'add' | 'has'>;
}

type Made = Baseline | { readonly problem: string } | undefined;

const [pickValue, captureValue, prismaPrefix] = ['pick:', 'capture:', 'prisma:'] as const;

/** As schemas are called that a tool or a person keeps of a whole database. */
const usualNames = /(?:^|[-_.])(?:schema|structure|baseline|dump|ddl)(?:[-_.].*)?\.sql$/i;
const [mostSql, mostPrisma] = [200, 20] as const;

/** The schemas that a plan may start from: those of the workspace first. */
export async function baselineGroups(chosen: Baseline | undefined): Promise<readonly ChoiceGroup[]> {
  const [sql, prisma] = await Promise.all([
    workspace.findFiles('**/*.sql', '**/node_modules/**', mostSql),
    workspace.findFiles('**/*.prisma', '**/node_modules/**', mostPrisma),
  ]);
  const taken = chosen ? Uri.parse(chosen.uri) : undefined;
  const files = [
    ...(taken ? [taken] : []),
    ...sql
      .filter((uri) => uri.toString() !== taken?.toString())
      .toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)),
  ];
  const isUsual = (uri: Uri) => uri === taken || usualNames.test(fileName(uri));
  const usual = files.filter(isUsual);
  const others = files.filter((uri) => !isUsual(uri));
  return [
    ...(usual.length > 0 ? [{ title: 'schemas', choices: usual.map(fileChoice) }] : []),
    {
      title: 'other sources',
      choices: [
        {
          label: '$(folder-opened) Pick a File…',
          detail: 'DDL, such as pg_dump --schema-only writes',
          value: pickValue,
        },
        {
          label: '$(database) Capture from a Server…',
          detail: 'A development server’s schema, rows and sizes, by pg_dump',
          value: captureValue,
        },
        ...prisma.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)).map(prismaChoice),
      ],
    },
    ...(others.length > 0 ? [{ title: 'other SQL files', choices: others.map(fileChoice) }] : []),
  ];
}

function fileChoice(uri: Uri): Choice {
  return { label: fileName(uri), description: nameOf(Uri.joinPath(uri, '..')), value: uri.toString() };
}

function prismaChoice(uri: Uri): Choice {
  return {
    label: `$(symbol-structure) ${nameOf(uri)}…`,
    detail: 'The DDL of this Prisma schema, by the workspace’s own prisma migrate diff',
    value: `${prismaPrefix}${uri}`,
  };
}

/** Makes a baseline of one of the choices; undefined where the user closed what that asked. */
export async function chosenBaseline(choice: string, dependencies: BaselineDependencies): Promise<Made> {
  if (choice === pickValue) return pickFile(dependencies);
  if (choice === captureValue) return capture(dependencies);
  if (choice.startsWith(prismaPrefix))
    return fromPrisma(Uri.parse(choice.slice(prismaPrefix.length)), dependencies);
  return { uri: uriText(Uri.parse(choice), dependencies) };
}

async function pickFile(dependencies: BaselineDependencies): Promise<Made> {
  const picked = await dependencies.dialogs.open({
    filters: { 'SQL files': ['sql'], 'All files': ['*'] },
    openLabel: 'Start from This Schema',
    defaultUri: homeFolder(),
  });
  const [uri] = picked ?? [];
  return uri && { uri: uriText(uri, dependencies) };
}

async function capture(dependencies: BaselineDependencies): Promise<Made> {
  if (!workspace.isTrusted)
    return { problem: 'Capturing a schema runs pg_dump, so it needs a trusted workspace.' };
  const server = await dependencies.servers.pick('Capture the Schema of a Server', false);
  const result = server && (await askServer(dependencies, server));
  if (!result) return undefined;
  if ('refused' in result) return { problem: `Nothing was captured: ${result.refused}` };
  const { text, pgVersion, figures } = result;
  const uri = await saveBaseline(text, Uri.joinPath(homeFolder(), 'schema.sql'), dependencies);
  return uri && { uri: uriText(uri, dependencies), pgVersion, figures };
}

/** Undefined where the user did not give a password that the server wants. */
async function askServer(
  dependencies: BaselineDependencies,
  server: PickedServer,
): Promise<CaptureBaselineResult | undefined> {
  const { client, servers } = dependencies;
  const result = await window.withProgress(
    { location: ProgressLocation.Notification, title: 'Switchback: capturing the schema' },
    async () =>
      client.sendRequest<CaptureBaselineResult>(captureBaselineRequest, {
        server: await sealedChoice(client, server),
      }),
  );
  if (!('refused' in result && result.password)) return result;
  const again = await servers.askPassword(server, result.refused);
  return again && askServer(dependencies, again);
}

/** The program is shown before it runs, and allowed for the window. */
async function fromPrisma(schema: Uri, dependencies: BaselineDependencies): Promise<Made> {
  const { client, dialogs, allowedPrograms } = dependencies;
  const ask = (confirmed: boolean, ...token: readonly CancellationToken[]) =>
    client.sendRequest<PrismaSchemaResult>(
      prismaSchemaRequest,
      { uri: uriText(schema, dependencies), confirmed },
      ...token,
    );
  const first = await ask(false);
  if ('refused' in first) return { problem: first.refused };
  if (!('confirm' in first)) return undefined;
  const { program, version, command } = first.confirm;
  const shown = nameOf(Uri.file(program));
  const run = 'Run It';
  if (!allowedPrograms.has(program)) {
    const message = `Run prisma ${version} of this workspace (${shown})? ${command}. It reads the schema, and connects to no database; prisma fetches its own engine where that is not installed yet.`;
    if ((await dialogs.warn(message, run)) !== run) return undefined;
    allowedPrograms.add(program);
  }
  const result = await window.withProgress(
    {
      location: ProgressLocation.Notification,
      title: 'Switchback: prisma migrate diff',
      cancellable: true,
    },
    async (_, token) =>
      ask(true, token).catch((error) => {
        if (token.isCancellationRequested) return undefined;
        throw error;
      }),
  );
  if (!result || 'confirm' in result) return undefined;
  if ('refused' in result) return { problem: result.refused };
  const uri = await saveBaseline(result.text, Uri.joinPath(schema, '..', 'schema.sql'), dependencies);
  return uri && { uri: uriText(uri, dependencies) };
}

/** The save dialog asks before it replaces a file. */
async function saveBaseline(
  text: string,
  suggested: Uri,
  { dialogs }: BaselineDependencies,
): Promise<Uri | undefined> {
  const uri = await dialogs.saveAs(suggested, { filters: { SQL: ['sql'] }, saveLabel: 'Save Baseline' });
  if (uri) await writeText(uri, text);
  return uri;
}

function homeFolder(): Uri {
  return workspace.workspaceFolders?.[0]?.uri ?? Uri.file(homedir());
}

function fileName(uri: Uri): string {
  return uri.path.replace(/^.*\//, '');
}

function uriText(uri: Uri, { client }: BaselineDependencies): string {
  return client.code2ProtocolConverter.asUri(uri);
}
