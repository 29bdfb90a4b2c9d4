import { columnOf, relationKey, sequencesOf } from '../schema/lookup.ts';
import type { Column, Table } from '../schema/model.ts';
import { ownStorage } from '../schema/storage.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { columnDefinition, identityClause } from './column-definition.ts';
import { optionPieces } from './options.ts';
import { countOn } from './sequences.ts';
import { castBack, isKindred } from './type-survival.ts';
import { isInUse, type Piece, parentsIn, type Stage, type Way, written } from './way.ts';

/** What makes the columns of a table those that they were, but for NOT NULL. */
export function columnPieces(way: Way, before: Table, now: Table): readonly Piece[] {
  const alter = alterer(way, now);
  const pieces: Piece[] = [];
  for (const column of [...now.columns].reverse()) {
    const comesFromParent = parentsIn(way, now).some(
      ([old, own]) => !columnOf(old, column.name) && columnOf(own, column.name),
    );
    if (columnOf(before, column.name) || (column.local === false && comesFromParent)) continue;
    pieces.push(alter('drop columns', `DROP COLUMN ${quoteIdentifier(column.name)}`));
  }
  for (const column of before.columns) {
    const own = columnOf(now, column.name);
    if (own) pieces.push(...changedColumn(way, before, now, column, own));
    else if (!comesWithParent(way, before, column))
      pieces.push(alter('add columns', `ADD COLUMN ${columnDefinition(way, before, column)}`));
  }
  return pieces;
}

function comesWithParent(way: Way, before: Table, column: Column): boolean {
  return parentsIn(way, before).some(
    ([old, own]) => columnOf(old, column.name) && !columnOf(own, column.name),
  );
}

function alterer(way: Way, now: Table): (stage: Stage, words: string) => Piece {
  const name = written(way, now.name);
  return (stage, words) => ({ stage, sql: `ALTER TABLE ${name} ${words}` });
}

/** Whether a parent's column differs in the same way: what restores it there does so here. */
function followsParent(
  way: Way,
  now: Table,
  { name }: Column,
  differ: (before: Column, own: Column) => boolean,
): boolean {
  return parentsIn(way, now).some(([old, own]) => {
    const [was, is] = [columnOf(old, name), columnOf(own, name)];
    return was !== undefined && is !== undefined && differ(was, is);
  });
}

function changedColumn(way: Way, table: Table, now: Table, was: Column, is: Column): readonly Piece[] {
  const alter = alterer(way, now);
  const name = quoteIdentifier(was.name);
  const pieces: Piece[] = [];
  const differs = (differ: (before: Column, own: Column) => boolean) =>
    differ(was, is) && !followsParent(way, now, was, differ);
  const column = (stage: Stage, words: string) => pieces.push(alter(stage, `ALTER COLUMN ${name} ${words}`));

  if (differs(losesExpression)) {
    if (!was.generated) column('change types', 'DROP EXPRESSION');
    // Postgres makes no plain column a generated one: it is made anew, its values with it.
    else if (way.pgVersion < 17 || !is.generated || was.generated !== is.generated)
      pieces.push(alter('drop columns', `DROP COLUMN ${name}`));
    else column('change types', `SET EXPRESSION AS (${was.default})`);
    return pieces;
  }
  if (differs((a, b) => a.type !== b.type || a.collation !== b.collation))
    pieces.push(alter('change types', typeWords(was, is, way.conversions?.get(was.name))));
  if (!was.generated && differs((a, b) => a.default !== b.default))
    column('set columns', was.default == null ? 'DROP DEFAULT' : `SET DEFAULT ${was.default}`);
  if (differs((a, b) => a.identity !== b.identity)) pieces.push(...identityPieces(way, table, now, was, is));
  if (differs((a, b) => a.storage !== b.storage)) column('set columns', storageWords(way, was));
  if (differs((a, b) => a.compression !== b.compression))
    column('set columns', `SET COMPRESSION ${was.compression ?? 'default'}`);
  if (differs((a, b) => a.statistics !== b.statistics))
    column('set columns', `SET STATISTICS ${was.statistics ?? -1}`);
  if (differs((a, b) => String(a.options ?? []) !== String(b.options ?? [])))
    for (const words of optionPieces(was.options, is.options)) column('set columns', words);
  return pieces;
}

function losesExpression(was: Column, is: Column): boolean {
  return was.generated !== is.generated || (was.generated !== undefined && was.default !== is.default);
}

/** The default steps aside where the new type could not take it. */
function typeWords(was: Column, is: Column, conversion: string | undefined): string {
  const name = quoteIdentifier(was.name);
  const kindred =
    conversion === undefined &&
    was.type !== undefined &&
    is.type !== undefined &&
    isKindred(is.type, was.type);
  const type = `ALTER COLUMN ${name} TYPE ${was.type}${was.collation ? ` COLLATE ${was.collation}` : ''}${
    conversion !== undefined
      ? ` USING ${conversion}`
      : kindred
        ? ''
        : ` USING ${castBack(name, is.type, was.type)}`
  }`;
  if (kindred || is.default === null || is.generated) return type;
  const again = was.default == null ? '' : `, ALTER COLUMN ${name} SET DEFAULT ${was.default}`;
  return `ALTER COLUMN ${name} DROP DEFAULT, ${type}${again}`;
}

function identityPieces(way: Way, table: Table, now: Table, was: Column, is: Column): readonly Piece[] {
  const alter = alterer(way, now);
  const name = quoteIdentifier(was.name);
  if (!was.identity) return [alter('release', `ALTER COLUMN ${name} DROP IDENTITY`)];
  if (is.identity)
    return [alter('set columns', `ALTER COLUMN ${name} SET GENERATED ${was.identity.toUpperCase()}`)];
  const add = alter('set identity', `ALTER COLUMN ${name} ADD ${identityClause(way, table, was)}`);
  const [sequence] = sequencesOf(way.before, relationKey(table.name), was.name);
  return [sequence && isInUse(way, now) ? { ...add, after: [countOn(way, now, sequence, was.name)] } : add];
}

function storageWords({ pgVersion }: Way, { storage, type }: Column): string {
  const own = pgVersion >= 16 ? 'DEFAULT' : (ownStorage(type) ?? 'DEFAULT').toUpperCase();
  return `SET STORAGE ${storage?.toUpperCase() ?? own}`;
}
