import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import type { Log } from 'sarif';
import { formatGitlab } from '../../../server/src/cli/format/gitlab.ts';
import { formatJson } from '../../../server/src/cli/format/json.ts';
import { reportPath, reportUri } from '../../../server/src/cli/format/path.ts';
import { formatSarif } from '../../../server/src/cli/format/sarif.ts';
import { formatText } from '../../../server/src/cli/format/text.ts';
import type { CheckedFile } from '../../../server/src/cli/result.ts';
import { styleFor } from '../../../server/src/cli/style.ts';
import type { Finding } from '../../../server/src/rules/model.ts';
import { rules } from '../../../server/src/rules/registry.ts';
import { wrap } from '../../../server/src/text/terminal.ts';

const text = [
  'migration: Größer 😀',
  'phases:',
  '  - steps:',
  '      - step: Index it',
  '        sql: CREATE INDEX i ON users (handle);',
  '',
].join('\n');
const cwd = resolve('/work');
const packageRoot = resolve('/package');

function finding(covers: string, more: Partial<Finding> = {}): Finding {
  const start = text.indexOf(covers);
  return {
    rule: 'index-without-concurrently',
    severity: 'error',
    message: 'Building the index blocks writes to users.',
    range: { start, end: start + covers.length },
    step: 'index_it',
    related: [
      { message: 'the step', range: { start: text.indexOf('Index it'), end: text.indexOf('Index it') + 8 } },
    ],
    fixes: [
      {
        title: 'Build it CONCURRENTLY',
        safe: true,
        edits: [{ range: { start: start + 12, end: start + 12 }, newText: ' CONCURRENTLY' }],
      },
    ],
    tags: [],
    ...more,
  };
}

const bare = { related: [], fixes: [], step: undefined };
const file: CheckedFile = {
  path: 'plans/größer plan.migration.yaml',
  text,
  usable: true,
  findings: [
    finding('😀', { ...bare, rule: 'plan-value', severity: 'warning', message: 'Odd' }),
    finding('CREATE INDEX'),
  ],
};
const unreadable: CheckedFile = {
  path: 'missing.sql',
  text: '',
  usable: false,
  findings: [
    finding('', { ...bare, rule: 'plan-unreadable', message: 'No such file.', range: { start: 0, end: 0 } }),
  ],
};
const plain = styleFor({ isTty: false, columns: undefined }, {});

describe('json', () => {
  const report = JSON.parse(formatJson([file, unreadable], packageRoot));

  it('gives ranges as the Language Server Protocol does', () => {
    assert.deepEqual(report.files[0].findings[0].range, {
      start: { line: 0, character: 18 },
      end: { line: 0, character: 20 },
    });
  });

  it('names step, page and fixes', () => {
    const [odd, index] = report.files[0].findings;
    assert.equal(odd.step, null);
    assert.match(odd.docs, /^file:.*\/package\/server\/docs\/rules\/plan-file\.md#plan-value$/);
    assert.equal(index.step, 'index_it');
    assert.match(index.docs, /\/index-without-concurrently\.md$/);
    assert.equal(index.fixes[0].title, 'Build it CONCURRENTLY');
    assert.deepEqual(index.related[0].range.start, { line: 3, character: 14 });
  });

  it('reports files that nothing can be made of like the others', () => {
    assert.equal(report.files[1].path, 'missing.sql');
    assert.equal(report.files[1].usable, false);
    assert.equal(report.files[1].findings[0].rule, 'plan-unreadable');
  });
});

describe('sarif', () => {
  const log = JSON.parse(
    formatSarif([file, unreadable], { cwd, version: '1.2.3', page: (rule) => `# ${rule}` }),
  ) as Log;
  const [run] = log.runs;

  it('describes every rule, and each problem code that was found, with its page', () => {
    const ids = run?.tool.driver.rules?.map(({ id }) => id);
    assert.deepEqual(ids, [...rules.map(({ id }) => id), 'plan-unreadable', 'plan-value']);
    for (const rule of run?.tool.driver.rules ?? []) assert.equal(rule.help?.markdown, `# ${rule.id}`);
  });

  it('tells what is switched off, and links to the manual', () => {
    for (const rule of rules) {
      const described = run?.tool.driver.rules?.find(({ id }) => id === rule.id);
      assert.equal(described?.defaultConfiguration?.enabled, rule.off ? false : undefined);
      const [manual] = rule.docs.manual;
      assert.equal(described?.helpUri, manual && `https://www.postgresql.org/docs/18/${manual.path}`);
      assert.equal(described?.fullDescription?.text, rule.docs.problem);
    }
  });

  it('points each result to its rule by index', () => {
    for (const result of run?.results ?? [])
      assert.equal(run?.tool.driver.rules?.[result.ruleIndex ?? -1]?.id, result.ruleId);
  });

  it('places results with one-based columns and relative, encoded paths', () => {
    const place = run?.results?.[1]?.locations?.[0]?.physicalLocation;
    assert.equal(place?.artifactLocation?.uri, 'plans/gr%C3%B6%C3%9Fer%20plan.migration.yaml');
    assert.deepEqual(place?.region, {
      startLine: 5,
      startColumn: 14,
      endLine: 5,
      endColumn: 26,
      snippet: { text: 'CREATE INDEX' },
    });
    assert.equal(run?.columnKind, 'utf16CodeUnits');
  });

  it('says that the run did not succeed where a file could not be read', () => {
    assert.equal(run?.invocations?.[0]?.executionSuccessful, false);
    assert.equal(run?.invocations?.[0]?.toolExecutionNotifications?.[0]?.message.text, 'No such file.');
  });

  it('carries fixes as replacements', () => {
    const change = run?.results?.[1]?.fixes?.[0]?.artifactChanges[0];
    assert.equal(change?.replacements[0]?.insertedContent?.text, ' CONCURRENTLY');
    assert.equal(change?.replacements[0]?.deletedRegion.startColumn, 26);
  });
});

describe('fingerprints', () => {
  const prints = (files: CheckedFile[]) =>
    (JSON.parse(formatGitlab(files, cwd)) as { fingerprint: string }[]).map(({ fingerprint }) => fingerprint);

  it('stay when lines are added above', () => {
    const shift = '# one more line\n'.length;
    const moved = {
      ...file,
      text: `# one more line\n${text}`,
      findings: file.findings.map((one) => ({
        ...one,
        range: { start: one.range.start + shift, end: one.range.end + shift },
      })),
    };
    assert.deepEqual(prints([moved]), prints([file]));
  });

  it('differ for equal faults, other files and other rules', () => {
    const twice = { ...file, findings: [finding('CREATE INDEX'), finding('CREATE INDEX')] };
    const all = [...prints([twice]), ...prints([{ ...file, path: 'other.migration.yaml' }])];
    assert.equal(new Set(all).size, all.length);
  });
});

describe('gitlab', () => {
  it('gives what Code Quality wants', () => {
    const issues = JSON.parse(formatGitlab([file, unreadable], cwd));
    assert.deepEqual(
      issues.map(({ fingerprint, ...rest }: { fingerprint: string }) => {
        assert.match(fingerprint, /^[0-9a-f]{64}$/);
        return rest;
      }),
      [
        {
          description: 'Odd',
          check_name: 'plan-value',
          severity: 'minor',
          location: { path: file.path, lines: { begin: 1, end: 1 } },
        },
        {
          description: 'Building the index blocks writes to users.',
          check_name: 'index-without-concurrently',
          severity: 'major',
          location: { path: file.path, lines: { begin: 5, end: 5 } },
        },
        {
          description: 'No such file.',
          check_name: 'plan-unreadable',
          severity: 'major',
          location: { path: 'missing.sql', lines: { begin: 1, end: 1 } },
        },
      ],
    );
  });
});

describe('text', () => {
  it('shows each finding under its place with its source, and sums up', () => {
    const report = formatText([{ ...file, path: 'a.yaml', findings: [finding('CREATE INDEX')] }], {
      style: plain,
      width: 100,
    });
    assert.equal(
      report,
      `a.yaml:5:14 error [index-without-concurrently]
  Building the index blocks writes to users.
    |
  5 |         sql: CREATE INDEX i ON users (handle);
    |              ^^^^^^^^^^^^
    = see a.yaml:4:15: the step
    = fix: Build it CONCURRENTLY

1 error in 1 file. 1 can be fixed: 1 with --fix.
`,
    );
  });

  it('leaves to standard error why a file cannot be read, and counts it', () => {
    assert.equal(formatText([unreadable], { style: plain, width: 80 }), '1 error in 1 file.\n');
  });

  it('tells what was fixed, what can be, and by whom', () => {
    const judged = finding('CREATE INDEX');
    const fixes = judged.fixes.map((fix) => ({ ...fix, safe: false }));
    const fixed = [{ rule: 'rollback-missing', step: 'one', title: 'Add a rollback' }];
    const report = formatText([{ ...file, findings: [{ ...judged, fixes }], fixed }], {
      style: plain,
      width: 100,
    });
    assert.match(
      report,
      /^plans\/größer plan\.migration\.yaml fixed\n {2}Add a rollback \[rollback-missing\] \(step one\)\n\n/,
    );
    assert.match(report, /= fix, yours to judge: Build it/);
    assert.match(
      report,
      /1 finding fixed\. 1 error in 1 file\. 1 can be fixed: 1 from the editor's quick fix menu\.\n$/,
    );
    assert.equal(
      formatText([{ ...file, findings: [], fixed }], { style: plain, width: 80 })
        .split('\n')
        .at(-2),
      '1 finding fixed. Nothing left in 1 file.',
    );
  });

  it('says so where nothing was found', () => {
    const clean = { ...file, findings: [] };
    assert.equal(formatText([clean, clean], { style: plain, width: 80 }), 'Nothing found in 2 files.\n');
  });

  it('lets no text of the plan steer the terminal', () => {
    const hostile = {
      ...file,
      path: 'a\u001b]0;x\u0007.yaml',
      findings: [finding('Index', { ...bare, message: 'a\u001b[2J' })],
    };
    const report = formatText([hostile], { style: plain, width: 80 });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
    assert.ok(!/[\u0000-\u0009\u000b-\u001f\u007f]/.test(report));
  });

  it('colours only a terminal, and not with NO_COLOR', () => {
    const tty = { isTty: true, columns: 80, write() {} };
    assert.equal(styleFor(tty, {}).error('x'), '\u001b[31mx\u001b[0m');
    assert.equal(styleFor(tty, { NO_COLOR: '1' }).error('x'), 'x');
    assert.equal(styleFor({ ...tty, isTty: false }, {}).error('x'), 'x');
  });
});

describe('wrapped text', () => {
  it('breaks between words and leaves long ones whole', () => {
    assert.deepEqual(wrap('one two three\n\nfour-and-more', 8), ['one two', 'three', '', 'four-and-more']);
    assert.deepEqual(wrap('日本 日本', 6), ['日本', '日本']);
  });
});

describe('paths in reports', () => {
  it('are relative below the current folder and absolute elsewhere', () => {
    assert.equal(reportPath('./a/../b.sql', cwd), 'b.sql');
    assert.equal(reportPath('..b.sql', cwd), '..b.sql');
    assert.equal(reportPath('../b.sql', cwd), resolve('/b.sql'));
    assert.equal(reportUri('../b c.sql', cwd), 'file:///b%20c.sql');
    assert.equal(reportUri('a:b.sql', cwd), 'a%3Ab.sql');
  });
});
