import type { RuleContext } from './model.ts';
import type { RollbackSource } from './new-steps.ts';
import { withoutLockLimit } from './without-lock-limit.ts';

/** Where a statement of a rollback runs: in a transaction, outside of one, or outside and without lock_timeout. */
type Place = 'block' | 'outside' | 'build';

/**
 * Statements as a rollback: in one transaction, but for VALIDATE CONSTRAINT, before which the lock of ADD is let go, and
 * for what Postgres runs only outside of one. An index is built in a part of its own, whose `lock_timeout = 0` ends with
 * it: what needs a strong lock before or after waits no longer than the plan says.
 */
export function rollbackSource(context: RuleContext, sql: readonly string[]): RollbackSource {
  const parts: { readonly place: Place; readonly lines: string[] }[] = [];
  for (const line of sql) {
    const last = parts.at(-1);
    const place = last?.place === 'build' && locksLittle(line) ? 'build' : placeOf(line);
    if (last?.place === place && !(place === 'block' && /\bVALIDATE CONSTRAINT\b/.test(line)))
      last.lines.push(line);
    else parts.push({ place, lines: [line] });
  }
  const [only, ...more] = parts;
  if (only?.place === 'block' && more.length === 0) return script(only.lines);
  const sources = parts.map(({ place, lines }): RollbackSource => {
    if (place === 'block') return { sql: script(lines) };
    const text = script(lines);
    return { transaction: false, sql: place === 'build' ? withoutLockLimit(context, text) : text };
  });
  return sources.length === 1 ? (sources[0] ?? sources) : sources;
}

/** Statements with their semicolons, a line each. */
export function script(lines: readonly string[]): string {
  return lines.map((line) => `${line.replace(/;\s*$/, '')};`).join('\n');
}

/** A build that is cancelled by lock_timeout leaves an INVALID index; a drop can be tried again. */
export function isConcurrentBuild(line: string): boolean {
  return /^\s*(?:create\b.*\bindex|reindex)\b[^(]*\bconcurrently\b/i.test(line);
}

function placeOf(line: string): Place {
  if (isConcurrentBuild(line)) return 'build';
  return /^\s*drop\s+index\s+concurrently\b/i.test(line) ? 'outside' : 'block';
}

/** No lock that reads or writes wait behind. */
function locksLittle(line: string): boolean {
  return /^\s*(?:comment\s+on|alter\s+index\s+\S+\s+alter\s+column)\b/i.test(line);
}
