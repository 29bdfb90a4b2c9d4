import type { AlterTableStmt, Node } from '@pgsql/types';
import {
  columnOf,
  constraintOf,
  descendantsOf,
  indexesOf,
  referencesTo,
  relationKey,
  tableOf,
} from '../schema/lookup.ts';
import type { Column, Constraint, Relation, Schema, Table } from '../schema/model.ts';
import { displayName } from '../schema/names.ts';
import { notNullOf } from '../schema/not-null.ts';
import type { Statement } from '../sql/model.ts';
import { quoteIdentifier, stringsOf } from '../sql/names.ts';
import { replacedColumns, zoneOf } from './first-steps.ts';
import { isSureOfNull } from './null-checks.ts';
import { changedKeys } from './objects/pieces.ts';
import { needsValue, placeholder } from './placeholders.ts';
import { lostBetween } from './type-survival.ts';
import { tableAt, type Way } from './way.ts';

export interface DataLoss {
  /** In words, each a sentence. */
  readonly lost: readonly string[];
  /** Why the schema cannot be what it was, now that the values are gone: a sentence each. */
  readonly barred: readonly string[];
  /** Why it is not known whether the schema can be what it was. */
  readonly doubts: readonly string[];
}

/** What values a statement destroys, and what of the schema cannot stand without them. */
export function dataLoss(way: Way, statement: Statement): DataLoss {
  const { before, now } = way;
  const lost: string[] = [];
  const barred: string[] = orphans(before, now);
  const replaced = replacedColumns(statement, before, now);
  for (const [key, was] of changedRelations(before, now)) {
    if (was.kind === 'table') {
      const is = tableAt(now, key);
      if (is === was || was.empty || was.foreign) continue;
      if (!is) {
        if (!was.partitioned) lost.push(`the rows of ${displayName(before, was.name)}`);
      } else {
        const isReplaced = ({ name }: Column) =>
          replaced.some((one) => one.column === name && relationKey(one.table.name) === key);
        const gone = was.columns.filter((column) => !columnOf(is, column.name) || isReplaced(column));
        for (const column of gone.filter(({ generated, local }) => !generated && local !== false))
          lost.push(`the values of ${displayName(before, was.name)}.${quoteIdentifier(column.name)}`);
        for (const column of gone) barred.push(...bars(way, key, was, column));
      }
    }
  }
  const types = changedTypes(before, now, statement);
  lost.push(...types.lost, ...sequencePositions(before, now), ...restarts(before, statement));
  return { lost, barred, doubts: types.doubts };
}

/** What was there and is not, or not as it was. */
function changedRelations(before: Schema, now: Schema): readonly (readonly [string, Relation])[] {
  return changedKeys(before.relations, now.relations).flatMap((key) => {
    const was = before.relations.get(key);
    return was ? [[key, was] as const] : [];
  });
}

/** Foreign keys of tables that are left, whose rows point at rows that are gone: of the table, or a part of it. */
function orphans(before: Schema, now: Schema): string[] {
  const gone = (key: string) => {
    const was = tableAt(before, key);
    return was && !was.empty && !now.relations.has(key);
  };
  return changedRelations(before, now).flatMap(([key, was]) => {
    const is = tableAt(now, key);
    if (was.kind !== 'table' || was === is || !is || is.empty) return [];
    return was.constraints.flatMap(({ name, kind, references, validated, enforced, parent }) => {
      if (kind !== 'foreign key' || !references || !validated || enforced === false || parent) return [];
      const parts = [
        references.table,
        ...descendantsOf(before, references.table).map((one) => relationKey(one.name)),
      ];
      const part = parts.find(gone);
      const missing = part && tableAt(before, part);
      if (!missing || constraintOf(is, name)) return [];
      return [
        `constraint ${quoteIdentifier(name)} cannot hold again: rows of ${displayName(before, was.name)} may point at rows of ${displayName(before, missing.name)}, which are gone`,
      ];
    });
  });
}

function bars(way: Way, key: string, was: Table, column: Column): readonly string[] {
  const { before, now } = way;
  const name = `${displayName(before, was.name)}.${quoteIdentifier(column.name)}`;
  const found: string[] = [];
  if (needsValue(was, column) && placeholder({ ...way, now: before }, was, column) === undefined)
    found.push(
      `the column ${name} is NOT NULL without a default, and no value in place of those that are gone is known to do`,
    );
  for (const { table, constraint } of referencesTo(before, key)) {
    const own = tableAt(now, relationKey(table.name));
    if (!constraint.references?.columns.includes(column.name) || !own || own.empty) continue;
    if (constraint.validated && constraint.enforced !== false)
      found.push(
        `the constraint ${quoteIdentifier(constraint.name)} cannot hold again: ${name}, which it points at, has lost its values`,
      );
  }
  for (const one of was.constraints)
    if (one.columns.includes(column.name) && !holdsWithout(was, column, one))
      found.push(
        `the constraint ${quoteIdentifier(one.name)} may not hold on rows that have lost their ${quoteIdentifier(column.name)}`,
      );
  for (const index of indexesOf(before, key))
    if (index.unique && index.nullsNotDistinct && index.columns.includes(column.name))
      found.push(`the index ${quoteIdentifier(index.name.name)} allows one null only`);
  return found;
}

/** Whether a constraint surely holds where the column is null, or what a default makes it. */
function holdsWithout(table: Table, column: Column, one: Constraint): boolean {
  if (!one.validated || one.enforced === false || one.kind === 'not null') return true;
  if (one.kind === 'check')
    return isSureOfNull(one.expression, column.name) || column.generated !== undefined;
  if (one.kind === 'foreign key')
    return column.default == null && (one.columns.length === 1 || !/MATCH FULL/.test(one.definition));
  // A key is only unique where its column is: one that must not be null has no values to be unique with.
  return one.kind === 'exclusion' || notNullOf(table, column.name) === undefined;
}

interface TypeLoss {
  readonly lost: readonly string[];
  readonly doubts: readonly string[];
}

function changedTypes(before: Schema, now: Schema, { node }: Statement): TypeLoss {
  const lost: string[] = [];
  const doubts: string[] = [];
  const fields: AlterTableStmt = 'AlterTableStmt' in node ? node.AlterTableStmt : {};
  const was = tableOf(before, fields.relation);
  const is = was && tableAt(now, relationKey(was.name));
  if (!was || !is || was.empty) return { lost, doubts };
  for (const item of fields.cmds ?? []) {
    const command = 'AlterTableCmd' in item ? item.AlterTableCmd : undefined;
    if (command?.subtype !== 'AT_AlterColumnType') continue;
    const [old, own] = [columnOf(was, command.name ?? ''), columnOf(is, command.name ?? '')];
    if (old?.type === undefined || own?.type === undefined || old.generated) continue;
    const using = command.def && 'ColumnDef' in command.def ? command.def.ColumnDef.raw_default : undefined;
    const column = `${displayName(before, was.name)}.${quoteIdentifier(old.name)}`;
    const zone = zoneOf(using, old.name);
    if (zone !== undefined) {
      if (!/^(?:etc\/)?(?:utc|gmt)$/i.test(zone))
        lost.push(`values of ${column} that stand where the clocks of ${zone} are set back`);
      continue;
    }
    if (using && !isCastOf(using, old.name)) {
      lost.push(`the old values of ${column}, in whose place USING puts others,`);
      if (lostBetween(own.type, old.type, before, false) !== undefined)
        doubts.push(
          `whether what USING makes of ${column} can be read as ${old.type} again is not known: write the way back by hand`,
        );
      continue;
    }
    if (own.type === 'bytea' && lostBetween(own.type, old.type, before, false) !== undefined)
      doubts.push(
        `how bytes are read as ${old.type} again depends on the version: write the way back of ${column} by hand`,
      );
    const which = lostBetween(old.type, own.type, before, using !== undefined);
    if (which !== undefined) lost.push(`values of ${column} ${which}`);
  }
  return { lost, doubts };
}

/** `c::type`, or `c` alone. */
function isCastOf(node: Node, column: string): boolean {
  if ('TypeCast' in node && node.TypeCast.arg) return isCastOf(node.TypeCast.arg, column);
  return 'ColumnRef' in node && stringsOf(node.ColumnRef.fields).at(-1) === column;
}

/** A sequence that is gone starts anew. */
function sequencePositions(before: Schema, now: Schema): readonly string[] {
  return changedRelations(before, now).flatMap(([key, was]) => {
    if (was.kind !== 'sequence' || now.relations.has(key) || was.empty) return [];
    const owner = was.ownedBy && tableAt(now, was.ownedBy.table);
    const counts = owner && !owner.empty && columnOf(owner, was.ownedBy?.column ?? '') !== undefined;
    return counts ? [`how far ${displayName(before, was.name)} had counted`] : [];
  });
}

/** RESTART of an identity: where it stood is not kept. */
function restarts(before: Schema, { node }: Statement): readonly string[] {
  const fields: AlterTableStmt = 'AlterTableStmt' in node ? node.AlterTableStmt : {};
  const table = tableOf(before, fields.relation);
  return (fields.cmds ?? []).flatMap((item) => {
    const command = 'AlterTableCmd' in item ? item.AlterTableCmd : undefined;
    const options = command?.def && 'List' in command.def ? (command.def.List.items ?? []) : [];
    const restart = options.some((one) => 'DefElem' in one && one.DefElem.defname === 'restart');
    if (command?.subtype !== 'AT_SetIdentity' || !restart || !table) return [];
    return [
      `how far the identity of ${displayName(before, table.name)}.${quoteIdentifier(command.name ?? '')} had counted`,
    ];
  });
}
