import type { CreateSchemaStmt } from '@pgsql/types';
import type { Statement } from '../sql/model.ts';
import { nameOfRangeVar, quoteIdentifier, writeName } from '../sql/names.ts';
import { type Inverse, restores, unknown } from './model.ts';

/**
 * DROP of what belongs to all databases of a server, and of a schema with tables that were made in one statement;
 * undefined for everything else.
 */
export function createMoreInverse({ node }: Statement): Inverse | undefined {
  if ('CreateSchemaStmt' in node) return schemaInverse(node.CreateSchemaStmt);
  if ('CreateRoleStmt' in node) {
    const role = quoteIdentifier(node.CreateRoleStmt.role ?? '');
    return restores(
      [`DROP ROLE ${role}`],
      'Dropping the role leaves everything as it was, as long as it owns nothing and was granted nothing meanwhile.',
    );
  }
  if ('CreatedbStmt' in node)
    return alone(
      `DROP DATABASE ${quoteIdentifier(node.CreatedbStmt.dbname ?? '')}`,
      'Dropping the database leaves the others as they were; all that was made in it meanwhile goes with it.',
    );
  if ('CreateTableSpaceStmt' in node)
    return alone(
      `DROP TABLESPACE ${quoteIdentifier(node.CreateTableSpaceStmt.tablespacename ?? '')}`,
      'Dropping the tablespace leaves everything as it was, as long as nothing was put into it meanwhile.',
    );
  return undefined;
}

function alone(sql: string, reason: string): Inverse {
  return { ...restores([sql], reason), transactional: false };
}

/** What comes with tables goes with them. */
const withTables = ['CreateStmt', 'IndexStmt', 'CreateTrigStmt', 'GrantStmt'];

function schemaInverse({
  schemaname,
  schemaElts = [],
  if_not_exists,
}: CreateSchemaStmt): Inverse | undefined {
  const kinds = schemaElts.map((element) => Object.keys(element)[0] ?? '');
  if (schemaname === undefined || if_not_exists || !kinds.every((kind) => withTables.includes(kind)))
    return unknown(
      'What this statement makes is more than is worked out: drop it part by part, then the schema.',
    );
  const tables = schemaElts.flatMap((element) =>
    'CreateStmt' in element && element.CreateStmt.relation
      ? [writeName({ ...nameOfRangeVar(element.CreateStmt.relation), schema: schemaname })]
      : [],
  );
  return restores(
    [
      ...(tables.length > 0 ? [`DROP TABLE ${tables.join(', ')}`] : []),
      `DROP SCHEMA ${quoteIdentifier(schemaname)}`,
    ],
    'Dropping the tables and the schema leaves what was there before as it was; rows written into them meanwhile go with them.',
  );
}
