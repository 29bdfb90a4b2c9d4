import { pathToFileURL } from 'node:url';
import { type CodeAction, CodeActionKind, type Diagnostic, type WorkspaceEdit } from 'vscode-languageserver';
import { isReason, reasonPlaceholder } from '../plan/allow-reason.ts';
import { type AllowPlace, insertAllow } from '../plan/edit.ts';
import { setRuleLevel } from '../plan/edit-settings.ts';
import { insertAllowComment } from '../rules/allow-comments.ts';
import type { Finding } from '../rules/model.ts';
import { rules } from '../rules/registry.ts';
import { createLineIndex } from '../text/line-index.ts';
import type { TextEdit } from '../text/range.ts';
import type { Checked } from './analyses.ts';
import { toLspTextEdits, workspaceEdit } from './convert.ts';
import { pathOf } from './files.ts';
import {
  type AllowParams,
  type AllowResult,
  type AllowScope,
  allowCommand,
  saveSettingsCommand,
} from './protocol.ts';
import { settingsFileName, settingsHome } from './settings.ts';
import type { Sources } from './sources.ts';

/** What silencing depends on besides the finding. */
export interface SilenceContext {
  readonly sources: Sources;
  /** Paths of the client's folders. */
  readonly folders: readonly string[];
  /** The client has commands that ask for the reason and save the settings. */
  readonly hasCommands: boolean;
  /** The client can make a file as part of an edit. */
  readonly canCreate: boolean;
}

const scopeNames: Readonly<Record<AllowScope, string>> = {
  statement: 'this statement',
  file: 'this file',
  step: 'this step',
  phase: 'this phase',
  plan: 'this plan',
};

/** The menu entries that silence a finding, from the narrowest; none for a problem with the file itself. */
export function silenceActions(
  checked: Checked,
  finding: Finding,
  diagnostic: Diagnostic,
  context: SilenceContext,
): CodeAction[] {
  if (!rules.some(({ id }) => id === finding.rule)) return [];
  const base = { kind: CodeActionKind.QuickFix, diagnostics: [diagnostic] };
  // To allow a useless allow would need one more; its own fix takes it away.
  const scopes = finding.rule === 'allow-unused' ? [] : scopesOf(checked, finding);
  const allows = scopes.flatMap((scope): CodeAction[] => {
    const title = `Allow ${finding.rule} in ${scopeNames[scope]}…`;
    const params = paramsOf(checked, finding, scope);
    if (context.hasCommands)
      return [{ ...base, title, command: { title, command: allowCommand, arguments: [params] } }];
    const edits = allowEdits(checked, params, reasonPlaceholder);
    return edits ? [{ ...base, title, edit: workspaceEdit(checked, edits) }] : [];
  });
  const off = switchOff(checked, finding.rule, context);
  return [...allows, ...(off ? [{ ...base, ...off }] : [])];
}

/** The edit that allows a rule with a reason, or why there is none, in a sentence. */
export function allow(checked: Checked, params: AllowParams): AllowResult {
  const { rule, reason, version } = params;
  if (!isReason(reason)) return { refused: 'An allow needs a reason: why is it all right here?' };
  if (version !== checked.version)
    return { refused: 'The file was changed meanwhile. Open the menu at the finding again.' };
  const edits = allowEdits(checked, params, reason.trim());
  if (edits) return { edit: workspaceEdit(checked, edits) };
  return {
    refused: `This cannot be written here without changing something else. Add by hand: allow: { ${rule}: ${reason.trim()} }`,
  };
}

function scopesOf({ analysis }: Checked, finding: Finding): readonly AllowScope[] {
  if (analysis.kind === 'sql')
    return statementAt(analysis, finding.range.start) ? ['statement', 'file'] : ['file'];
  return finding.step === undefined ? ['plan'] : ['step', 'phase', 'plan'];
}

function paramsOf(
  { uri, version }: Checked,
  finding: Finding,
  scope: AllowScope,
): Omit<AllowParams, 'reason'> {
  const { rule, step, range } = finding;
  return { uri, version, rule, scope, offset: range.start, ...(step === undefined ? {} : { step }) };
}

function allowEdits(
  { analysis }: Checked,
  { scope, rule, step, offset }: Omit<AllowParams, 'reason'>,
  reason: string,
): TextEdit[] | undefined {
  const { text, kind } = analysis;
  if (kind === 'plan') {
    const place = placeOf(analysis, scope, step);
    return place && insertAllow(text, place, rule, reason);
  }
  const statement = scope === 'file' ? 'file' : statementAt(analysis, offset)?.range;
  return statement && insertAllowComment(text, statement, rule, reason);
}

function placeOf(
  { plan }: Checked['analysis'],
  scope: AllowScope,
  id: string | undefined,
): AllowPlace | undefined {
  if (scope === 'plan') return { kind: 'plan', of: plan };
  for (const phase of plan.phases) {
    const step = phase.steps.find((one) => one.id === id);
    if (step && scope === 'phase') return { kind: 'phase', of: phase };
    if (step && scope === 'step') return { kind: 'step', of: step };
  }
  return undefined;
}

function statementAt({ steps }: Checked['analysis'], offset: number) {
  return steps[0]?.action?.statements.find(({ range }) => range.start <= offset && offset < range.end);
}

/** Switches a rule off in the project's settings, which are made where there are none. */
function switchOff(
  { uri }: Checked,
  rule: string,
  { sources, folders, hasCommands, canCreate }: SilenceContext,
): Pick<CodeAction, 'title' | 'edit' | 'command'> | undefined {
  const path = pathOf(uri);
  if (path === undefined) return undefined;
  const home = settingsHome(path, sources.files, folders);
  const file = home.exists ? sources.read(home.path) : { text: '' };
  if ('error' in file || (!home.exists && !canCreate)) return undefined;
  const edits = setRuleLevel(file.text, rule, 'off');
  if (!edits) return undefined;
  const settings = pathToFileURL(home.path).href;
  const title = `Switch ${rule} off in ${settingsFileName}`;
  return {
    title,
    edit: settingsEdit(settings, file.text, edits, home.exists),
    ...(hasCommands && { command: { title, command: saveSettingsCommand, arguments: [settings] } }),
  };
}

function settingsEdit(uri: string, text: string, edits: readonly TextEdit[], exists: boolean): WorkspaceEdit {
  return {
    documentChanges: [
      ...(exists ? [] : [{ kind: 'create' as const, uri, options: { ignoreIfExists: true } }]),
      { textDocument: { uri, version: null }, edits: toLspTextEdits(edits, createLineIndex(text)) },
    ],
  };
}
