import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Document, isMap, isSeq, parseDocument, parse as parseYaml, Scalar } from 'yaml';
import { replaceStatement } from '../../../server/src/plan/edit.ts';
import type { SqlText } from '../../../server/src/plan/model.ts';
import { createPlanParser } from '../../../server/src/plan/parse.ts';
import { planOfSqlFile } from '../../../server/src/plan/sql-file.ts';
import { applyEdits } from '../rules/fix-laws.ts';

const parser = createPlanParser();

function sqlOf(text: string): SqlText {
  const { plan } = parser.parse(text, { readFile: () => ({ text: 'SELECT 1' }) });
  const action = plan.phases[0]?.steps.find((step) => step.action?.kind === 'sql')?.action;
  assert.ok(action?.kind === 'sql', text);
  return action.sql;
}

const around = (scalar: string) =>
  `phases:\n  - phase: A\n    steps:\n      - step: one # x\n        sql: ${scalar}\n        # then\n        rollback: B\n`;

/** Replaces the first `old` in the SQL of a plan. */
function replace(text: string, old: string, by: string): string | undefined {
  const sql = sqlOf(text);
  const start = sql.text.indexOf(old);
  assert.ok(start >= 0);
  const edits = replaceStatement(text, sql, { start, end: start + old.length }, by);
  return edits && applyEdits(text, edits);
}

describe('replaceStatement', () => {
  it('changes the words in place in every style', () => {
    for (const scalar of [
      'CREATE INDEX i; # x',
      '"CREATE INDEX i;"',
      "'CREATE INDEX i;'",
      '|\n          SET x;\n\n          CREATE INDEX i;\n',
      '>-\n          CREATE INDEX\n          i;',
      'SET x;\n          CREATE INDEX\n          i;',
      '| # x\n          CREATE INDEX i;\n\n',
    ]) {
      const text = around(scalar);
      const old = sqlOf(text).text.match(/CREATE INDEX/)?.[0] ?? '';
      assert.equal(
        replace(text, old, 'CREATE INDEX CONCURRENTLY'),
        text.replace('CREATE INDEX', 'CREATE INDEX CONCURRENTLY'),
        scalar,
      );
    }
  });

  it('edits only the characters that change', () => {
    const text = around('CREATE INDEX i;');
    const sql = sqlOf(text);
    const edits = replaceStatement(text, sql, { start: 0, end: 14 }, 'CREATE INDEX CONCURRENTLY i');
    const at = text.indexOf('i;');
    assert.deepEqual(edits, [{ range: { start: at, end: at }, newText: 'CONCURRENTLY ' }]);
    assert.deepEqual(replaceStatement(text, sql, { start: 0, end: 6 }, 'CREATE'), []);
  });

  it('escapes what the style needs escaped', () => {
    assert.equal(replace(around("'A x'"), 'x', "'y'"), around("'A ''y'''"));
    assert.equal(replace(around('"A x"'), 'x', '"y"\n\\'), around('"A \\"y\\"\\n\\\\"'));
  });

  it('leaves the plain style where it cannot hold the result', () => {
    assert.equal(replace(around('A x # c'), 'x', 'b: c'), around('"A b: c" # c'));
    assert.equal(replace(around('A x'), 'x', '#y'), around('"A #y"'));
    assert.equal(replace(around('A x'), 'A', "'a'"), around(`"'a' x"`));
    assert.equal(replace(around('A x'), 'x', 'x;\nB'), around('|-\n          A x;\n          B'));
    assert.equal(replace(around("'A x'"), 'x', 'x;\nB'), around('|-\n          A x;\n          B'));
  });

  it('adds and removes lines of a block', () => {
    const text = around('|\n          A;\n          B;\n');
    assert.equal(replace(text, 'A;', 'A;\n\nC;'), around('|\n          A;\n\n          C;\n          B;\n'));
    assert.equal(replace(text, 'A;\n', ''), around('|\n          B;\n'));
    assert.equal(replace(text, '\nB;', ''), around('|\n          A;\n'));
    assert.equal(replace(text, 'B;\n', 'B;'), around('|-\n          A;\n          B;\n'));
  });

  it('stays in the line of a flow mapping', () => {
    const flow = (sql: string) => `phases:\n  - phase: A\n    steps: [{ step: one, sql: ${sql} }]\n`;
    assert.equal(replace(flow('A x'), 'x', 'y'), flow('A y'));
    assert.equal(replace(flow('A x'), 'x', 'f(a, b)'), flow('"A f(a, b)"'));
    assert.equal(replace(flow('A x'), 'x', 'x\ny'), flow('"A x\\ny"'));
  });

  it('keeps CRLF', () => {
    const crlf = (text: string) => text.replaceAll('\n', '\r\n');
    const text = around('|\n          A;\n          B;\n');
    assert.equal(
      replace(crlf(text), 'B;', 'B;\nC;'),
      crlf(around('|\n          A;\n          B;\n          C;\n')),
    );
    assert.equal(replace(crlf(around('A')), 'A', 'A;\nB'), crlf(around('|-\n          A;\n          B')));
  });

  it('takes the character before along when it adds at the very end', () => {
    const text = around('A x').split('\n').slice(0, 5).join('\n');
    const edits = replaceStatement(text, sqlOf(text), { start: 3, end: 3 }, ' NOT VALID');
    assert.deepEqual(edits, [
      { range: { start: text.length - 1, end: text.length }, newText: 'x NOT VALID' },
    ]);
  });

  it('edits a plain .sql file directly', () => {
    const text = 'A x;\r\nB;\r\n';
    const action = planOfSqlFile(text, 'f').phases[0]?.steps[0]?.action;
    assert.ok(action?.kind === 'sql');
    const edits = replaceStatement(text, action.sql, { start: 0, end: 3 }, 'A y\nz');
    assert.deepEqual(edits, [{ range: { start: 2, end: 3 }, newText: 'y\r\nz' }]);
  });

  it('leaves files and what aliases name alone', () => {
    const file = around('{ file: a.sql }');
    assert.equal(replaceStatement(file, sqlOf(file), { start: 0, end: 6 }, 'X'), undefined);
    assert.equal(replace(around('&a A x'), 'x', 'y'), undefined);
    assert.equal(replace(around('*a').replace('phases', 'traffic: &a A x\nphases'), 'x', 'y'), undefined);
  });

  it('gives exactly the intended value for any text in any style, and changes nothing else', () => {
    fc.assert(
      fc.property(scalarCase, ({ value, type, flow, indent, crlf, last, from, to, newSql, comment }) => {
        const text = document({ value, type, flow, indent, crlf, last, comment });
        // The writer has faults of its own with odd plain scalars.
        fc.pre(parseDocument(text).errors.length === 0);
        const sql = sqlOf(text);
        const [start = 0, end = 0] = [from, to].map((n) => n % (sql.text.length + 1)).sort((a, b) => a - b);
        const intended = sql.text.slice(0, start) + newSql + sql.text.slice(end);
        const edits = replaceStatement(text, sql, { start, end }, newSql);
        assert.ok(edits, `an edit in ${JSON.stringify(text)}`);
        const after = applyEdits(text, edits);
        const wanted = parseYaml(text) as { phases: { steps: { sql: string }[] }[] };
        const step = wanted.phases[0]?.steps.find(({ sql: of }) => of !== undefined);
        assert.ok(step);
        step.sql = intended;
        assert.deepEqual(parseYaml(after), wanted, JSON.stringify({ text, after }));
        for (const { range } of edits)
          assert.ok(
            range.start >= sql.range.start && range.end <= sql.range.end,
            JSON.stringify({ text, after }),
          );
      }),
      { numRuns: 400 },
    );
  });
});

const characters = fc.constantFrom(
  ...'ab;,:#\'"\\{}[]&*!|>%@`-? \n\n\t'.split(''),
  ...[' #', ': ', '\n\n', '\n ', 'é', '😀', '\u0007', '\u2028', '\u0085', '\ufeff'],
  ...['SELECT 1;', 'CREATE INDEX', "'x'", '$1', '-- c\n'],
);
const text = fc.array(characters, { maxLength: 20 }).map((parts) => parts.join(''));

interface Shape {
  readonly value: string;
  readonly type: Scalar.Type;
  readonly flow: boolean;
  readonly indent: number;
  readonly crlf: boolean;
  /** Whether the SQL is the last thing of the file, without a line break after it. */
  readonly last: boolean;
  readonly comment: boolean;
}

const scalarCase = fc.record({
  value: text,
  type: fc.constantFrom<Scalar.Type>(
    'PLAIN',
    'QUOTE_SINGLE',
    'QUOTE_DOUBLE',
    'BLOCK_LITERAL',
    'BLOCK_FOLDED',
  ),
  flow: fc.boolean(),
  indent: fc.constantFrom(2, 4),
  crlf: fc.boolean(),
  last: fc.boolean(),
  comment: fc.boolean(),
  from: fc.nat(),
  to: fc.nat(),
  newSql: text,
});

/** A plan with this SQL in this style, as far as the style can hold it. */
function document({ value, type, flow, indent, crlf, last, comment }: Shape): string {
  const scalar = new Scalar(value);
  scalar.type = type;
  const step = { step: 'one', sql: scalar, ...(last ? {} : { rollback: 'B' }) };
  const doc = new Document({ phases: [{ phase: 'A', steps: [{ step: 'zero', wait: '1h' }, step] }] });
  const steps = doc.getIn(['phases', 0, 'steps']);
  assert.ok(isSeq(steps) && isMap(steps.items[1]));
  if (flow) steps.items[1].flow = true;
  let source = doc.toString({ indent, lineWidth: 20, minContentWidth: 4 });
  if (comment) source = source.replace('rollback: B\n', 'rollback: B # c\n\n# the end\n');
  if (last) source = source.replace(/\n$/, '');
  return crlf ? source.replaceAll('\n', '\r\n') : source;
}
