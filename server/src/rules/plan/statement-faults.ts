import type { Node } from '@pgsql/types';
import {
  type AlreadyThere,
  alreadyThere,
  partsAlreadyThere,
  renamedOnto,
} from '../../effects/already-there.ts';
import { missingParts } from '../../effects/missing-names.ts';
import { type Refusal, refusalsOf } from '../../effects/query-refusals.ts';
import type { BackfillAction, SqlText, Step } from '../../plan/model.ts';
import { findRelation, relationKey } from '../../schema/lookup.ts';
import type { Schema } from '../../schema/model.ts';
import { namesIn } from '../../schema/query-names.ts';
import { triggersOf } from '../../schema/triggers.ts';
import { isUncertain, isUncertainName } from '../../schema/uncertain.ts';
import { tokenize } from '../../sql/lexer.ts';
import { parseName, quoteIdentifier, writeName } from '../../sql/names.ts';
import { documentRange } from '../../text/offset-map.ts';
import type { Range } from '../../text/range.ts';
import type { Fault } from '../define-rule.ts';
import type { StatementAnalysis } from '../model.ts';
import { tokenRange } from '../statements.ts';
import { isQualified, nameToken, says, tokenOf } from './name-places.ts';
import { columnNames, guess, namesNear, relationNames, type Spelling, spellingOf } from './spelling.ts';

export interface Wrong {
  /** What is not there, or is there already. */
  readonly name: string;
  /** A name that is not there, with one that is and looks like it; undefined for every other fault. */
  readonly spelling: Spelling | undefined;
}

/** Why Postgres refuses a statement when the plan gets to it, by what the schema then holds. */
export function* faultsOf(s: StatementAnalysis, step: string): Generator<Fault<Wrong>> {
  // `IF NOT EXISTS … THEN`, `EXCEPTION WHEN duplicate_object`: who wrote it knows that it may be otherwise.
  if (s.guarded) return;
  yield* namesNotThere(s, step);
  yield* refusedQuery(s, step);
  const taken = alreadyThere(s.statement.node, s.before) ?? renamedOnto(s.statement.node, s.before);
  if (taken) yield takenName(s, taken, step);
  for (const part of partsAlreadyThere(s.statement.node, s.before)) yield takenName(s, part, step);
}

/** Of DDL, what effects say is not there, or is. A query's names are read with their places instead. */
function* namesNotThere(s: StatementAnalysis, step: string): Generator<Fault<Wrong>> {
  // The statements of a DO block come by themselves.
  if (isQuery(s) || s.embedded) return;
  const told = new Set<string>();
  for (const { fact, refused } of s.effects.unknown) {
    if (refused === undefined || isUncertainName(s.before, refused.name)) continue;
    told.add(refused.name);
    yield refused.because === 'taken'
      ? notFree(s, step, refused.name, fact)
      : notThere(s, step, refused.name, fact, () => namesNear(s.before, s));
  }
  for (const { kind, name, table } of missingParts(s.statement.node, s.before)) {
    if (told.has(name) || isUncertain(s.before, relationKey(table.name), name)) continue;
    told.add(name);
    const fact = `${table.name.name} has no ${kind} ${quoteIdentifier(name)} when this statement runs`;
    const known = {
      column: table.columns,
      constraint: table.constraints,
      trigger: triggersOf(table),
      policy: table.policies ?? [],
    };
    yield notThere(s, step, name, fact, () => known[kind].map((one) => one.name));
  }
}

function notFree(s: StatementAnalysis, step: string, name: string, fact: string): Fault<Wrong> {
  return {
    message: `This statement fails: ${fact}. Give it another name, or take the statement out.`,
    range: rangeOf(s, tokenOf(s, name)),
    step,
    data: { name, spelling: undefined },
  };
}

function notThere(
  s: StatementAnalysis,
  step: string,
  name: string,
  fact: string,
  known: () => Iterable<string>,
): Fault<Wrong> {
  const place = tokenOf(s, name);
  const elsewhere = place && inOtherSchema(s, place, name);
  if (elsewhere) return notOnPath(s, step, elsewhere);
  const spelling = spellingOf(s.sql, place, name, known());
  return {
    message: `This statement fails: ${fact}. ${guess(spelling)}`,
    range: rangeOf(s, place),
    step,
    data: { name, spelling },
  };
}

function* refusedQuery(s: StatementAnalysis, step: string): Generator<Fault<Wrong>> {
  const query = isQuery(s) ? s.statement.node : innerQuery(s.statement.node);
  if (!query) return;
  for (const refusal of refusalsOf(namesIn(query, s.before), s.before)) {
    const { kind, name, unless } = refusal;
    if (unless.length > 0 || (kind === 'no column' && s.variables?.includes(name))) continue;
    // Relations that other statements read are among their locks.
    if (query !== s.statement.node && kind === 'no relation') continue;
    yield refused(s, step, refusal);
  }
}

function refused(
  s: StatementAnalysis,
  step: string,
  { kind, key, name, reason, location }: Refusal,
): Fault<Wrong> {
  const place = location === undefined ? undefined : nameToken(s, s.statement.tokenAt(location), name);
  const elsewhere = kind === 'no relation' && place ? inOtherSchema(s, place, name) : undefined;
  if (elsewhere) return notOnPath(s, step, elsewhere);
  const known =
    kind === 'no column' ? columnNames(s.before, key) : kind === 'no relation' ? relationNames(s.before) : [];
  const spelling = spellingOf(s.sql, place, name, known);
  return {
    message: `This statement fails when the plan gets here: ${reason}. ${guess(spelling)}`,
    range: place ? rangeOf(s, place) : tokenRange(s, location),
    step,
    data: { name, spelling },
  };
}

/** A relation of that name in a schema that is not searched: the role's own path may have it. */
function inOtherSchema(s: StatementAnalysis, place: Range, name: string): Spelling | undefined {
  if (isQualified(s, place)) return undefined;
  for (const { kind, name: one } of s.before.relations.values())
    if (one.name === name && kind !== 'index') return { sql: s.sql, place, instead: writeName(one) };
  return undefined;
}

function notOnPath(s: StatementAnalysis, step: string, spelling: Spelling): Fault<Wrong> {
  const path = s.before.searchPath.join(', ') || 'empty';
  return {
    message: `This statement fails unless the role that runs it has another search_path: ${s.statement.slice(spelling.place)} is in none of its schemas (${path}), and ${spelling.instead} is there. Write ${spelling.instead}, or SET search_path first.`,
    range: documentRange(s.sql.map, spelling.place),
    step,
    severity: 'warning',
    data: { name: spelling.instead, spelling },
  };
}

function takenName(
  s: StatementAnalysis,
  { name, what, passedOver }: AlreadyThere,
  step: string,
): Fault<Wrong> {
  const message = passedOver
    ? `This statement does nothing: the ${what} ${quoteIdentifier(name)} exists when the plan gets here, and IF NOT EXISTS passes over it, whatever it looks like. Take the statement out, or change what is there.`
    : `This statement fails when the plan gets here: the ${what} ${quoteIdentifier(name)} exists already. Give it another name, or take the statement out.`;
  return {
    message,
    range: rangeOf(s, tokenOf(s, name)),
    step,
    ...(passedOver ? { severity: 'warning' as const } : {}),
    data: { name, spelling: undefined },
  };
}

/** What a backfill's `table`, `set` and `where` name that is not there. */
export function* backfillFaults(
  { table, set, where }: BackfillAction,
  statements: readonly StatementAnalysis[],
  { id }: Step,
  before: Schema,
): Generator<Fault<Wrong>> {
  const name = parseName(table?.value ?? '');
  if (table && name && before.complete && !findRelation(before, name)) {
    yield {
      message: `This backfill fails: there is no table ${writeName(name)} when it runs. ${guess(undefined)}`,
      range: table.range,
      step: id,
      data: { name: name.name, spelling: undefined },
    };
    return;
  }
  const told = new Set<string>();
  for (const s of statements)
    for (const refusal of refusalsOf(namesIn(s.statement.node, s.before), s.before)) {
      const place = placeIn([set, where], refusal.name);
      if (refusal.kind !== 'no column' || !place || told.has(refusal.name)) continue;
      told.add(refusal.name);
      const spelling = spellingOf(place.sql, place.place, refusal.name, columnNames(s.before, refusal.key));
      yield {
        message: `This backfill fails: ${refusal.reason}. ${guess(spelling)}`,
        range: documentRange(place.sql.map, place.place),
        step: id,
        data: { name: refusal.name, spelling },
      };
    }
}

/** The statement is put together from fragments: the first of them that says the name. */
function placeIn(
  fragments: readonly (SqlText | undefined)[],
  name: string,
): { readonly sql: SqlText; readonly place: Range } | undefined {
  for (const sql of fragments)
    for (const token of sql ? tokenize(sql.text) : [])
      if (sql && says(sql.text.slice(token.start, token.end), token.kind, name)) return { sql, place: token };
  return undefined;
}

function rangeOf(s: StatementAnalysis, place: Range | undefined): Range {
  return place ? documentRange(s.sql.map, place) : s.range;
}

function isQuery({ statement: { kind } }: StatementAnalysis): boolean {
  return ['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'].includes(kind);
}

/** The query that another statement holds. */
function innerQuery(node: Node): Node | undefined {
  if ('ViewStmt' in node) return node.ViewStmt.query;
  if ('CreateTableAsStmt' in node) return node.CreateTableAsStmt.query;
  if ('ExplainStmt' in node) return node.ExplainStmt.query;
  if ('DeclareCursorStmt' in node) return node.DeclareCursorStmt.query;
  if ('PrepareStmt' in node) return node.PrepareStmt.query;
  return 'CopyStmt' in node ? node.CopyStmt.query : undefined;
}
