import type { AlterExtensionStmt, CreateExtensionStmt, DefElem, ImportForeignSchemaStmt } from '@pgsql/types';
import { objectKey } from './addresses.ts';
import { define } from './definition.ts';
import type { Apply, Draft } from './draft.ts';
import { creationSchema, relationKey } from './names.ts';
import { addObject, elements, settingText, updateObject } from './other-objects.ts';

/** Extensions that bring no table, view or sequence, or only such as begin with `pg_`: contrib's, and common others. */
const withoutRelations: ReadonlySet<string> = new Set(
  (
    'address_standardizer adminpack amcheck autoinc aws_commons bloom bool_plperl btree_gin btree_gist citext cube ' +
    'dblink dict_int dict_xsyn earthdistance file_fdw fuzzystrmatch hll hstore hstore_plperl http insert_username ' +
    'intagg intarray ip4r isn jsonb_plperl lo ltree moddatetime mysql_fdw old_snapshot oracle_fdw orafce ' +
    'pageinspect pg_buffercache pg_freespacemap pg_hint_plan pg_logicalinspect pg_overexplain pg_prewarm ' +
    'pg_qualstats pg_similarity pg_stat_kcache pg_stat_statements pg_surgery pg_trgm pg_uuidv7 pg_visibility ' +
    'pg_wait_sampling pg_walinspect pg_bigm pgaudit pgcrypto pgrouting pgrowlocks pgstattuple pgtap plperl plperlu ' +
    'plpgsql plpgsql_check plpython3u pltcl pltclu plv8 postgis_raster_scripts postgres_fdw prefix rdkit refint ' +
    'rum seg semver sslinfo supautils tablefunc tcn tds_fdw temporal_tables tsm_system_rows tsm_system_time unaccent ' +
    'unit uuid-ossp vector vchord xml2'
  ).split(' '),
);

/** Relations that others bring to the schema they are made in. */
const relationsOf: Readonly<Record<string, readonly string[]>> = {
  hypopg: ['hypopg', 'hypopg_hidden_indexes', 'hypopg_list_indexes'],
  postgis: ['geography_columns', 'geometry_columns', 'spatial_ref_sys'],
  postgis_raster: ['raster_columns', 'raster_overviews'],
};

/** What an extension that is not known here brings, nobody can say: there may be more than the schema holds. */
export const applyCreateExtension: Apply<CreateExtensionStmt> = (draft, fields, statement) => {
  const { extname = '', options = [], if_not_exists } = fields;
  const settings = Object.fromEntries(
    elements(options).flatMap(({ defname = '', arg }) =>
      defname === 'schema' || defname === 'new_version' ? [[defname, settingText(arg)]] : [],
    ),
  );
  const definition = define(draft, statement, { CreateExtensionStmt: fields });
  const made = { kind: 'extension', name: { schema: undefined, name: extname }, definition, settings };
  addObject(draft, made, if_not_exists === true);
  if (withoutRelations.has(extname)) return;
  const relations = Object.hasOwn(relationsOf, extname) ? relationsOf[extname] : undefined;
  if (!relations) {
    draft.complete = false;
    return;
  }
  const place = options.flatMap((node) => ('DefElem' in node ? schemaOption(node.DefElem) : []))[0];
  for (const name of relations) putOpaque(draft, { schema: place ?? creationSchema(draft), name });
};

function schemaOption({ defname, arg }: DefElem): readonly string[] {
  return defname === 'schema' && arg && 'String' in arg ? [arg.String.sval ?? ''] : [];
}

/** ALTER EXTENSION … UPDATE: to a version that is not said, where it says none. */
export const applyAlterExtension: Apply<AlterExtensionStmt> = (draft, { extname = '', options }) => {
  const key = objectKey({ kind: 'extension', name: { schema: undefined, name: extname } });
  const version = elements(options).find(({ defname }) => defname === 'new_version');
  updateObject(draft, key, ({ settings: { new_version: _, ...rest } = {}, ...one }) => ({
    ...one,
    settings: { ...rest, ...(version ? { new_version: settingText(version.arg) } : {}) },
  }));
};

/** A relation of which only its name is known. */
function putOpaque(draft: Draft, name: { readonly schema: string; readonly name: string }): void {
  const key = relationKey(name);
  if (draft.relations.has(key)) return;
  draft.relations.set(key, {
    kind: 'view',
    name,
    madeByPlan: draft.madeByPlan,
    empty: false,
    definition: '',
    reads: [],
  });
}

/** The other server says which tables there are. */
export const applyImportForeignSchema: Apply<ImportForeignSchemaStmt> = (draft) => {
  draft.complete = false;
};
