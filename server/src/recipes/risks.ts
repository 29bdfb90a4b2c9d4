import type { Analysis } from '../analyze.ts';
import type { ActionAnalysis, StepAnalysis } from '../rules/model.ts';
import { findTable, relationKey } from '../schema/lookup.ts';
import type { Schema, Table } from '../schema/model.ts';
import { parseName } from '../sql/names.ts';
import { keptOut } from '../timing/traffic.ts';
import { type Facts, sqlName } from './facts.ts';
import type { Risks } from './standard.ts';

/**
 * What of a plan decides the standard parts of its checklist and monitoring: read off the effects of its steps and
 * rollbacks on the tables that are there before it.
 *
 * @param lockTimeout ms
 */
export function risksOf(
  analysis: Analysis,
  facts: Facts,
  lockTimeout: number,
  sizeOf: (table: Table) => Pick<Risks['grown'][number], 'size' | 'shown'>,
): Risks {
  const { schema } = facts;
  const locked = new Set<string>();
  const grown = new Map<string, Table>();
  let concurrently = false;
  for (const { action, statements } of allActions(analysis)) {
    if (action.kind !== 'sql' && action.kind !== 'backfill') continue;
    for (const { effects, statement } of statements) {
      concurrently ||= isConcurrent(statement.text);
      for (const { relation, mode, isNew } of effects.locks) {
        const table = tableNamed(schema, relation);
        if (!isNew && table && keptOut(mode) === 'everybody') locked.add(sqlName(facts, table));
      }
      const writes = [...effects.rewrites, ...effects.builds].map(
        ({ indexOf, relation }) => indexOf ?? relation,
      );
      if (action.kind === 'backfill') writes.push(action.table?.value ?? '');
      for (const relation of writes) {
        const table = tableNamed(schema, relation);
        if (table) grown.set(relationKey(table.name), table);
      }
    }
  }
  return {
    concurrently,
    heavyWal: grown.size > 0,
    locked: [...locked],
    grown: [...grown.values()].map((table) => ({ name: sqlName(facts, table), ...sizeOf(table) })),
    lockTimeout,
  };
}

/** Those of the steps, and of their rollbacks. */
export function allActions({ steps }: Analysis): readonly ActionAnalysis[] {
  return steps.flatMap(({ action, rollback }: StepAnalysis) => [...(action ? [action] : []), ...rollback]);
}

/** It builds or drops an index and lets others go on meanwhile. */
export function isConcurrent(sql: string): boolean {
  return /^\s*(?:create\s+(?:unique\s+)?index|drop\s+index|reindex\b.*?)\s+concurrently\b/i.test(sql);
}

export function tableNamed(schema: Schema, relation: string): Table | undefined {
  const name = parseName(relation);
  return name && findTable(schema, name);
}
