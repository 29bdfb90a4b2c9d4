import type { IndexStmt } from '@pgsql/types';
import { childrenOf, relationKey, tableOf } from '../../schema/lookup.ts';
import type { Table } from '../../schema/model.ts';
import { displayName } from '../../schema/names.ts';
import { nameOfRangeVar, quoteIdentifier, writeName } from '../../sql/names.ts';
import type { Fix, RuleContext } from '../model.ts';
import { aroundStatement, type SqlStep } from '../new-steps.ts';
import { isInWrittenTransaction, type PlacedStatement } from '../statements.ts';
import { withoutLockLimit } from '../without-lock-limit.ts';

/**
 * An index on each partition, built concurrently, and then the parent's, which takes them over in a moment. None
 * where partitions are partitioned themselves, or foreign, or where the index has no name to attach to.
 */
export function perPartitionFix(
  context: RuleContext,
  placed: PlacedStatement,
  index: IndexStmt,
): readonly Fix[] {
  const { before } = placed.s;
  const parent = tableOf(before, index.relation);
  const { idxname } = index;
  const rest = definitionAfterTable(placed, index);
  const own = parent ? [...childrenOf(before, relationKey(parent.name))] : [];
  const plain = own.length > 0 && own.every((one) => !one.partitioned && !one.foreign);
  if (!parent || !idxname || rest === undefined || !plain || index.relation?.inh !== true) return [];
  if (placed.part === 'rollback' || isInWrittenTransaction(placed)) return [];
  const names = own.map((child) => ({ child, name: partName(parent, child, idxname) }));
  const free = names.every(
    ({ child, name }) => !before.relations.has(relationKey({ schema: child.name.schema, name })),
  );
  if (!free || new Set(names.map(({ name }) => name)).size < names.length) return [];
  const unique = index.unique ? 'UNIQUE ' : '';
  const table = writeName(nameOfRangeVar(index.relation));
  const master = writeName({ schema: index.relation.schemaname || undefined, name: idxname });
  const written = names.map(({ child, name }) => ({
    table: displayName(before, child.name),
    index: quoteIdentifier(name),
    qualified: displayName(before, { schema: child.name.schema, name }),
  }));
  const edits = aroundStatement(context, placed, {
    before: written.map(
      (part): SqlStep => ({
        name: `Index ${part.table} without blocking writes`,
        transaction: false,
        sql: withoutLockLimit(
          context,
          `CREATE ${unique}INDEX CONCURRENTLY ${part.index} ON ${part.table}${rest};`,
        ),
        // The rollback of the parent's index has taken it along.
        rollback: { transaction: false, sql: `DROP INDEX CONCURRENTLY IF EXISTS ${part.qualified};` },
      }),
    ),
    replacement: [
      `CREATE ${unique}INDEX ${quoteIdentifier(idxname)} ON ONLY ${table}${rest}`,
      ...written.map((part) => `ALTER INDEX ${master} ATTACH PARTITION ${part.qualified}`),
    ].join(';\n'),
    // Without one, those of the steps before would meet indexes that the parent's holds on to.
    ...(placed.step.rollback ? {} : { rollback: `DROP INDEX ${master};` }),
    after: [],
  });
  const title = 'Build it CONCURRENTLY on each partition and attach those';
  return edits ? [{ title, edits, safe: true }] : [];
}

/** The name of the partition's index, after the pattern of the parent's. */
function partName(parent: Table, child: Table, index: string): string {
  const prefix = `${parent.name.name}_`;
  const suffix = index.startsWith(prefix) ? index.slice(prefix.length) : index;
  return `${child.name.name}_${suffix}`.slice(0, 63);
}

/** What stands behind the table's name: method, columns, INCLUDE, WHERE. */
function definitionAfterTable({ s }: PlacedStatement, { relation }: IndexStmt): string | undefined {
  const { statement } = s;
  if (relation?.location === undefined) return undefined;
  const at = statement.offsetOf(relation.location);
  const tokens = statement.tokens().filter((token) => token.end > at);
  let last = 0;
  while (tokens[last + 1] && statement.slice(tokens[last + 1] ?? statement.range) === '.') last += 2;
  const end = tokens[last]?.end;
  return end === undefined ? undefined : statement.text.slice(end - statement.range.start);
}
