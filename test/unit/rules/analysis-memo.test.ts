import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Analysis, analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { rules } from '../../../server/src/rules/registry.ts';
import { defaultSettings } from '../../../server/src/rules/settings.ts';
import { benchPlan, benchSchema } from '../../bench/bench-plan.ts';

/** What is typed into a plan: names, SQL, and what makes and breaks statements. */
const typed = fc.constantFrom(
  ...'ax1_; (),',
  'NOT NULL',
  ' CONCURRENTLY',
  '; DROP TABLE t3',
  '; ALTER TABLE t2 RENAME TO t99',
  "; SET lock_timeout = '1s'",
  '; BEGIN; COMMIT',
  '\n        allow: { change-unbatched: small }',
  '\n      - step: More\n        sql: CREATE TABLE n1 (id bigint PRIMARY KEY)\n        rollback: DROP TABLE n1',
  '\n      - step: Out\n        deploy: v2\n        rollback: { deploy: v1 }',
);

const edit = fc.record({ at: fc.nat(), remove: fc.constantFrom(0, 0, 1, 4, 30, 300), insert: typed });

describe('analysing a plan again after an edit', () => {
  let used: Parsers;
  before(async () => {
    used = await loadParsers();
  });

  const options = (parsers: Parsers) => ({
    parsers,
    kind: 'plan' as const,
    settings: {
      ...defaultSettings,
      rules: Object.fromEntries(rules.map((rule) => [rule.id, rule.severity])),
    },
    readFile: (path: string) =>
      path === 'schema.sql' ? { text: benchSchema() } : { error: `there is no ${path}` },
  });

  const seen = ({ findings, steps }: Analysis) => ({
    findings: findings.map(({ rule, severity, message, range, step, related, fixes }) => {
      return { rule, severity, message, range, step, related, fixes };
    }),
    steps: steps.map(({ step, action }) => ({
      step,
      statements: action?.statements.map(({ effects, range, inTransaction }) => {
        return { effects, range, inTransaction };
      }),
    })),
  });

  it('gives what analysing it afresh gives', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
        let text = benchPlan(70);
        analyze(text, options(used));
        for (const { at, remove, insert } of edits) {
          const place = at % (text.length + 1);
          text = text.slice(0, place) + insert + text.slice(place + remove);
          const again = analyze(text, options(used));
          const afresh = analyze(text, options(await loadParsers()));
          assert.deepEqual(plain(seen(again)), plain(seen(afresh)));
        }
      }),
      { numRuns: 6 },
    );
  });
});

/** Without the functions, which are never equal. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
