import type { AlterPublicationStmt, CreatePublicationStmt, Node } from '@pgsql/types';
import type { Statement } from '../sql/model.ts';
import { nameOfRangeVar, stringsOf } from '../sql/names.ts';
import { objectKey } from './addresses.ts';
import { define } from './definition.ts';
import { dependenciesOf, withDependencies } from './dependencies.ts';
import { type Apply, type Draft, findKey } from './draft.ts';
import { columnsRead } from './expressions.ts';
import type { OtherObject, Publication, PublishedTable } from './model.ts';
import { creationSchema } from './names.ts';
import { addObject, settingsIn, updateObject } from './other-objects.ts';

export const applyCreatePublication: Apply<CreatePublicationStmt> = (draft, fields, statement) => {
  const { pubname = '', options, pubobjects, for_all_tables } = fields;
  const publication: Publication = {
    everything: for_all_tables === true,
    ...published(draft, pubobjects, statement),
  };
  const made: OtherObject = {
    kind: 'publication',
    name: { schema: undefined, name: pubname },
    definition: define(draft, statement, { CreatePublicationStmt: fields }),
    settings: settingsIn(options),
    publication,
    tables: publication.tables.map(({ table }) => table),
  };
  addObject(draft, made, false);
};

export const applyAlterPublication: Apply<AlterPublicationStmt> = (draft, fields, statement) => {
  const { pubname = '', options, pubobjects, action } = fields;
  const key = objectKey({ kind: 'publication', name: { schema: undefined, name: pubname } });
  updateObject(draft, key, (one) => {
    if (options) return { ...one, settings: { ...one.settings, ...settingsIn(options) } };
    const before = one.publication ?? { everything: false, tables: [], schemas: [] };
    const said = published(draft, pubobjects, statement);
    const publication = { ...before, ...changed(before, said, action) };
    return { ...one, publication, tables: publication.tables.map(({ table }) => table) };
  });
};

type Members = Pick<Publication, 'tables' | 'schemas'>;

function changed(before: Members, said: Members, action: AlterPublicationStmt['action']): Members {
  const named = new Set(said.tables.map(({ table }) => table));
  const others = before.tables.filter(({ table }) => !named.has(table));
  switch (action) {
    case 'AP_AddObjects':
      return {
        tables: [...others, ...said.tables],
        schemas: [...new Set([...before.schemas, ...said.schemas])],
      };
    case 'AP_DropObjects':
      return { tables: others, schemas: before.schemas.filter((one) => !said.schemas.includes(one)) };
    default:
      return said;
  }
}

function published(draft: Draft, objects: readonly Node[] | undefined, statement: Statement): Members {
  const tables: PublishedTable[] = [];
  const schemas: string[] = [];
  for (const node of objects ?? []) {
    if (!('PublicationObjSpec' in node)) continue;
    const { pubobjtype, name, pubtable } = node.PublicationObjSpec;
    if (pubobjtype === 'PUBLICATIONOBJ_TABLES_IN_SCHEMA') schemas.push(name ?? '');
    else if (pubobjtype === 'PUBLICATIONOBJ_TABLES_IN_CUR_SCHEMA') schemas.push(creationSchema(draft));
    else if (pubtable?.relation) {
      const { relation, columns, whereClause } = pubtable;
      tables.push({
        table: findKey(draft, nameOfRangeVar(relation)),
        only: relation.inh !== true,
        ...(columns ? { columns: stringsOf(columns) } : {}),
        ...(whereClause
          ? {
              where: withDependencies(
                {
                  reads: columnsRead(whereClause),
                  definition: define(draft, statement, whereClause),
                },
                dependenciesOf(draft, whereClause),
              ),
            }
          : {}),
      });
    }
  }
  return { tables, schemas };
}
