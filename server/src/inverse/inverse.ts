import type { AlterObjectSchemaStmt, IndexStmt, Node, RangeVar, RenameStmt } from '@pgsql/types';
import { volatilityOf } from '../effects/volatility.ts';
import { applyStatement } from '../schema/apply.ts';
import { walk } from '../schema/expressions.ts';
import { findIndex, findRelation, keyOf } from '../schema/lookup.ts';
import type { Relation, Schema } from '../schema/model.ts';
import type { Statement } from '../sql/model.ts';
import { nameOfObject, nameOfRangeVar, quoteIdentifier, writeName } from '../sql/names.ts';
import { alterTableInverse } from './alter-table.ts';
import { createInverse } from './create.ts';
import { clusterInverse, rowsInverse } from './data.ts';
import { dropRelationInverse } from './drop-relation.ts';
import { madeTableInverse } from './make-table.ts';
import { type Inverse, impossible, losesData, restores, unknown } from './model.ts';
import { objectInverse } from './objects/inverse.ts';
import { moveInverse } from './objects/rename.ts';
import { codeInverse, sessionInverse } from './objects/session.ts';

export type { Inverse } from './model.ts';

/**
 * The SQL that undoes a statement on the schema as it was before it, in its safe form (an index made
 * CONCURRENTLY is dropped so), or why nothing can.
 */
export function inverseOf(statement: Statement, before: Schema, pgVersion: number): Inverse {
  const node = statement.node;
  const absent = ifExistsInverse(node, before);
  if (absent) return absent;
  const ofObjects =
    sessionInverse(statement) ??
    codeInverse(statement, before) ??
    moveInverse(statement, before) ??
    objectInverse(statement, before, pgVersion);
  if (ofObjects) return ofObjects;
  if ('AlterTableStmt' in node) return alterTableInverse(node.AlterTableStmt, statement, before, pgVersion);
  if ('IndexStmt' in node) return indexInverse(node.IndexStmt, statement, before);
  if ('RenameStmt' in node) return renameInverse(node.RenameStmt);
  if ('AlterObjectSchemaStmt' in node) return setSchemaInverse(node.AlterObjectSchemaStmt, before);
  if ('AlterEnumStmt' in node) return enumInverse(node.AlterEnumStmt);
  if ('DropStmt' in node) {
    const { removeType } = node.DropStmt;
    return removeType === 'OBJECT_TABLE' || removeType === 'OBJECT_INDEX'
      ? dropRelationInverse(node.DropStmt, statement, before, pgVersion)
      : dropInverse(node);
  }
  if ('ClusterStmt' in node) return clusterInverse(node.ClusterStmt, statement, before, pgVersion);
  return (
    madeTableInverse(node, before) ??
    createInverse(statement, before) ??
    rowsInverse(node, before) ??
    dataInverse(node, before)
  );
}

/** ALTER … IF EXISTS of what is not there, or may not be. */
function ifExistsInverse(node: Node, before: Schema): Inverse | undefined {
  const fields = Object.values(node)[0] as { readonly missing_ok?: boolean; readonly relation?: RangeVar };
  const alters = 'AlterTableStmt' in node || 'RenameStmt' in node || 'AlterObjectSchemaStmt' in node;
  if (!alters || !fields.missing_ok || !fields.relation) return undefined;
  if (findRelation(before, nameOfRangeVar(fields.relation))) return undefined;
  return before.complete
    ? restores([], 'What it would alter is not there: nothing is to be undone.')
    : unknown(
        'With IF EXISTS it is not known whether this statement altered anything: leave it out, or give the baseline DDL.',
      );
}

/** The relations that a statement adds, as the schema simulation sees it. */
export function addedRelations(statement: Statement, before: Schema): readonly Relation[] {
  const after = applyStatement(before, statement, { madeByPlan: true });
  return [...after.relations].flatMap(([key, relation]) => (before.relations.has(key) ? [] : [relation]));
}

function indexInverse(fields: IndexStmt, statement: Statement, before: Schema): Inverse {
  const table = fields.relation && nameOfRangeVar(fields.relation);
  const relation = table && findRelation(before, table);
  const schema = relation?.name.schema ?? table?.schema;
  if (fields.if_not_exists && fields.idxname && !before.complete) {
    return unknown(
      'With IF NOT EXISTS it is not known whether this statement made the index: leave it out, or give the baseline DDL.',
    );
  }
  if (fields.if_not_exists && fields.idxname && findIndex(before, { schema, name: fields.idxname })) {
    return restores([], 'The index was there before: nothing is to be undone.');
  }
  const made = addedRelations(statement, before).find((one) => one.kind === 'index');
  const guessed = fields.idxname === undefined && !before.complete;
  if (!made || guessed)
    return unknown(
      'Postgres chooses the name of the index, and without the baseline it is not known: give the index a name.',
    );
  const name = writeName({ schema: table?.schema, name: made.name.name });
  const sql = `DROP INDEX ${fields.concurrent ? 'CONCURRENTLY ' : ''}${name}`;
  return {
    ...restores([sql], 'Dropping the index leaves the table as it was.'),
    transactional: !fields.concurrent,
  };
}

const renameWords: Readonly<Record<string, string>> = {
  OBJECT_TABLE: 'TABLE',
  OBJECT_FOREIGN_TABLE: 'FOREIGN TABLE',
  OBJECT_INDEX: 'INDEX',
  OBJECT_VIEW: 'VIEW',
  OBJECT_MATVIEW: 'MATERIALIZED VIEW',
  OBJECT_SEQUENCE: 'SEQUENCE',
};

function renameInverse(fields: RenameStmt): Inverse {
  const { renameType = '', subname = '', newname = '', relation } = fields;
  const name = relation && nameOfRangeVar(relation);
  const [from, to] = [quoteIdentifier(subname), quoteIdentifier(newname)];
  const word = renameWords[renameType];
  if (name && word) {
    return restores(
      [`ALTER ${word} ${writeName({ ...name, name: newname })} RENAME TO ${quoteIdentifier(name.name)}`],
      'Renaming it back restores the name.',
    );
  }
  if (name && renameType === 'OBJECT_COLUMN') {
    const kind = renameWords[fields.relationType ?? ''] ?? 'TABLE';
    return restores(
      [`ALTER ${kind} ${writeName(name)} RENAME COLUMN ${to} TO ${from}`],
      'Renaming the column back restores it.',
    );
  }
  if (name && renameType === 'OBJECT_TABCONSTRAINT') {
    return restores(
      [`ALTER TABLE ${writeName(name)} RENAME CONSTRAINT ${to} TO ${from}`],
      'Renaming the constraint back restores it.',
    );
  }
  if (name && renameType === 'OBJECT_TRIGGER') {
    return restores(
      [`ALTER TRIGGER ${to} ON ${writeName(name)} RENAME TO ${from}`],
      'Renaming the trigger back restores it.',
    );
  }
  if (renameType === 'OBJECT_SCHEMA')
    return restores([`ALTER SCHEMA ${to} RENAME TO ${from}`], 'Renaming the schema back restores it.');
  const object = nameOfObject(fields.object);
  if (object && (renameType === 'OBJECT_TYPE' || renameType === 'OBJECT_DOMAIN')) {
    const kind = renameType === 'OBJECT_TYPE' ? 'TYPE' : 'DOMAIN';
    const sql = `ALTER ${kind} ${writeName({ ...object, name: newname })} RENAME TO ${quoteIdentifier(object.name)}`;
    return restores([sql], 'Renaming it back restores the name.');
  }
  return unknown('What undoes this rename is not worked out: write the rename back.');
}

function setSchemaInverse(fields: AlterObjectSchemaStmt, before: Schema): Inverse {
  const name = fields.relation && nameOfRangeVar(fields.relation);
  const relation = name && before.relations.get(keyOf(before, name));
  const word = renameWords[fields.objectType ?? ''];
  const old = name?.schema ?? relation?.name.schema;
  if (!name || !word || old === undefined)
    return unknown('The schema it was in before is not known: write ALTER … SET SCHEMA back to it.');
  const moved = writeName({ schema: fields.newschema ?? '', name: name.name });
  return restores(
    [`ALTER ${word} ${moved} SET SCHEMA ${quoteIdentifier(old)}`],
    'Moving it back restores it.',
  );
}

function enumInverse(fields: { typeName?: Node[]; oldVal?: string; newVal?: string }): Inverse {
  const name = nameOfObject({ List: { items: fields.typeName ?? [] } });
  if (fields.oldVal && name) {
    const literal = (value: string) => `'${value.replaceAll("'", "''")}'`;
    const sql = `ALTER TYPE ${writeName(name)} RENAME VALUE ${literal(fields.newVal ?? '')} TO ${literal(fields.oldVal)}`;
    return restores([sql], 'Renaming the label back restores it.');
  }
  return impossible(
    'Postgres cannot take a label out of an enum: it stays, unused. Make a new type without it to be rid of it.',
  );
}

function dropInverse(node: Extract<Node, { DropStmt: unknown }>): Inverse {
  const { removeType = '' } = node.DropStmt;
  const holdsRows = ['OBJECT_SEQUENCE', 'OBJECT_SCHEMA', 'OBJECT_FOREIGN_TABLE'].includes(removeType);
  return holdsRows
    ? losesData(
        [],
        'What it held is gone with it: only a backup brings it back. Rename it away first and drop it later.',
      )
    : unknown('The definition that was dropped has to be written out again.');
}

function dataInverse(node: Node, before: Schema): Inverse {
  switch (Object.keys(node)[0]) {
    case 'SelectStmt':
    case 'ExplainStmt':
      return readingInverse(node, before);
    case 'VacuumStmt':
    case 'ReindexStmt':
      return restores([], 'It changes neither schema nor data.');
    default:
      return unknown('What undoes this statement is not worked out: write it by hand.');
  }
}

const writing = new Set([
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'IntoClause',
  'CreateTableAsStmt',
]);

/** A query may write too: by INTO, by a statement within WITH, by a function. */
function readingInverse(node: Node, before: Schema): Inverse {
  const parts = [...walk(node)];
  if (parts.some(([kind]) => writing.has(kind)) || volatilityOf(node, before) !== 'steady')
    return unknown('What this query writes, or the functions that it calls, is not worked out.');
  return restores([], 'It changes neither schema nor data.');
}
