import type { AlterObjectSchemaStmt, RenameStmt } from '@pgsql/types';
import { constraintOf, relationKey, sequencesOf } from '../schema/lookup.ts';
import { nameOfRangeVar } from '../sql/names.ts';
import { lockTyped } from './alter-table.ts';
import type { Describe } from './builder.ts';
import { familyOf, lockRange } from './relations.ts';

export const rename: Describe<RenameStmt> = (task, fields) => {
  const { renameType, relation, subname = '', missing_ok } = fields;
  if (!relation) return;
  if (renameType === 'OBJECT_ATTRIBUTE') {
    lockTyped(task, nameOfRangeVar(relation));
    return;
  }
  // ALTER INDEX … RENAME lets reads and writes go on; ALTER TABLE … RENAME on an index does not.
  const mode = renameType === 'OBJECT_INDEX' ? 'ShareUpdateExclusiveLock' : 'AccessExclusiveLock';
  const target = lockRange(task, relation, mode, missing_ok);
  if (target?.kind !== 'table') return;
  if (renameType === 'OBJECT_COLUMN') for (const one of familyOf(task, target)) task.lock(one, mode);
  if (renameType === 'OBJECT_TRIGGER')
    // Since 15 the partitions' parts of it are renamed too.
    for (const one of familyOf(task, target))
      if (one.partition && task.context.pgVersion >= 15) task.lock(one, mode);
  if (renameType !== 'OBJECT_TABCONSTRAINT') return;
  const constraint = constraintOf(target, subname);
  if (constraint?.kind === 'check' && constraint.inherits)
    for (const one of familyOf(task, target)) task.lock(one, mode);
  if (constraint?.index !== undefined) {
    task.lockKey(
      relationKey({ schema: target.name.schema, name: constraint.index }),
      'ShareUpdateExclusiveLock',
    );
  }
};

export const setSchema: Describe<AlterObjectSchemaStmt> = (task, { relation, missing_ok }) => {
  const target = lockRange(task, relation, 'AccessExclusiveLock', missing_ok);
  if (!target) return;
  const key = relationKey(target.name);
  for (const sequence of sequencesOf(task.schema, key)) task.lock(sequence, 'AccessExclusiveLock');
};
