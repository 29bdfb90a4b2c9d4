/**
 * The schema of a database, by name: two fingerprints are equal where a dump of the schema would be, and where
 * neither an invalid index nor a disabled trigger tells them apart, which a dump leaves out.
 */
export interface Fingerprint {
  /** By what it is called, e.g. `index users_handle_key`. */
  readonly objects: ReadonlyMap<string, CatalogObject>;
}

export interface Drift {
  /** `column_order`: the columns of a table stand in another order. `information`: nothing that a schema shows. */
  readonly kind: 'schema' | 'column_order' | 'information';
  /** E.g. `index users_handle_key`. */
  readonly object: string;
  /** E.g. `index users_handle_key: missing`. */
  readonly message: string;
}

/** Anything that has a name of its own, with what the catalogs say of it. */
export interface CatalogObject {
  /** What it is called, and its key in the fingerprint. */
  readonly key: string;
  readonly kind: string;
  readonly place: Place;
  /** Keys of what it is a part of: it comes and goes with each of them, which needs no word. */
  readonly within: readonly string[];
  /** Keys of what else it cannot be without: it went with them, which is told of them. */
  readonly needs: readonly string[];
  /** Keys of what hands its changes down to it: the same change of this one is no second change. */
  readonly echoes: readonly string[];
  /** What it is, by what that is called; what it has not is absent. */
  readonly facts: Readonly<Record<string, string>>;
  /** Facts that change because something else comes or goes, or another object's fact changes. */
  readonly causes: Readonly<Record<string, readonly Cause[]>>;
  /** Privileges, e.g. `SELECT TO reader`. */
  readonly grants: readonly string[];
  /** What is granted where there is no such object; where given, its coming and going is told by what it grants. */
  readonly usualGrants?: readonly string[];
  /** Of a table: its columns in order. */
  readonly columns?: readonly string[];
  /** Of a table: keys of those that it inherits from. */
  readonly above?: readonly string[];
  /** Of a table: attributes that dropped columns still take. */
  readonly dropped?: number;
  /** Tells whether it is the same one under another name, where it holds data: its OID, or a column's number. */
  readonly identity?: string;
}

/** Where it stands; its key is made from this. */
export interface Place {
  readonly schema?: string;
  /** The relation or the domain that it is on. */
  readonly on?: string;
  /** Empty where it has no name but only a description. */
  readonly name: string;
  /** What follows the name, e.g. a function's types. */
  readonly suffix?: string;
}

export interface Cause {
  readonly key: string;
  /** Absent: it comes or goes as a whole. */
  readonly fact?: string;
}
