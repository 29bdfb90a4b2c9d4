import assert from 'node:assert/strict';
import { type Analysis, analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { insertAllowComment } from '../../../server/src/rules/allow-comments.ts';
import { applyEdits, assertFixLaws } from './fix-laws.ts';

const limit = "SET lock_timeout = '2s';\n";
const index = 'CREATE INDEX i ON t (a);\n';
const rule = 'index-without-concurrently';

describe('allow comments in a plain .sql file', () => {
  let parsers: Parsers;
  before(async () => {
    parsers = await loadParsers();
  });
  const check = (text: string): Analysis =>
    analyze(text, { parsers, kind: 'sql', readFile: () => ({ error: 'none' }) });
  const found = (text: string) => check(text).findings.map(({ rule: id }) => id);

  it('silence the statement below them, and no other', () => {
    const allowed = `-- switchback: allow ${rule}: nobody writes at night\n`;
    assert.deepEqual(found(`${limit}${allowed}-- more\n${index}`), []);
    assert.deepEqual(found(`${limit}${allowed}${index}CREATE INDEX j ON t (b);\n`), [rule]);
    assert.deepEqual(found(`${limit}  --switchback:allow ${rule} the night\r\n${index}`), []);
  });

  it('silence the file from anywhere in it', () => {
    assert.deepEqual(found(`${limit}${index}-- switchback: allow-file ${rule}: small tables alone\n`), []);
  });

  it('need a reason', () => {
    for (const reason of ['', ': ', ': <why it is all right here>']) {
      const text = `${limit}-- switchback: allow ${rule}${reason}\n${index}`;
      assert.deepEqual(found(text), ['plan-value', rule]);
    }
  });

  it('are told where they stand or are written so that they silence nothing', () => {
    const limited = `${limit}SELECT 1;\n`;
    for (const [comment, text] of [
      [
        `-- switchback: allow ${rule}: behind it`,
        `${index.trimEnd()} -- switchback: allow ${rule}: behind it\n`,
      ],
      [`/* switchback: allow ${rule}: a block */`, `/* switchback: allow ${rule}: a block */\n${index}`],
      [`-- Switchback: Allow ${rule}: capitals`, `-- Switchback: Allow ${rule}: capitals\n${index}`],
      [
        `-- switchback: allow ${rule}, drop-column: two`,
        `-- switchback: allow ${rule}, drop-column: two\n${index}`,
      ],
      ['-- switchback: allow', `-- switchback: allow\n${index}`],
    ] as const) {
      const findings = check(limited + text).findings.filter(({ rule: id }) => id === 'plan-value');
      assert.deepEqual(
        findings.map(({ range }) => (limited + text).slice(range.start, range.end)),
        [comment],
      );
      assert.ok(found(limited + text).includes(rule));
    }
    assert.deepEqual(
      found(`${limit}-- switchback: see the manual; we allow this\nSELECT 'switchback: allow x';\n`),
      [],
    );
  });

  it('are reported where they silence nothing, and taken away', () => {
    for (const unused of [
      `${limit}-- switchback: allow ${rule}: x\nSELECT 1;\n`,
      `SELECT 1;\n-- switchback: allow ${rule}: x`,
    ]) {
      const analysis = check(unused);
      const [finding, ...more] = analysis.findings;
      assert.deepEqual([finding?.rule, more], ['allow-unused', []]);
      const [fix] = finding?.fixes ?? [];
      assert.ok(finding && fix);
      assert.ok(!assertFixLaws(analysis, finding, fix, check).includes('switchback'));
    }
  });

  it('are no comments inside of strings, and speak for no SQL that does not parse', () => {
    assert.deepEqual(found(`${limit}SELECT '\n-- switchback: allow ${rule}: x\n';\n${index}`), [rule]);
    assert.deepEqual(found(`${limit}-- switchback: allow ${rule}: x\nCREAT INDEX;\n${index}`), [
      'sql-syntax',
      rule,
    ]);
  });

  it('are written above the statement, in its column, or at the top', () => {
    const write = (text: string, wanted: 'file' | 'statement') => {
      const analysis = check(text);
      const [finding] = analysis.findings;
      const statement = analysis.steps[0]?.action?.statements.find(
        ({ range }) => range.start === finding?.range.start,
      );
      assert.ok(finding && statement);
      const edits = insertAllowComment(text, wanted === 'file' ? 'file' : statement.range, rule, 'a\n b');
      const result = applyEdits(text, edits);
      assert.deepEqual(found(result), [], result);
      return result;
    };
    const comment = `-- switchback: allow ${rule}: a b`;
    assert.equal(write(`${limit}-- x\n  ${index}`, 'statement'), `${limit}-- x\n  ${comment}\n  ${index}`);
    assert.equal(
      write(`${`SELECT 1; ${limit}`.trimEnd()} ${index}`, 'statement'),
      `SELECT 1; ${limit.trimEnd()} \n${comment}\n${index}`,
    );
    assert.equal(
      write(`${limit}${index}`.replaceAll('\n', '\r\n'), 'file'),
      `${comment.replace('allow', 'allow-file')}\n${limit}${index}`.replaceAll('\n', '\r\n'),
    );
  });
});
