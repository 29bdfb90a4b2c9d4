import { isBuiltInTypeName } from '../sql/type-names.ts';

const extended: ReadonlySet<string> = new Set(
  [
    'bytea,text,json,xml,path,polygon,character,bpchar,character varying,bit,bit varying,refcursor,tsvector',
    'jsonb,jsonpath,txid_snapshot,pg_snapshot,int4range,numrange,tsrange,tstzrange,daterange,int8range',
    'int4multirange,nummultirange,tsmultirange,tstzmultirange,datemultirange,int8multirange',
    'pg_node_tree,pg_ndistinct,pg_dependencies,pg_mcv_list',
  ].flatMap((line) => line.split(',')),
);

/** A type's own storage (`pg_type.typstorage`), in lower case. Undefined for what is no built-in type. */
export function ownStorage(type: string | undefined): string | undefined {
  if (type === undefined) return undefined;
  if (type.endsWith('[]')) return 'extended';
  const base = type.replace(/\([\d,-]+\)/, '').trim();
  if (!isBuiltInTypeName(base)) return undefined;
  if (base === 'numeric' || base === 'inet' || base === 'cidr') return 'main';
  return extended.has(base) ? 'extended' : 'plain';
}

/** What a column keeps of a storage that a statement names: nothing where that is its type's own. */
export function keptStorage(type: string | undefined, storage: string | undefined): string | undefined {
  const named = storage?.toLowerCase();
  return named === undefined || named === 'default' || named === ownStorage(type) ? undefined : named;
}
