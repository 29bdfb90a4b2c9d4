import assert from 'node:assert/strict';
import { compareFingerprints, takeFingerprint } from '../../../../server/src/rehearsal/fingerprint.ts';
import type { Connection } from '../../../../server/src/rehearsal/model.ts';
import type { FingerprintCase } from './model.ts';

/** Runs a case on a database with `baseSchema`, and takes it back. */
export async function runCase(db: Connection, one: FingerprintCase): Promise<void> {
  const { given, sql, drift, clean = [] } = one;
  if (typeof sql !== 'string') {
    try {
      if (given !== undefined) await db.exec(given);
      const before = await takeFingerprint(db);
      for (const statement of sql) await db.exec(statement).catch(() => undefined);
      assertDrift(compareFingerprints(before, await takeFingerprint(db)), drift);
    } finally {
      for (const statement of clean) await db.exec(statement);
    }
    return;
  }
  await db.exec('BEGIN');
  try {
    if (given !== undefined) await db.exec(given);
    const before = await takeFingerprint(db);
    await db.exec(sql);
    assertDrift(compareFingerprints(before, await takeFingerprint(db)), drift);
  } finally {
    await db.exec('ROLLBACK');
  }
}

function assertDrift(found: ReturnType<typeof compareFingerprints>, expected: readonly string[]): void {
  assert.deepEqual(
    found.map(({ message }) => message),
    expected,
  );
}

export function titleOf({ given, sql }: FingerprintCase): string {
  const text = typeof sql === 'string' ? sql : sql.join('; ');
  return given === undefined ? text : `${given}; then ${text}`;
}

export function runsOn({ since = 0, until = 99 }: FingerprintCase, major: number): boolean {
  return since <= major && major <= until;
}
