import type { Node } from '@pgsql/types';
import type { CodeBody } from '../sql/model.ts';
import type { Column, Definition, Dependent, Described, PolicyExpression, QualifiedName } from './model.ts';

/** An object that is no relation, type or function. */
export interface OtherObject extends Described, Dependent {
  /** In words, lower case: `publication`, `extension`, `collation`, … */
  readonly kind: string;
  /** Unquoted; without a schema for what stands in none. */
  readonly name: { readonly schema: string | undefined; readonly name: string };
  /** What stands behind the name: an aggregate's or an operator's arguments, the table of a cast. */
  readonly suffix?: string;
  /** Absent where it was not declared, and where a statement has changed it since in a way that is not followed. */
  readonly definition?: Definition;
  /** Keys of the tables of a publication, or of an extended statistics object. */
  readonly tables?: readonly string[];
  /** Columns that a statistics object is made on. */
  readonly reads?: readonly string[];
  readonly publication?: Publication;
  /** By name: a publication's parameters, a statistics target, an extension's schema and version. */
  readonly settings?: Readonly<Record<string, string>>;
  /** For default privileges: who has them, by default too. */
  readonly defaults?: { readonly role: string | undefined; readonly on: string };
}

export interface Publication {
  /** FOR ALL TABLES */
  readonly everything: boolean;
  readonly tables: readonly PublishedTable[];
  /** Schemas all of whose tables it holds. */
  readonly schemas: readonly string[];
}

export interface PublishedTable {
  readonly table: string;
  /** ONLY: not those that inherit from it. */
  readonly only: boolean;
  /** Absent: all. */
  readonly columns?: readonly string[];
  /** The rows that it publishes; absent: all. */
  readonly where?: PolicyExpression;
}

export interface UserType extends Dependent, Described {
  readonly name: QualifiedName;
  readonly kind: 'enum' | 'domain' | 'composite' | 'range';
  /** Enum labels in order; a domain's base type alone. */
  readonly labels: readonly string[];
  readonly baseType: string | undefined;
  /** Names of a domain's constraints (NOT NULL and CHECK). */
  readonly constraints: readonly string[];
  /** The name of a domain's NOT NULL among them. */
  readonly notNull?: string | undefined;
  /** A domain's default, as the parser reads it. */
  readonly default?: Node;
  /** Its source. */
  readonly defaultSource?: string;
  /** A composite type's attributes in order. */
  readonly attributes?: readonly (Pick<Column, 'name' | 'type' | 'collation'> & Described)[];
  /** How it was declared; absent where no statement told. */
  readonly source?: Definition;
  /** A domain's constraints as they were declared, in the order of `constraints`. */
  readonly checks?: readonly DomainConstraint[];
  readonly collation?: string;
}

export interface DomainConstraint extends Described {
  readonly name: string;
  readonly validated: boolean;
  /** The source in CHECK's parentheses; undefined for NOT NULL. */
  readonly expression: string | undefined;
}

export interface UserFunction {
  readonly name: QualifiedName;
  readonly kind: 'function' | 'procedure' | 'aggregate';
  /** Lower case. A function in SQL may be expanded into the statement, whatever it promises. */
  readonly language: string;
  /** The weakest promise of its overloads. */
  readonly volatility: 'immutable' | 'stable' | 'volatile';
  /** One for each argument list that the name is declared with. */
  readonly overloads?: readonly Overload[];
}

export interface Overload extends Dependent, Described {
  /** Types of the arguments that are passed in, as `format_type` prints them; undefined where unknown. */
  readonly argumentTypes: readonly (string | undefined)[];
  readonly volatility: UserFunction['volatility'];
  readonly language: string;
  /** What its body holds, read when first asked for; absent where no statement told. */
  readonly body?: () => CodeBody | undefined;
  /** How it was declared; absent where no statement told. */
  readonly source?: Definition;
  /** What ALTER FUNCTION has changed since, in order: its actions. */
  readonly altered?: readonly Node[];
}
