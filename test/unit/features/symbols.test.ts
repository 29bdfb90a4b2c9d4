import assert from 'node:assert/strict';
import { type OutlineSymbol, outline } from '../../../server/src/features/symbols.ts';
import { createPlanParser } from '../../../server/src/plan/parse.ts';

const text = `migration: Rename
database: { type: postgresql, version: 16 }
session: { lock_timeout: 2s }
checklist:
  - Backup restored
  - check: Replicas keep up
    sql: SELECT 1
    expect: 1
phases:
  - phase: Expand
    steps:
      - step: Add
        sql: SELECT 1;
        transaction: false
        rollback: { not_needed: nothing }
      - step: Copy
        backfill: { table: users, set: a = b, where: a IS NULL, batch: 10, pause: 1s }
        rollback: { not_needed: nothing }
      - step: Move
        deploy: v2
        rollback: { deploy: v1 }
      - step: Count
        verify: { sql: SELECT 1, expect: 1 }
      - step: Rest
        wait: 24h
      - step: Later
monitoring:
  alerts:
    - metric: p99
      warning: "> 200ms"
  queries:
    - name: Progress
      sql: SELECT 1
`;

const parser = createPlanParser();
const outlineOf = (source: string) =>
  outline({
    plan: parser.parse(source, { readFile: () => ({ error: 'none' }) }).plan,
    kind: 'plan',
  });
const lines = (symbols: readonly OutlineSymbol[], depth = 0): string[] =>
  symbols.flatMap(({ kind, name, detail, children }) => [
    `${'  '.repeat(depth)}${kind}: ${name}${detail && `, ${detail}`}`,
    ...lines(children, depth + 1),
  ]);

describe('the outline of a plan', () => {
  it('lists its sections in the order of the document, each step by its action', () => {
    assert.deepEqual(lines(outlineOf(text)), [
      'section: Checklist, 2 entries',
      '  entry: Backup restored',
      '  entry: Replicas keep up',
      'phase: Expand',
      '  sql: Add, sql, no transaction',
      '  backfill: Copy, backfill users',
      '  deploy: Move, deploy v2',
      '  verify: Count, verify',
      '  wait: Rest, wait',
      '  step: Later, no action yet',
      'section: Monitoring, 2 entries',
      '  entry: p99',
      '  entry: Progress',
    ]);
  });

  it('puts every name inside its range, however much of the plan is typed', () => {
    const check = (symbols: readonly OutlineSymbol[]) => {
      for (const { name, range, nameRange, children } of symbols) {
        assert.notEqual(name, '');
        assert.ok(range.start <= nameRange.start && nameRange.end <= range.end, name);
        for (const child of children)
          assert.ok(range.start <= child.range.start && child.range.end <= range.end, child.name);
        check(children);
      }
    };
    for (let length = 0; length <= text.length; length += 7) check(outlineOf(text.slice(0, length)));
  });

  it('is empty for a plain SQL file', () => {
    const { plan } = parser.parse(text, { readFile: () => ({ error: 'none' }) });
    assert.deepEqual(outline({ plan, kind: 'sql' }), []);
  });
});
