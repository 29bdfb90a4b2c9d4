/** A catalog, or what of it is worth a comparison: its rows become JSON, their names are put together outside. */
export interface Part {
  readonly name: string;
  /** For catalogs that most databases have nothing in: an expression that says whether there is anything to read. */
  readonly when?: string;
  /** Parts of which one must be there for this one to be. */
  readonly beside?: readonly string[];
  /** A SELECT of the rows, for a server version as `server_version_num` has it (160004). */
  sql(version: number, filters: Filters): string;
}

/** Conditions on a row of a catalog with that alias, to stand after WHERE. */
export interface Filters {
  /** Whether it is the user's own: neither made by initdb nor a member of an extension. */
  own(alias: string): string;
}

/** The first OID that initdb does not give, `FirstNormalObjectId` of access/transam.h. */
export const firstOid = 16384;

/** The schema `public` as initdb makes it, by pg_namespace.dat: a system's object that is the user's own. */
export const publicSchema = 2200;

/** `PG_TOAST_NAMESPACE` of pg_namespace.dat. */
export const toastSchema = 99;

export const later = (alias: string) => `${alias}.oid >= ${firstOid}`;
export const any = (catalog: string) => `EXISTS (SELECT FROM pg_catalog.${catalog} x WHERE ${later('x')})`;
export const owner = (column: string) => `pg_catalog.pg_get_userbyid(${column}) AS owner`;
/** An ACL that was never touched and one that says the same in full are equal. */
export const acl = (column: string, kind: string, holder: string) =>
  `coalesce(${column}, pg_catalog.acldefault('${kind}', ${holder})) AS acl`;
/** Arrays of other types have this one; those of an extension's types are no members of it before Postgres 17. */
export const arrayInput = "'pg_catalog.array_in'::pg_catalog.regproc";
export const id = (alias: string, catalog: string) => `'${catalog}' AS class, ${alias}.oid`;
