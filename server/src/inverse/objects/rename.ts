import type { AlterObjectSchemaStmt, Node, RenameStmt } from '@pgsql/types';
import { type Address, addressOf, describedAt, kindOf } from '../../schema/addresses.ts';
import { applyStatement } from '../../schema/apply.ts';
import type { Schema } from '../../schema/model.ts';
import type { Statement } from '../../sql/model.ts';
import { nameOfObject, nameOfRangeVar, quoteIdentifier } from '../../sql/names.ts';
import { type Inverse, restores, unknown } from '../model.ts';
import { subjectOf } from './describe.ts';
import type { Writing } from './source.ts';

/** RENAME and SET SCHEMA of anything but relations, and of what they hold; undefined for those. */
export function moveInverse(statement: Statement, before: Schema): Inverse | undefined {
  const { node } = statement;
  if ('RenameStmt' in node) return renameBack(node.RenameStmt, statement, before);
  return 'AlterObjectSchemaStmt' in node
    ? moveBack(node.AlterObjectSchemaStmt, statement, before)
    : undefined;
}

const parts: Readonly<Record<string, string>> = { OBJECT_RULE: 'RULE', OBJECT_POLICY: 'POLICY' };

const routines = new Set(['OBJECT_FUNCTION', 'OBJECT_PROCEDURE', 'OBJECT_ROUTINE', 'OBJECT_AGGREGATE']);

function renameBack(fields: RenameStmt, statement: Statement, before: Schema): Inverse | undefined {
  const { renameType = '', relation, object, subname = '', newname = '', behavior } = fields;
  const now = applyStatement(before, statement, { madeByPlan: true });
  const writing = writingOf(now);
  const word = parts[renameType];
  if (word !== undefined && relation) {
    const name = nameOfRangeVar(relation);
    const table = now.relations.get(addressOf(now, 'OBJECT_TABLE', undefined, relation)?.key ?? '');
    const on = table
      ? subjectOf(writing, { map: 'relations', key: keyOfName(table.name) })?.replace(/^[A-Z ]+ (?=\S)/, '')
      : undefined;
    const written =
      on ??
      (name.schema === undefined
        ? quoteIdentifier(name.name)
        : `${quoteIdentifier(name.schema)}.${quoteIdentifier(name.name)}`);
    return back(
      `ALTER ${word} ${quoteIdentifier(newname)} ON ${written} RENAME TO ${quoteIdentifier(subname)}`,
    );
  }
  if (renameType === 'OBJECT_ATTRIBUTE' && relation) {
    const type = subjectOf(writing, {
      map: 'types',
      key: typeKeyOf(before, { List: { items: namesOf(relation) } }),
    });
    const cascade = behavior === 'DROP_CASCADE' ? ' CASCADE' : '';
    return type === undefined
      ? notKnown
      : back(
          `ALTER ${type} RENAME ATTRIBUTE ${quoteIdentifier(newname)} TO ${quoteIdentifier(subname)}${cascade}`,
        );
  }
  if (renameType === 'OBJECT_DOMCONSTRAINT') {
    const domain = subjectOf(writing, { map: 'types', key: typeKeyOf(before, object) });
    return domain === undefined
      ? notKnown
      : back(`ALTER ${domain} RENAME CONSTRAINT ${quoteIdentifier(newname)} TO ${quoteIdentifier(subname)}`);
  }
  if (!routines.has(renameType) && (kindOf(renameType) === undefined || renameType === 'OBJECT_SCHEMA'))
    return undefined;
  const old = nameOfObject(object)?.name;
  const subject = movedSubject(renameType, object, before, now);
  if (old === undefined || subject === undefined) return notKnown;
  return back(`ALTER ${subject} RENAME TO ${quoteIdentifier(old)}`);
}

function moveBack(fields: AlterObjectSchemaStmt, statement: Statement, before: Schema): Inverse | undefined {
  const { objectType = '', object, relation } = fields;
  if (relation) return undefined;
  const address = addressOf(before, objectType, object);
  const now = applyStatement(before, statement, { madeByPlan: true });
  const old = address && placeOf(before, address);
  const subject = movedSubject(objectType, object, before, now);
  if (old === undefined || subject === undefined) return notKnown;
  return restores([`ALTER ${subject} SET SCHEMA ${quoteIdentifier(old)}`], 'Moving it back restores it.');
}

/** The object as it is named after the statement: what is there now and was not before. */
function movedSubject(
  objectType: string,
  object: Node | undefined,
  before: Schema,
  now: Schema,
): string | undefined {
  const address = addressOf(before, objectType, object);
  if (!address || !describedAt(before, address)) return undefined;
  const writing = writingOf(now);
  if (address.map === 'objects' && address.key.startsWith('extension ')) return subjectOf(writing, address);
  for (const [key, value] of now[address.map] as ReadonlyMap<string, unknown>) {
    if (before[address.map].get(key) === value) continue;
    if (address.map !== 'functions') {
      if (!before[address.map].has(key)) return subjectOf(writing, { map: address.map, key });
      continue;
    }
    const arguments_ = address.part?.name.slice(address.part.name.lastIndexOf('('));
    const name = `function ${key}${arguments_}`;
    const moved: Address = { map: 'functions', key, part: { kind: 'overload', name } };
    if (describedAt(now, moved) && !describedAt(before, moved)) return subjectOf(writing, moved);
  }
  return undefined;
}

function placeOf(schema: Schema, { map, key }: Address): string | undefined {
  if (map === 'objects') {
    const object = schema.objects.get(key);
    return object?.name.schema ?? object?.settings?.schema;
  }
  return schema[map].get(key)?.name.schema;
}

function writingOf(schema: Schema): Writing {
  return { schema, plain: schema.searchPath.join() === 'public' };
}

function typeKeyOf(schema: Schema, object: Node | undefined): string {
  return addressOf(schema, 'OBJECT_TYPE', object)?.key ?? '';
}

function namesOf({ schemaname, relname = '' }: { schemaname?: string; relname?: string }): Node[] {
  return [...(schemaname ? [schemaname] : []), relname].map((sval) => ({ String: { sval } }));
}

function keyOfName({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

function back(sql: string): Inverse {
  return restores([sql], 'Renaming it back restores the name.');
}

const notKnown = unknown(
  'What it moves or renames is not known: give the baseline DDL under database.schema.',
);
