import { readFileSync } from 'node:fs';
import { pgVersions } from '../../server/src/effects/model.ts';

/** A piece of SQL from another linter's tests, with what its author expects of the concepts it is about. */
export interface PeerCase {
  readonly id: number;
  readonly source: string;
  /** Numbers of the concepts that the expectation is about. */
  readonly concepts: readonly number[];
  readonly expect: 'finding' | 'silence';
  /** What the original test sets beside the SQL; blank for nothing. */
  readonly context: string;
  readonly sql: string;
}

/**
 * Reads a file of cases, one JSON object a line.
 *
 * @throws {Error} with the line's number, where a line is no such case.
 */
export function readPeerCases(path: string): readonly PeerCase[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.flatMap((line, at) => (line.trim() === '' ? [] : [parseCase(line, at + 1)]));
}

function parseCase(line: string, number: number): PeerCase {
  let value: Partial<PeerCase> | null = null;
  try {
    value = JSON.parse(line);
  } catch {
    // Told below, with the line.
  }
  const expects = value?.expect === 'finding' || value?.expect === 'silence';
  if (!value || !expects || typeof value.sql !== 'string' || !Array.isArray(value.concepts))
    throw new Error(`Line ${number} is no case: it needs id, sql, concepts and expect (finding or silence).`);
  return { id: number - 1, source: '', context: '', ...value } as PeerCase;
}

/**
 * Whether the original test takes the SQL to run in a transaction that it does not open itself. One takes so what is
 * marked, but for a file that a comment excepts; another any file of several statements, since it sends them in one
 * message, which Postgres runs in one transaction.
 */
export function assumesTransaction({ context, source, sql }: PeerCase, statements: number): boolean {
  if (/squawk-disable-assume-in-transaction/.test(sql)) return false;
  return context.trim() === 'assume_in_transaction' || (source === 'pgls' && statements > 1);
}

/** The Postgres version that the original test asks for, no newer than the newest known; undefined for none. */
export function versionOf({ context }: PeerCase): number | undefined {
  const version = /^pg (\d+)/.exec(context.trim())?.[1];
  return version === undefined ? undefined : Math.min(Number(version), pgVersions.newest);
}

/** Whether the case is about a Postgres older than any whose facts are held. */
export function isAboutOlderVersion(peerCase: PeerCase): boolean {
  const version = versionOf(peerCase);
  return version !== undefined && version < pgVersions.oldest;
}
