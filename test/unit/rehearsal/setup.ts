import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Analysis, analyze, loadParsers } from '../../../server/src/analyze.ts';
import { createEmbeddedEngine } from '../../../server/src/rehearsal/embedded-engine.ts';
import type { Engine, Report } from '../../../server/src/rehearsal/model.ts';
import { type RehearseOptions, rehearse } from '../../../server/src/rehearsal/rehearse.ts';

export const root = join(__dirname, '../../..');

/** The embedded engine of this source tree, built first where it is not current. */
export async function embeddedEngine(): Promise<Engine> {
  const { buildEmbedded } = await import('../../../.scripts/embedded.mjs');
  await buildEmbedded({ root, dist: join(root, 'dist') });
  return createEmbeddedEngine({ path: join(root, 'dist/embedded') });
}

/** A plan around steps, which are YAML at the indent of a list item in `steps:`. */
export function planOf(steps: string, more = ''): string {
  const body = steps
    .replace(/^\n/, '')
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `      ${line}`))
    .join('\n');
  return `migration: A test\ntype: other\ndatabase: { type: postgresql, version: 18, schema: schema.sql }\n${more}phases:\n  - phase: Only\n    steps:\n${body}\n`;
}

export async function analysisOf(text: string, schema: string): Promise<Analysis> {
  const parsers = await loadParsers();
  return analyze(text, {
    parsers,
    kind: 'plan',
    readFile: (path) => (path === 'schema.sql' ? { text: schema } : { error: 'there is no such file' }),
  });
}

/** Runs the steps alone, without their proofs. */
export async function rehearsePlan(
  engine: Engine,
  text: string,
  schema: string,
  options: Partial<RehearseOptions> = {},
): Promise<Report> {
  return rehearse(await analysisOf(text, schema), engine, {
    rows: 100,
    stepTimeout: 15_000,
    proofs: false,
    ...options,
  });
}

/** Runs the steps with their proofs. */
export function provePlan(
  engine: Engine,
  text: string,
  schema: string,
  options: Partial<RehearseOptions> = {},
): Promise<Report> {
  return rehearsePlan(engine, text, schema, { rows: 10, proofs: true, ...options });
}

export function example(path: string): string {
  return readFileSync(join(root, 'examples', path), 'utf8');
}

/** One session for many runs, emptied before each: for tests of anything but starting and stopping. */
export async function reusedEngine(
  engine: Engine,
  sql = '',
): Promise<{ engine: Engine; close(): Promise<void> }> {
  const session = await engine.open(undefined, { sql });
  return {
    engine: {
      async open() {
        await session.query('ROLLBACK');
        await session.query('DISCARD ALL');
        await session.query('DROP SCHEMA public CASCADE');
        await session.query('CREATE SCHEMA public');
        return { ...session, keep: undefined, close: async () => {} };
      },
    },
    close: () => session.close(),
  };
}
