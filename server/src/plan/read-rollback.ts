import type { YAMLMap } from 'yaml';
import type { Range } from '../text/range.ts';
import type { Action, Rollback, SqlAction } from './model.ts';
import type { Nodes } from './nodes.ts';
import { firstKey, type Reading, readOneAction } from './read-action.ts';

/** Reads the way back of a step: SQL, actions, or one of the two honest words. Undefined where the key is absent. */
export function readRollback(reading: Reading, step: YAMLMap | undefined): Rollback | undefined {
  const { nodes } = reading;
  const pair = nodes.pair(step, 'rollback');
  if (!pair) return undefined;
  const keyRange = nodes.range(pair.key);
  const value = nodes.range(pair.value);
  const at = { keyRange, range: { start: keyRange.start, end: Math.max(keyRange.end, value.end) } };
  const map = nodes.map(pair.value);
  for (const kind of ['not_needed', 'impossible'] as const) {
    const reason = nodes.string(nodes.get(map, kind));
    if (reason) {
      reportMixed(reading, map, kind);
      return { kind, reason, ...at };
    }
  }
  const { actions, readable } = readRollbackActions(reading, pair.value, map, keyRange);
  return { kind: 'actions', actions, ...(readable ? {} : { unreadable: true }), ...at };
}

function reportMixed({ nodes, report }: Reading, map: YAMLMap | undefined, kind: string): void {
  const other = map?.items.find((pair) => String((pair.key as { value?: unknown }).value) !== kind);
  if (!other) return;
  report({
    code: 'plan-action',
    message: `This rollback says ${kind}, and something else as well: keep one of them.`,
    range: nodes.range(other.key),
  });
}

interface RollbackActions {
  readonly actions: readonly Action[];
  /** False where a part means nothing, which a problem says. */
  readonly readable: boolean;
}

function readRollbackActions(
  reading: Reading,
  node: unknown,
  map: YAMLMap | undefined,
  keyRange: Range,
): RollbackActions {
  const { nodes } = reading;
  if (map) {
    // An honest word whose reason is none: the schema's check says so.
    const isHonest = map.has('not_needed') || map.has('impossible');
    const action = isHonest ? undefined : readOneAction(reading, map, keyRange, 'rollback');
    return { actions: action ? [action] : [], readable: action !== undefined };
  }
  const scalar = nodes.scalar(node, (value) => value);
  if (scalar) return readRollbackText(reading, node);
  const items = nodes.items(node).map((item) => {
    const of = nodes.map(item);
    return of ? readOneAction(reading, of, firstKey(reading, of), 'rollback') : plainSql(nodes, item);
  });
  const actions = items.filter((item) => item !== undefined);
  return { actions, readable: actions.length === items.length };
}

/** SQL, or one of the honest words without its reason. */
function readRollbackText(reading: Reading, node: unknown): RollbackActions {
  const text = reading.nodes.string(node);
  const word = /^(not.needed|impossible)\W*$/i.exec(text?.value.trim() ?? '')?.[1];
  if (text && word) {
    const key = word.toLowerCase() === 'impossible' ? 'impossible' : 'not_needed';
    const message = `"${word}" needs the reason: write { ${key}: why }.`;
    reading.report({ code: 'plan-value', message, range: text.range });
    return { actions: [], readable: false };
  }
  const action = plainSql(reading.nodes, node);
  const isNull = reading.nodes.plain(node) === null;
  return { actions: action ? [action] : [], readable: action !== undefined || isNull };
}

/** SQL given as a plain string. */
function plainSql(nodes: Nodes, node: unknown): SqlAction | undefined {
  const sql = nodes.sql(node);
  return (
    sql && {
      kind: 'sql',
      sql,
      transaction: true,
      transactionRange: undefined,
      keyRange: sql.range,
      range: sql.range,
    }
  );
}
