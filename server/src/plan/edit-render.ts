import { Document, stringify } from 'yaml';
import { meaning } from './edit-fragment.ts';

/** How a file writes YAML, so that what is added looks like the rest. */
export interface Style {
  readonly eol: '\n' | '\r\n';
  /** Columns of indent of a nested mapping. */
  readonly unit: number;
  /** Whether a list's dashes stand deeper than its key, and not below it. */
  readonly indentLists: boolean;
  /** Blanks between a dash and what follows. */
  readonly dashGap: number;
}

/** Reads the style off the file's first nested mapping and list, those of `near` before those of the rest. */
export function styleOf(text: string, near = text): Style {
  const own = nesting(near);
  const whole = near === text ? own : nesting(text);
  const unit = own.unit ?? whole.unit ?? own.listUnit ?? whole.listUnit ?? 0;
  return {
    eol: /\r?\n/.exec(text)?.[0] === '\r\n' ? '\r\n' : '\n',
    unit: unit >= 2 && unit <= 8 ? unit : 2,
    indentLists: (own.listUnit ?? whole.listUnit ?? 2) > 0,
    dashGap: 1,
  };
}

function nesting(text: string): { unit?: number; listUnit?: number } {
  const parents = /^( *(?:- +)?)[\w-]+:[ \t]*(?:#.*)?\r?\n(?:[ \t]*(?:#.*)?\r?\n)*( *)(- )?(?=\S)/gm;
  const found: { unit?: number; listUnit?: number } = {};
  for (let match = parents.exec(text); match; match = parents.exec(text)) {
    const deeper = (match[2]?.length ?? 0) - (match[1]?.length ?? 0);
    if (match[3] && deeper >= 0) found.listUnit ??= deeper;
    else if (!match[3] && deeper > 0) found.unit ??= deeper;
    if (found.unit !== undefined && found.listUnit !== undefined) break;
    // The child may itself be a parent.
    parents.lastIndex = match.index + match[0].length - (match[2]?.length ?? 0) - (match[3]?.length ?? 0);
  }
  return found;
}

interface Rendered {
  /** What stands on the key's own line. */
  readonly head: string;
  /** The lines below, indented. */
  readonly body: readonly string[];
}

/** A mapping's entry as lines, each indented to `column`. */
export function renderEntry(key: string, value: unknown, column: number, style: Style): string[] {
  const { head, body } = renderValue(value, column, style);
  return [`${pad(column)}${renderScalar(key)}:${head && ` ${head}`}`, ...body];
}

/** A list's item as lines, its dash at `column`. */
export function renderItem(value: unknown, column: number, style: Style): string[] {
  const inner = column + 1 + style.dashGap;
  const dash = `${pad(column)}-${pad(style.dashGap)}`;
  const lines = nestedLines(value, inner, style);
  if (lines) return [dash + (lines[0] ?? '').slice(inner), ...lines.slice(1)];
  const { head, body } = renderValue(value, column, style);
  return [dash + head, ...body];
}

/** A value after a key at `column`. */
export function renderValue(value: unknown, column: number, style: Style): Rendered {
  if (typeof value === 'string') return renderString(value, column, style.unit);
  const inner = column + (Array.isArray(value) && !style.indentLists ? 0 : style.unit);
  const body = nestedLines(value, inner, style);
  if (body) return { head: '', body };
  if (Array.isArray(value)) return { head: '[]', body: [] };
  return { head: typeof value === 'object' && value !== null ? '{}' : renderScalar(value), body: [] };
}

/** The lines of a list or mapping that has entries. */
function nestedLines(value: unknown, column: number, style: Style): string[] | undefined {
  const lines = Array.isArray(value)
    ? value.flatMap((item) => renderItem(item, column, style))
    : isRecord(value)
      ? Object.entries(value).flatMap(([key, of]) =>
          of === undefined ? [] : renderEntry(key, of, column, style),
        )
      : [];
  return lines.length > 0 ? lines : undefined;
}

function renderString(value: string, column: number, unit: number): Rendered {
  if (!value.includes('\n')) return { head: renderScalar(value), body: [] };
  return literal(value, column, unit) ?? { head: doubleQuoted(value), body: [] };
}

/** A key's value as a `|` block `unit` deeper than the key at `column`; undefined where a block cannot hold it. */
export function literal(value: string, column: number, unit: number): Rendered | undefined {
  const printable = /^[\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u;
  const content = value.replace(/\n+$/, '');
  if (content === '' || !printable.test(value)) return undefined;
  const breaks = value.length - content.length;
  const chomp = breaks === 0 ? '-' : breaks === 1 ? '' : '+';
  // Where the first line begins with a blank, the indent cannot be read off it.
  const explicit = /^[\n ]/.test(content) ? unit : '';
  const lines = `${content}${'\n'.repeat(Math.max(0, breaks - 1))}`.split('\n');
  const indent = pad(column + unit);
  return { head: `|${explicit}${chomp}`, body: lines.map((line) => (line === '' ? '' : indent + line)) };
}

/** A one-line scalar: plain where YAML allows it, else quoted. Never folded. */
export function renderScalar(value: unknown): string {
  const line = stringify({ k: value }, { lineWidth: 0 }).slice(3).trimEnd();
  return line.includes('\n') ? doubleQuoted(String(value)) : line;
}

export function doubleQuoted(value: string): string {
  // What JSON writes is YAML too; these few are legal in both but invisible.
  const hidden = /[\x7f-\x9f\u2028\u2029\ufeff]/g;
  return JSON.stringify(value).replace(
    hidden,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The value as it will be written: text of several lines ends with one line break, text of one with none. */
export function normalised(value: unknown): unknown {
  if (typeof value === 'string') {
    const text = value.replace(/\s*\n\s*$/, '');
    return text.includes('\n') ? `${text.trimEnd()}\n` : text;
  }
  if (Array.isArray(value)) return value.map(normalised);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, of]) => (of === undefined ? [] : [[key, normalised(of)]])),
  );
}

export function meaningOf(value: unknown): string {
  return meaning(new Document(value).contents);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function pad(columns: number): string {
  return ' '.repeat(Math.max(0, columns));
}
