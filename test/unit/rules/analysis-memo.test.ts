import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Analysis, analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { rules } from '../../../server/src/rules/registry.ts';
import { defaultSettings } from '../../../server/src/rules/settings.ts';
import { benchPlan, benchSchema } from '../../bench/bench-plan.ts';
import { examplePlan, exampleSchema } from './example-plan.ts';

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

type Edit = typeof edit extends fc.Arbitrary<infer E> ? E : never;

/** The steps of examples of all rules, but for those with a schema of their own. */
const exampleSteps = rules.flatMap(({ examples: { bad, good } }) =>
  [...bad, ...good].flatMap((example) =>
    example.schema === undefined && example.plan === undefined ? [example.steps] : [],
  ),
);

describe('analysing a plan again after an edit', () => {
  let used: Parsers;
  before(async () => {
    used = await loadParsers();
  });

  const options = (parsers: Parsers, schema: string) => ({
    parsers,
    kind: 'plan' as const,
    settings: {
      ...defaultSettings,
      rules: Object.fromEntries(rules.map((rule) => [rule.id, rule.severity])),
    },
    readFile: (path: string) => (path === 'schema.sql' ? { text: schema } : { error: `there is no ${path}` }),
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

  const assertSame = async (text: string, schema: string) => {
    const again = analyze(text, options(used, schema));
    const afresh = analyze(text, options(await loadParsers(), schema));
    assert.deepEqual(plain(seen(again)), plain(seen(afresh)));
  };

  const assertSameAfter = async (original: string, edits: readonly Edit[], schema: string) => {
    let text = original;
    analyze(text, options(used, schema));
    for (const { at, remove, insert } of edits) {
      const place = at % (text.length + 1);
      text = text.slice(0, place) + insert + text.slice(place + remove);
      await assertSame(text, schema);
    }
  };

  const edits = fc.array(edit, { minLength: 1, maxLength: 4 });

  it('gives what analysing it afresh gives', async () => {
    await fc.assert(
      fc.asyncProperty(edits, (several) => assertSameAfter(benchPlan(70), several, benchSchema())),
      { numRuns: 4 },
    );
  });

  it('does so whatever the rules look at', async () => {
    const steps = fc.array(fc.constantFrom(...exampleSteps), { minLength: 3, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(steps, edits, (several, typing) =>
        assertSameAfter(examplePlan({ steps: several.join('\n') }), typing, exampleSchema),
      ),
      { numRuns: 8 },
    );
  });
});

/** Without the functions, which are never equal. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
