import { isScalar, type YAMLMap } from 'yaml';
import { pinnedMap } from '../text/offset-map.ts';
import type { Located, Range } from '../text/range.ts';
import type { Action, CodeBlock, Expectation, PlanProblem, SqlAction, SqlText } from './model.ts';
import { nearest } from './nearest.ts';
import type { Nodes } from './nodes.ts';
import { parseCount, parseDuration, parseExpectation } from './values.ts';

/** What reading a plan goes through: the nodes, the files it names, and where its problems go. */
export interface Reading {
  readonly nodes: Nodes;
  readonly readFile: (path: string) => { readonly text: string } | { readonly error: string };
  report(problem: PlanProblem): void;
}

const actionKeys = ['sql', 'backfill', 'deploy', 'verify', 'wait'] as const;
const defaultBatch = 10_000;

/** Reads `expect` of a verification or a check. Undefined where it is absent, or reported where it means nothing. */
export function readExpectation(
  { nodes, report }: Reading,
  map: YAMLMap | undefined,
): Located<Expectation> | undefined {
  const pair = nodes.pair(map, 'expect');
  if (!pair) return undefined;
  const plain = nodes.plain(pair.value);
  const range = nodes.range(pair.value);
  if ((plain === null || plain === undefined) && range.end <= range.start) {
    const message = 'Say what the result must be: a value, a comparison such as "< 16MB", or rows.';
    report({ code: 'plan-type', message: `"expect" is empty. ${message}`, range: nodes.range(pair.key) });
    return undefined;
  }
  const value = parseExpectation(plain);
  if (!value && Array.isArray(plain)) {
    const message =
      'Rows are lists of values, [[1, a], [2, b]], or mappings of columns to values, [{ id: 1 }].';
    report({ code: 'plan-value', message, range: nodes.range(pair.key) });
  }
  return value && { value, range };
}

/** Where a mapping begins: its first key. */
export function firstKey({ nodes }: Reading, map: YAMLMap | undefined): Range {
  return nodes.range(map?.items[0]?.key);
}

/** Reads the one action of a step or a rollback. None, and two, are reported and give undefined. */
export function readOneAction(
  reading: Reading,
  map: YAMLMap,
  place: Range,
  what: 'step' | 'rollback',
): Action | undefined {
  const present = actionKeys.flatMap((key) => {
    const pair = reading.nodes.pair(map, key);
    return pair ? [{ key, pair }] : [];
  });
  const [first, second] = present;
  if (!first) {
    // The schema's check names that key and the one it should be.
    if (map.items.some(({ key }) => isMisspeltAction(key))) return undefined;
    const message = `This ${what} does nothing: it needs one of ${actionKeys.join(', ')}.`;
    reading.report({ code: 'plan-action', message, range: place });
    return undefined;
  }
  if (second) {
    reading.report({
      code: 'plan-action',
      message: `This ${what} has two actions, ${first.key} and ${second.key}: make it two.`,
      range: reading.nodes.range(second.pair.key),
      related: [{ message: 'the first action', range: reading.nodes.range(first.pair.key) }],
    });
    return undefined;
  }
  reportMisplaced(reading, map, first.key, what);
  const keyRange = reading.nodes.range(first.pair.key);
  const range = {
    start: keyRange.start,
    end: Math.max(keyRange.end, reading.nodes.range(first.pair.value).end),
  };
  return readAction(reading, first.key, first.pair.value, map, { keyRange, range });
}

const otherKeys = ['step', 'id', 'transaction', 'code', 'estimate', 'took', 'expect', 'rollback', 'allow'];
const actionWords: readonly string[] = [...actionKeys, 'not_needed', 'impossible'];

function isMisspeltAction(key: unknown): boolean {
  const word = isScalar(key) ? String(key.value) : '';
  if (otherKeys.includes(word)) return false;
  const meant = nearest(word, [...actionWords, ...otherKeys]);
  return meant !== undefined && actionWords.includes(meant);
}

/** `transaction` and `code` say something about one kind of action: beside another they would do nothing. */
function reportMisplaced(
  { nodes, report }: Reading,
  map: YAMLMap,
  action: (typeof actionKeys)[number],
  what: 'step' | 'rollback',
): void {
  const owners = { transaction: 'sql', code: 'deploy' } as const;
  for (const [key, owner] of Object.entries(owners)) {
    const pair = action === owner ? undefined : nodes.pair(map, key);
    if (!pair) continue;
    report({
      code: 'plan-value',
      message: `"${key}" goes with ${owner}; beside ${action} it does nothing: remove it from this ${what}.`,
      range: nodes.range(pair.key),
    });
  }
}

function readAction(
  reading: Reading,
  key: (typeof actionKeys)[number],
  value: unknown,
  map: YAMLMap,
  at: { readonly keyRange: Range; readonly range: Range },
): Action | undefined {
  const { nodes } = reading;
  switch (key) {
    case 'sql': {
      const sql = readSql(reading, value);
      return sql && sqlAction(sql, nodes, map, at);
    }
    case 'backfill':
      return readBackfill(reading, value, at);
    case 'deploy': {
      const version = nodes.string(value);
      return version && { kind: 'deploy', version, code: readCode(reading, nodes.get(map, 'code')), ...at };
    }
    case 'verify': {
      const of = nodes.map(value);
      const sql = nodes.sql(nodes.get(of, 'sql'));
      return of && { kind: 'verify', sql, expect: readExpectation(reading, of), ...at };
    }
    case 'wait': {
      const duration = nodes.scalar(value, parseDuration);
      return duration && { kind: 'wait', duration, ...at };
    }
  }
}

function sqlAction(
  sql: SqlText,
  nodes: Nodes,
  map: YAMLMap,
  at: { readonly keyRange: Range; readonly range: Range },
): SqlAction {
  const transaction = nodes.scalar(nodes.get(map, 'transaction'), (value) =>
    typeof value === 'boolean' ? value : undefined,
  );
  return {
    kind: 'sql',
    sql,
    transaction: transaction?.value ?? true,
    transactionRange: transaction?.range,
    ...at,
  };
}

/** SQL written in place, or in the file that `{ file: PATH }` names. */
function readSql(reading: Reading, node: unknown): SqlText | undefined {
  const { nodes } = reading;
  const path = nodes.string(nodes.get(nodes.map(node), 'file'));
  if (!path) return nodes.sql(node);
  const file = pathProblem(path.value) ?? reading.readFile(path.value);
  if ('error' in file) {
    reading.report({
      code: 'plan-file',
      message: `This SQL file cannot be read: ${file.error}`,
      range: path.range,
    });
    return undefined;
  }
  return {
    text: file.text,
    range: path.range,
    map: pinnedMap(path.range, file.text.length),
    file: path.value,
  };
}

/** A plan names files beside itself: never another machine's, nor one of the whole disk. */
export function pathProblem(path: string): { readonly error: string } | undefined {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path))
    return { error: `${path} is an address; write a path relative to the plan.` };
  if (/^([/\\]|[a-z]:)/i.test(path)) return { error: `${path} is absolute; write it relative to the plan.` };
  return undefined;
}

function readBackfill(
  reading: Reading,
  node: unknown,
  at: { readonly keyRange: Range; readonly range: Range },
): Action | undefined {
  const { nodes } = reading;
  const map = nodes.map(node);
  if (!map) return undefined;
  const key = nodes.get(map, 'key');
  const columns = nodes.items(key).length > 0 ? nodes.items(key) : [key];
  return {
    kind: 'backfill',
    table: nodes.string(nodes.get(map, 'table')),
    set: nodes.sql(nodes.get(map, 'set')),
    where: nodes.sql(nodes.get(map, 'where')),
    batch: nodes.scalar(nodes.get(map, 'batch'), parseCount)?.value || defaultBatch,
    pause: nodes.scalar(nodes.get(map, 'pause'), parseDuration)?.value ?? 0,
    key: columns.flatMap((column) => nodes.string(column) ?? []),
    ...at,
  };
}

function readCode({ nodes }: Reading, node: unknown): readonly CodeBlock[] {
  return nodes.items(node).map((item) => {
    const map = nodes.map(item);
    return {
      file: nodes.string(nodes.get(map, 'file')),
      language: nodes.string(nodes.get(map, 'language')),
      body: nodes.string(nodes.get(map, 'body')),
      range: nodes.range(item),
    };
  });
}
