/** A table as a version of the application has it: what Prisma's model, TypeORM's entity and the service are written from. */
export interface Model {
  /** The class: `User`. It stays the same in every version, whatever the table is called. */
  readonly name: string;
  /** `users`, in file names; `Users`, in the service's name. */
  readonly folder: string;
  readonly plural: string;
  readonly table: { readonly schema: string; readonly name: string };
  /** In the order of the table's columns. */
  readonly properties: readonly Property[];
  readonly primaryKey: Key | undefined;
  /** Unique constraints, and unique indexes on all rows. */
  readonly uniques: readonly Key[];
  /** Indexes that both tools can describe: columns in ascending order, all rows. */
  readonly indexes: readonly Key[];
  readonly enums: readonly Enum[];
  /** Whether foreign keys lead to it or from it. */
  readonly isRelated: boolean;
  /** The property that rows are found by beside the primary key. */
  readonly lookup: Property | undefined;
  /** What values have come from, where they had been in rows of another table. */
  readonly owner?: Owner | undefined;
  /** A model of the same columns: each row is in one of the two, and moves from there to here. `creates`: it gets new ones, too. */
  readonly beside?: { readonly model: Model; readonly creates: boolean } | undefined;
  /** What had been rows of a table of their own. */
  readonly part?: Part | undefined;
}

/** The model to a row of which each of these rows belongs, and from which values have come here. */
export interface Owner {
  readonly model: Model;
  readonly pairs: readonly { readonly own: Property; readonly key: Property }[];
  readonly arrived: readonly Property[];
}

export interface Part {
  /** The class that it had: `Profile`. */
  readonly name: string;
  readonly table: string;
  /** Those that have a value wherever there is such a row, and the others. */
  readonly required: readonly Property[];
  readonly optional: readonly Property[];
}

export interface Property {
  /** As the application says it. */
  readonly name: string;
  /** As the database says it. */
  readonly column: string;
  readonly type: PropertyType;
  /** The type that the column still has when the version comes, where the plan changes it later: `base` of that. */
  readonly meets: string | undefined;
  /** Whether rows can be met that have none. */
  readonly nullable: boolean;
  /** The source of the default, or of a generated column's expression; null for none. */
  readonly default: string | null;
  /** The database gives the value. `serial`: by a default from a sequence. */
  readonly made: 'always' | 'by default' | 'serial' | 'generated' | undefined;
  /** How a generated column is kept. */
  readonly kept: 'stored' | 'virtual' | undefined;
  /** Written with the value of another property, never read. */
  readonly twin: Twin | undefined;
  /** SQL that tells its value from other columns: the service cannot work it out, whoever writes those gives it too. */
  readonly follows: string | undefined;
  /** A new row is always given it, though the database would take one without. */
  readonly insisted: boolean;
}

export interface Twin {
  /** The property whose value it gets. */
  readonly of: string;
  /** Whether older versions read it; else later ones will. */
  readonly isOld: boolean;
}

export interface PropertyType {
  /** As `format_type` prints it, without modifiers; of a domain the type below it; `bpchar` for `character`. */
  readonly base: string;
  /** Modifiers: a length, or precision and scale. */
  readonly numbers: readonly number[];
  readonly array: boolean;
  /** The name of one of the model's enums. */
  readonly enum: string | undefined;
}

export interface Enum {
  readonly name: string;
  readonly type: { readonly schema: string; readonly name: string };
  readonly labels: readonly string[];
}

/** A key or an index: its name in the database, and properties. */
export interface Key {
  readonly name: string;
  readonly properties: readonly Property[];
}

/** What no version writes by itself: the database's own values, and copies. */
export function isReadOnly({ made, twin }: Property): boolean {
  return made === 'always' || made === 'generated' || twin !== undefined;
}

export function twinsOf({ properties }: Model): readonly (Property & { readonly twin: Twin })[] {
  return properties.filter((one): one is Property & { readonly twin: Twin } => one.twin !== undefined);
}
