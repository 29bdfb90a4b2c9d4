import assert from 'node:assert/strict';
import { compareFingerprints, takeFingerprint } from '../../../../server/src/rehearsal/fingerprint.ts';
import type { Connection } from '../../../../server/src/rehearsal/model.ts';
import type { FingerprintCase } from './model.ts';

/** Runs a case on a database with `baseSchema`, and takes it back. */
export async function runCase(db: Connection, one: FingerprintCase): Promise<void> {
  const { given, sql, drift, clean = [] } = one;
  const alone = typeof sql !== 'string';
  if (!alone) await db.exec('BEGIN');
  try {
    if (given !== undefined) await db.exec(given);
    const before = await takeFingerprint(db);
    // Some are to fail, and leave something behind.
    if (alone) for (const statement of sql) await db.exec(statement).catch(() => undefined);
    else await db.exec(sql);
    const after = await takeFingerprint(db);
    const found = compareFingerprints(before, after);
    assert.deepEqual(
      found.map(({ message }) => message),
      drift,
    );
    const isDrift = found.some(({ kind }) => kind === 'schema');
    const back = compareFingerprints(after, before).some(({ kind }) => kind === 'schema');
    assert.equal(back, isDrift, 'the other way round');
    assert.deepEqual(compareFingerprints(after, after), []);
  } finally {
    if (!alone) await db.exec('ROLLBACK');
    for (const statement of clean) await db.exec(statement);
  }
}

export function titleOf({ given, sql }: FingerprintCase): string {
  const text = typeof sql === 'string' ? sql : sql.join('; ');
  return given === undefined ? text : `${given}; then ${text}`;
}

export function runsOn({ since = 0, until = 99 }: FingerprintCase, major: number): boolean {
  return since <= major && major <= until;
}
