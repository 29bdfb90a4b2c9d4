import {
  type CompletionItem,
  CompletionItemKind,
  type CompletionParams,
  InsertTextFormat,
  InsertTextMode,
  MarkupKind,
} from 'vscode-languageserver';
import {
  type Completion,
  type CompletionKind,
  completions,
  type KnownValues,
  settingsCompletions,
} from '../features/completion.ts';
import { recipes } from '../recipes/registry.ts';
import { knownMetrics } from '../runbook/metrics.ts';
import type { Checked } from './analyses.ts';
import { toLspRange } from './convert.ts';
import type { SettingsText } from './settings-text.ts';

/** What recipes write and exports understand; a plan may say anything else as well. */
const known: KnownValues = {
  type: recipes.map(({ type, title, summary }) => ({ value: type, title, documentation: summary })),
  metric: knownMetrics.map(({ name, title }) => ({ value: name, title })),
};

/** Characters that ask by themselves: behind a name's dot, a key's colon and blank, a bracket. */
export const completionTriggers: readonly string[] = ['.', ' ', '{', '('];

/** Completions, and what is said of one when it is looked at. */
export interface Completions {
  of(checked: Checked, params: CompletionParams): CompletionItem[];
  ofSettings(settings: SettingsText, params: CompletionParams): CompletionItem[];
  /** Adds the documentation to an entry of the last list. */
  resolved(item: CompletionItem): CompletionItem;
}

/** @param hasCommands whether the client can be told to ask again at once. */
export function createCompletions(hasCommands: () => boolean): Completions {
  let last: readonly Completion[] = [];
  let count = 0;
  const keep = (found: readonly Completion[], lines: Checked['lines']) => {
    last = found;
    count++;
    return found.map((one, index) => ({
      ...toItem(one, index, lines, hasCommands()),
      data: { list: count, index },
    }));
  };
  return {
    of({ analysis, lines }, { position, context }) {
      return keep(
        completions(analysis, lines.offsetAt(position), { trigger: context?.triggerCharacter, known }),
        lines,
      );
    },
    ofSettings({ text, lines }, { position, context }) {
      const trigger = context?.triggerCharacter;
      return keep(settingsCompletions(text, lines.offsetAt(position), { trigger }), lines);
    },
    resolved(item) {
      const { list, index } = item.data as { readonly list: number; readonly index: number };
      const { documentation } = (list === count ? last[index] : undefined) ?? {};
      if (documentation === undefined) return item;
      const value = typeof documentation === 'string' ? documentation : documentation();
      return { ...item, documentation: { kind: MarkupKind.Markdown, value } };
    },
  };
}

function toItem(
  one: Completion,
  index: number,
  lines: Checked['lines'],
  hasCommands: boolean,
): CompletionItem {
  const { label, kind, detail, insert, isSnippet, replace, order, goesOn } = one;
  return {
    label,
    kind: itemKinds[kind],
    ...(detail !== undefined && { detail }),
    sortText: String(order * 1000 + index).padStart(9, '0'),
    filterText: label,
    insertTextFormat: isSnippet ? InsertTextFormat.Snippet : InsertTextFormat.PlainText,
    insertTextMode: InsertTextMode.adjustIndentation,
    textEdit: { range: toLspRange(replace, lines), newText: insert },
    ...(goesOn && hasCommands && { command: { title: 'Suggest', command: 'editor.action.triggerSuggest' } }),
  };
}

const itemKinds: Readonly<Record<CompletionKind, CompletionItemKind>> = {
  key: CompletionItemKind.Property,
  value: CompletionItemKind.Value,
  snippet: CompletionItemKind.Snippet,
  rule: CompletionItemKind.Constant,
  version: CompletionItemKind.Module,
  step: CompletionItemKind.Reference,
  table: CompletionItemKind.Struct,
  view: CompletionItemKind.Interface,
  column: CompletionItemKind.Field,
  index: CompletionItemKind.File,
  constraint: CompletionItemKind.TypeParameter,
  type: CompletionItemKind.Class,
  keyword: CompletionItemKind.Keyword,
};
