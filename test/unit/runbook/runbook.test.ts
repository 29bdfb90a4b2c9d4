import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { Window } from 'happy-dom';
import markdownIt from 'markdown-it';
import { type Analysis, analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { preview } from '../../../server/src/features/preview.ts';
import { code, fence, text } from '../../../server/src/runbook/markdown.ts';
import { measuredIn, readReport } from '../../../server/src/runbook/measured.ts';
import { runbook } from '../../../server/src/runbook/runbook.ts';

const markdown = markdownIt({ html: true, linkify: true });
const folder = 'examples/rename-username/';

/** What may stand in a plan that means something to Markdown, HTML, Mermaid or psql. */
const mean = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '`',
        '```',
        '~~~',
        '|',
        '\n',
        '\r',
        '<b>',
        '<!--',
        '](x)',
        '![',
        '*',
        '_',
        '#',
        '- ',
        '1. ',
        '\\',
        '&lt;',
        '> ',
        '    ',
      ),
      fc.constantFrom(
        ':',
        ';',
        '%%',
        'section',
        '::',
        '"',
        "'",
        '{{',
        '$$',
        '\u202e',
        '\u001b',
        'https://x.org',
      ),
      fc.string({ unit: 'grapheme', maxLength: 5 }),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => parts.join(''));

describe('Markdown made of text', () => {
  const inline = (source: string) => markdown.parseInline(source, {})[0]?.children ?? [];

  it('shows a name as what it is, wherever it stands', () => {
    fc.assert(
      fc.property(mean, (name) => {
        for (const before of ['', '# ', '- ', 'x ']) {
          const tokens = markdown.parse(`${before}${text(name)}`, {});
          const kinds = new Set(
            tokens.flatMap(({ type, children }) => [type, ...(children ?? []).map((c) => c.type)]),
          );
          for (const kind of [
            'html_block',
            'html_inline',
            'em_open',
            'strong_open',
            'image',
            'code_inline',
            'fence',
          ])
            assert.ok(!kinds.has(kind), `${kind} in ${JSON.stringify(text(name))}`);
          for (const kind of ['code_block', 'blockquote_open', 'ordered_list_open', 'hr', 'table_open'])
            assert.ok(!kinds.has(kind), `${kind} in ${JSON.stringify(before + text(name))}`);
          assert.equal(tokens.filter(({ type }) => type === 'heading_open').length, before === '# ' ? 1 : 0);
        }
      }),
    );
  });

  it('keeps code as it is, on a line, in a table and in a fence', () => {
    fc.assert(
      fc.property(mean, (source) => {
        const span = code(source);
        if (span !== '') {
          const [token, ...more] = inline(span);
          assert.equal(more.length, 0, JSON.stringify(span));
          assert.equal(token?.type, 'code_inline');
        }
        const cells = markdown.parse(
          `| a | b |\n| - | - |\n| ${code(source, 'table')} | ${text(source)} |`,
          {},
        );
        assert.equal(cells.filter(({ type }) => type === 'td_open').length, 2, JSON.stringify(source));
        const [block, ...rest] = markdown.parse(fence('sql', source), {});
        const isHidden = source.includes('\u001b') || source.includes('\u202e');
        assert.deepEqual([block?.type, rest.length > 0, block?.info], ['fence', isHidden, 'sql']);
        const lines = source
          .replaceAll(/\r\n?/g, '\n')
          .replaceAll('\u001b', '\ufffd')
          .replaceAll('\u202e', '\ufffd')
          .replace(/\n+$/, '');
        assert.equal(block?.content.replace(/\n$/, ''), lines.replace(/\n$/, ''));
      }),
    );
    assert.equal(fence('a b`', 'x'), '```\nx\n```');
  });

  it('takes no long time over long text', () => {
    const long = 300_000;
    const began = performance.now();
    fence('sql', `${'\n'.repeat(long)}x${'` '.repeat(long)}`);
    text(`${' '.repeat(long)}x${'*'.repeat(long)}`);
    code('` '.repeat(long));
    assert.ok(performance.now() - began < 5000);
  });
});

describe('the runbook', () => {
  let parsers: Parsers;
  let mermaid: { parse(text: string): Promise<unknown> };
  let window: Window;
  before(async function () {
    this.timeout(60_000);
    parsers = await loadParsers();
    // Mermaid cleans its labels by a DOM.
    window = new Window();
    Object.assign(globalThis, { window, document: window.document });
    mermaid = (await import('mermaid')).default;
  });
  after(async () => {
    await window.happyDOM.close();
    for (const name of ['window', 'document']) Reflect.deleteProperty(globalThis, name);
  });

  const analysed = (plan: string): Analysis =>
    analyze(plan, {
      parsers,
      kind: 'plan',
      readFile: (path) => ({ text: readFileSync(`${folder}${path}`, 'utf8') }),
    });
  const example = () => analysed(readFileSync(`${folder}rename-username.migration.yaml`, 'utf8'));
  const written = (analysis: Analysis) => runbook(analysis, { preview: preview(analysis) });
  const headings = (source: string) =>
    markdown
      .parse(source, {})
      .flatMap((token, at, all) =>
        token.type === 'heading_open'
          ? [`${token.tag} ${all[at + 1]?.children?.map(({ content }) => content).join('')}`]
          : [],
      );
  const fences = (source: string, language: string) =>
    markdown
      .parse(source, {})
      .filter(({ type, info }) => type === 'fence' && info === language)
      .map(({ content }) => content);

  it('has every section in the order of use, each step with its way back, and the whole way back reversed', () => {
    const source = written(example());
    const titles = headings(source);
    assert.deepEqual(
      titles.filter((title) => /^h[12]/.test(title)),
      [
        'h1 Rename users.username to users.handle',
        'h2 Timing',
        'h2 Before step one',
        'h2 Phase 1: Expand (risk: low)',
        'h2 Phase 2: Migrate (risk: medium)',
        'h2 Phase 3: Contract (risk: medium)',
        'h2 The whole way back',
        'h2 Monitoring',
        'h2 Clean-up',
      ],
    );
    assert.equal(titles.filter((title) => title.startsWith('h4 Way back from')).length, 12);
    const undone = titles.flatMap((title) => /^h3 Undo (\S+)/.exec(title)?.[1] ?? []);
    assert.deepEqual(
      undone,
      undone.toSorted((a, b) => Number(b) - Number(a)),
    );
    assert.equal(undone.length, 12);
    assert.match(source, /BEGIN;\nALTER TABLE users ADD COLUMN handle varchar\(255\);\nCOMMIT;/);
    assert.doesNotMatch(source, /BEGIN;\nSET lock_timeout = 0;/);
    assert.match(source, /- \[ \] Replicas keep up\n\n {2}```sql/);
    assert.match(source, /Expected: \*\*\\< 16MB\*\*/);
    assert.match(source, /While it rolls out, v1 and v2 both run\./);
    assert.match(source, /INVALID index/);
  });

  it('has a timeline that Mermaid reads', async () => {
    const [timeline = ''] = fences(written(example()), 'mermaid');
    assert.deepEqual(await mermaid.parse(timeline), { diagramType: 'timeline', config: {} });
    assert.equal(timeline.match(/ : /g)?.length, 16);
    await assert.rejects(mermaid.parse('timeline\n  sect1on a : : :\n ]] :'));
  });

  it('says where there is no way back, before the step and on the whole way back', () => {
    const source = written(
      analysed(
        JSON.stringify({
          migration: 'Drop',
          database: { type: 'postgresql', version: 16, schema: 'schema.sql' },
          phases: [
            {
              phase: 'One',
              steps: [
                {
                  step: 'Index',
                  transaction: false,
                  sql: 'CREATE INDEX CONCURRENTLY i ON users (email); ANALYZE users',
                  rollback: { transaction: false, sql: 'DROP INDEX CONCURRENTLY i' },
                },
                {
                  step: 'Gone',
                  sql: 'ALTER TABLE users DROP COLUMN email',
                  rollback: { impossible: 'the values are lost' },
                },
              ],
            },
          ],
        }),
      ),
    );
    assert.match(source, /### 1\.2 Gone\n\n\*\*Point of no return:\*\*/);
    assert.match(source, /1\.2 Gone : .* : no way back/);
    assert.match(
      source,
      /### Undo 1\.2 Gone\n\n\*\*Point of no return\.\*\* .*lost\n\nOnce 1\.2 was done, the way back ends here/,
    );
    assert.match(source, /paste each block by itself/);
    assert.match(source, /```sql\nANALYZE users;\n```/);
  });

  it('tells what a dry run measured, and what it found of the way back', () => {
    const analysis = example();
    const ids = analysis.steps.map(({ step }) => step.id);
    const step = {
      id: 'add_handle',
      status: 'passed',
      statements: [{ ms: 12 }, { ms: 0.4 }],
      rollback: { verdict: 'restores', reason: '' },
    };
    const broken = {
      id: 'check_handle',
      status: 'failed',
      statements: [],
      rollback: { verdict: 'drifts', reason: 'index x: missing' },
    };
    const report = {
      plan: 'Rename users.username to users.handle',
      engine: 'PostgreSQL 18.6',
      verdict: 'failed',
      measured: {},
      steps: [step, broken],
    };
    const found = readReport(JSON.stringify(report), report.plan, ids);
    assert.ok(!('refused' in found));
    const source = runbook(analysis, { preview: preview(analysis), measured: measuredIn(found) });
    assert.match(source, /\| 1\.1 \| Add the new column \| instant \| 12 ms \|/);
    assert.match(source, /Proven in the dry run: it leaves what was there before\./);
    assert.match(source, /found this way back wanting:\*\* index x: missing/);
    const untimed = runbook(analysis, {
      preview: preview(analysis),
      measured: measuredIn({ ...found, measured: undefined }),
    });
    assert.match(untimed, /times say nothing of production's/);
    assert.doesNotMatch(untimed, /12 ms/);
    for (const [bad, why] of [
      ['{', /no JSON/],
      ['[]', /no report/],
      [JSON.stringify({ ...report, steps: [{ id: 1 }] }), /no report/],
      [JSON.stringify({ ...report, plan: 'Other' }), /another plan: "Other"/],
    ] as const) {
      const read = readReport(bad, report.plan, ids);
      assert.ok('refused' in read);
      assert.match(read.refused, why);
    }
  });

  it('holds text of the plan as text, in Markdown and in its timeline', async () => {
    await fc.assert(
      fc.asyncProperty(mean, mean, async (name, value) => {
        const sql = `SELECT '${value.replaceAll("'", '')}'`;
        const analysis = analysed(
          JSON.stringify({
            migration: `m${name}`,
            type: `t${name}`,
            database: { type: 'postgresql', version: 16 },
            tables: { [`"${name.replaceAll('"', '')}"`]: { rows: 5 } },
            app: { runs: `v${name}`, versions: { [`v${name}`]: [] } },
            checklist: [`c${name}`, { check: name, sql, expect: value }],
            phases: [
              {
                phase: `p${name}`,
                risk: name,
                steps: [
                  { step: `s${name}`, sql, rollback: { not_needed: `r${name}` } },
                  {
                    step: `d${name}`,
                    deploy: `v${name}`,
                    code: [{ file: name, language: name, body: value }],
                    rollback: { impossible: name },
                  },
                  { step: `v${name}`, verify: { sql, expect: value } },
                ],
              },
            ],
            monitoring: {
              alerts: [{ metric: name, warning: value, action: name }],
              queries: [{ name, sql }],
            },
            cleanup: [`x${name}`],
          }),
        );
        const source = written(analysis);
        const tokens = markdown.parse(source, {});
        const kinds = new Set(
          tokens.flatMap(({ type, children }) => [type, ...(children ?? []).map((c) => c.type)]),
        );
        for (const kind of ['html_block', 'html_inline', 'image', 'em_open', 'code_block', 'blockquote_open'])
          assert.ok(!kinds.has(kind), kind);
        assert.equal(headings(source).length, 1 + 6 + 3 + 2 + 2, JSON.stringify(headings(source)));
        const rows = tokens.filter(({ type }) => type === 'tr_open').length;
        assert.equal(
          tokens.filter(({ type }) => type === 'td_open' || type === 'th_open').length,
          2 * (rows - 4 - 2) + 6 * 4 + 4 * 2,
        );
        await mermaid.parse(fences(source, 'mermaid')[0] ?? '');
      }),
      { numRuns: 60 },
    );
  });
});
