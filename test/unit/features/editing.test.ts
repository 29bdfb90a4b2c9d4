import assert from 'node:assert/strict';
import { folds } from '../../../server/src/features/folding.ts';
import { links } from '../../../server/src/features/links.ts';
import { selectionRanges } from '../../../server/src/features/selection.ts';
import { type AtCursor, cursorAnalyzer, planOfSteps, planWith } from './cursor.ts';

describe('folding', () => {
  const folded = (text: string) => {
    const lines = text.split('\n');
    return folds(text).map(
      ({ startLine, endLine, kind }) =>
        `${lines[startLine]?.trim()} .. ${lines[endLine]?.trim()}${kind === 'comment' ? ' (comment)' : ''}`,
    );
  };

  it('folds sections, phases, steps and SQL', () => {
    const text = `# one
# two
migration: x
phases:
  - phase: A
    steps:
      - step: S
        sql: |
          SELECT 1;

          -- last
        rollback: SELECT 2;

      # of the next step
      - step: T
        wait: 1h
cleanup:
- a
- b
`;
    assert.deepEqual(folded(text), [
      '# one .. # two (comment)',
      'phases: .. wait: 1h',
      '- phase: A .. wait: 1h',
      'steps: .. wait: 1h',
      '- step: S .. rollback: SELECT 2;',
      'sql: | .. -- last',
      '- step: T .. wait: 1h',
      'cleanup: .. - b',
    ]);
  });

  it('folds a text that does not parse, and one with CRLF', () => {
    assert.deepEqual(folded('a: [\n  1\nb:\n  c'), ['a: [ .. 1', 'b: .. c']);
    assert.deepEqual(folds('a:\r\n  b: 1\r\n').length, 1);
    assert.deepEqual(folds(''), []);
  });
});

describe('links', () => {
  let at: (marked: string) => AtCursor;
  before(async () => {
    at = await cursorAnalyzer();
  });

  it('lead to files that the plan names, and to pages of rules', () => {
    const { analysis } = at(
      `$0${planOfSteps(
        '- step: A\n  sql: { file: "a.sql" }\n  rollback: { sql: { file: b.sql } }\n  allow: { drop-column: why }\n' +
          '- step: B\n  deploy: v2\n  code: [{ file: src/x.ts, language: typescript, body: x }]\n',
      )}`,
    );
    const found = links({ ...analysis, plan: analysis.plan }).map(({ range, to }) => [
      analysis.text.slice(range.start, range.end),
      to.kind,
    ]);
    assert.deepEqual(found, [
      ['schema.sql', 'file'],
      ['src/x.ts', 'file'],
      ['drop-column', 'rule'],
    ]);
  });

  it('lead to no address and to no absolute path', () => {
    for (const path of ['https://example.org/x', '/etc/passwd', 'C:\\x', '"a\\0b"']) {
      const { analysis } = at(`$0${planWith('').replace('schema.sql', path)}`);
      assert.deepEqual(links(analysis), [], path);
    }
  });
});

describe('selection', () => {
  it('grows from a word to its statement, value, entry, step and plan', async () => {
    const { analysis, offset } = (await cursorAnalyzer())(
      planOfSteps('- step: A\n  sql: SELECT 1; SELECT us$0ername FROM users\n  rollback: SELECT 1;\n'),
    );
    const grown = selectionRanges(analysis, offset).map(({ start, end }) => analysis.text.slice(start, end));
    assert.deepEqual(grown.slice(0, 4), [
      'username',
      'SELECT username FROM users',
      'SELECT 1; SELECT username FROM users',
      'sql: SELECT 1; SELECT username FROM users',
    ]);
    assert.match(grown[4] ?? '', /^step: A\n[\s\S]*rollback: SELECT 1;$/);
    assert.equal(grown.at(-1), analysis.text);
  });
});
