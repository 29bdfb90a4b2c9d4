import assert from 'node:assert/strict';
import { analyze, loadParsers } from '../../../server/src/analyze.ts';
import type { Settings } from '../../../server/src/rules/settings.ts';

const plan = (session: string) => `migration: x
database: { version: 16 }
${session}phases:
  - phase: A
    steps:
      - step: one
        verify: { sql: SELECT 1, expect: 1 }
`;

describe("the project's session settings", () => {
  const settings: Settings = {
    rules: {},
    session: { lockTimeout: 2000, statementTimeout: 60_000, retries: 3 },
    dryRun: {},
  };
  const session = async (text: string, given = settings) => {
    const { plan } = analyze(text, {
      parsers: await loadParsers(),
      kind: 'plan',
      settings: given,
      readFile: () => ({ error: 'there is none.' }),
    });
    const { lockTimeout, statementTimeout, retries } = plan.session;
    return [lockTimeout?.value, statementTimeout?.value, retries?.value];
  };

  it('are those of a plan that has none, for rules and dry runs alike', async () => {
    assert.deepEqual(await session(plan('')), [2000, 60_000, 3]);
  });

  it('give way to those of the plan, zero included', async () => {
    assert.deepEqual(await session(plan('session: { lock_timeout: 0, retries: 1 }\n')), [0, 60_000, 1]);
  });

  it('do not stand in for a value that means nothing', async () => {
    assert.deepEqual(await session(plan('session: { lock_timeout: soon }\n')), [undefined, 60_000, 3]);
  });

  it('of zero are no limit', async () => {
    const none: Settings = { rules: {}, session: { lockTimeout: 0 }, dryRun: {} };
    assert.deepEqual(await session(plan(''), none), [undefined, undefined, undefined]);
  });
});
