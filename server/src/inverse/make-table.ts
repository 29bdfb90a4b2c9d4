import type { Node, RangeVar } from '@pgsql/types';
import { volatilityOf } from '../effects/volatility.ts';
import { walk } from '../schema/expressions.ts';
import type { Schema } from '../schema/model.ts';
import { nameOfRangeVar, writeName } from '../sql/names.ts';
import { type Inverse, losesData, restores, unknown } from './model.ts';

/**
 * CREATE TABLE, CREATE TABLE AS and SELECT INTO where DROP TABLE is not all, or is too much. Undefined for every other
 * statement, and where nothing is special.
 */
export function madeTableInverse(node: Node, before: Schema): Inverse | undefined {
  if ('CreateStmt' in node && node.CreateStmt.oncommit === 'ONCOMMIT_DROP') return gone;
  if ('CreateTableAsStmt' in node && node.CreateTableAsStmt.objtype !== 'OBJECT_MATVIEW') {
    const { into, query } = node.CreateTableAsStmt;
    if (into?.onCommit === 'ONCOMMIT_DROP') return gone;
    return query && changesRows(query) ? changed(into?.rel) : undefined;
  }
  const into = 'SelectStmt' in node ? node.SelectStmt.intoClause : undefined;
  if (!into?.rel) return undefined;
  if (changesRows(node)) return changed(into.rel);
  if (volatilityOf(node, before) !== 'steady')
    return unknown('What the functions do that this query calls is not worked out.');
  return restores(
    [`DROP TABLE ${writeName(nameOfRangeVar(into.rel))}`],
    'Dropping it leaves what was there before as it was; rows written into it meanwhile go with it.',
  );
}

const gone = restores([], 'The table goes by itself when its transaction ends: nothing is to be undone.');

/** A statement within WITH. */
function changesRows(query: Node): boolean {
  return [...walk(query)].some(([kind]) => /^(?:Insert|Update|Delete|Merge)Stmt$/.test(kind));
}

function changed(relation: RangeVar | undefined): Inverse {
  const drop = relation ? [`DROP TABLE ${writeName(nameOfRangeVar(relation))}`] : [];
  return losesData(
    drop,
    'Its WITH changes the rows of other tables, which dropping the new one does not bring back: copy them aside first.',
  );
}
