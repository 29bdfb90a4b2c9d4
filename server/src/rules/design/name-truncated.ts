import type { Statement, Token } from '../../sql/model.ts';
import { documentRange } from '../../text/offset-map.ts';
import { defineRule } from '../define-rule.ts';
import { sqlStatements } from '../statements.ts';

/** NAMEDATALEN - 1 in src/include/pg_config_manual.h. */
const maxBytes = 63;

/** A name that Postgres cuts. */
export const nameTruncated = defineRule<undefined>({
  id: 'name-truncated',
  title: 'A name is longer than Postgres keeps',
  severity: 'warning',
  docs: {
    problem: `Postgres keeps 63 bytes of a name and cuts the rest with no more than a notice. Two long names that differ only
behind that are one: the second CREATE fails, an \`IF NOT EXISTS\` skips it in silence, and a DROP of the one removes the
other. A program that looks the full name up in the catalogs does not find it. Letters beyond ASCII take 2 to 4 bytes.`,
    solution: 'Choose a name of at most 63 bytes, by hand or by the tool that makes it.',
    manual: [{ title: 'Identifiers and Key Words', path: 'sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Remember the last visit
  sql: ALTER TABLE users ADD COLUMN the_point_in_time_at_which_this_user_was_last_seen_by_anybody_at_all timestamptz;
  rollback: ALTER TABLE users DROP COLUMN the_point_in_time_at_which_this_user_was_last_seen_by_anybody_at_all;
`,
        finds: 'the_point_in_time_at_which_this_user_was_last_seen_by_anybody_at_all',
      },
    ],
    good: [
      {
        steps: `- step: Remember the last visit
  sql: ALTER TABLE users ADD COLUMN last_seen_at timestamptz;
  rollback: ALTER TABLE users DROP COLUMN last_seen_at;
`,
      },
    ],
  },
  *check(context) {
    const told = new Set<string>();
    for (const { s, step } of sqlStatements(context)) {
      if (!s.statement.once(mayHoldLongName)) continue;
      for (const token of s.statement.tokens()) {
        const name = nameOf(s.statement, token);
        const kept = name === undefined ? undefined : cut(name);
        if (name === undefined || kept === undefined || told.has(name)) continue;
        told.add(name);
        yield {
          message: `This name is ${byteLength(name)} bytes long; Postgres keeps ${maxBytes} and calls it ${kept}. Another name that begins so is the same name. Shorten it.`,
          range: documentRange(s.sql.map, token),
          step: step.id,
          data: undefined,
        };
      }
    }
  },
});

/** Spares nearly every statement its tokens. */
function mayHoldLongName({ text }: Statement): boolean {
  return text.length > maxBytes / 4 && /[\w$]{64}|"[^"]{64}|[\u0080-\uffff]/.test(text);
}

function nameOf(statement: Statement, token: Token): string | undefined {
  if (token.kind !== 'word' && token.kind !== 'quoted') return undefined;
  if (token.end - token.start <= maxBytes / 4) return undefined;
  const text = statement.slice(token);
  return token.kind === 'word'
    ? text
    : text
        .replace(/^[uU]&/, '')
        .slice(1, -1)
        .replaceAll('""', '"');
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** The whole characters in the first 63 bytes; undefined where the name has no more. */
function cut(name: string): string | undefined {
  if (byteLength(name) <= maxBytes) return undefined;
  let kept = '';
  for (const character of name) {
    if (byteLength(kept + character) > maxBytes) break;
    kept += character;
  }
  return kept;
}
