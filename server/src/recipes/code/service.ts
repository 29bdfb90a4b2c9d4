import { isReadOnly, type Model, type Property, twinsOf } from './model.ts';
import { textLiteral } from './names.ts';

/** `'id' | 'handleCopy'`: a type of property names. */
export function namesType(names: readonly string[]): string {
  return names.map(textLiteral).join(' | ');
}

/** Says what the class is for: everything that writes the table goes through it while there are copies. */
export function serviceComment(model: Model): readonly string[] {
  const copies = twinsOf(model);
  const { owner, part, table } = model;
  if (owner)
    return [
      '/**',
      ` * ${columnsOf(owner.arrived)} of ${owner.model.table.name} is here now: whoever read or wrote it there does so by this class.`,
      ' */',
    ];
  if (part)
    return [
      '/**',
      ` * What was in ${part.table} is in ${table.name} now: whoever read or wrote it there does so by this class. NULL in all of`,
      ` * ${columnsOf([...part.required, ...part.optional])} is what no row was there.`,
      ' */',
    ];
  if (copies.length === 0) return [];
  const columns = copies.map(
    ({ twin, column }) =>
      `${model.properties.find((one) => one.name === twin.of)?.column ?? twin.of} and ${column}`,
  );
  return [
    '/**',
    ` * Writes ${columns.join(', ')} together, and nothing but this class writes ${model.table.name}: a write past it, by another`,
    ' * repository, a nested write or SQL, would leave the two columns apart.',
    ' */',
  ];
}

/**
 * The function that gives a new row, or changes of one, its copies: what is left out stays out of both. Undefined where
 * there are none.
 */
export function copyFunction(model: Model): string | undefined {
  const copies = twinsOf(model);
  if (copies.length === 0) return undefined;
  const sources = [...new Set(copies.map(({ twin }) => twin.of))];
  const shape = sources.map((one) => `${one}?: unknown`).join('; ');
  const values = copies.map(({ name, twin }) => `${name}: data.${twin.of}`).join(', ');
  const types = copies.map(({ name, twin }) => `${name}: T[${textLiteral(twin.of)}]`).join('; ');
  return [
    '/** What is left out stays as it is in both columns. */',
    `function inBoth<T extends { ${shape} }>(data: T): T & { ${types} } {`,
    `  return { ...data, ${values} };`,
    '}',
  ].join('\n');
}

/** Properties that nobody gives a value: the service's types are without them. */
export function readOnlyNames({ properties }: Model): readonly string[] {
  return properties.filter(isReadOnly).map(({ name }) => name);
}

/** Says what the class is for while each row is in one of two tables. */
export function twoTablesComment({ table }: Model, old: Model, creates: boolean): readonly string[] {
  return [
    '/**',
    ` * Each row is in ${old.table.name} or in ${table.name}, and moves from the one to the other: whoever finds, changes or deletes one`,
    ` * does so by this class${creates ? '' : `, and nobody makes one in ${old.table.name}`}. Other queries ask both tables in one statement (UNION ALL), or in one snapshot.`,
    ' */',
  ];
}

/** Why a change goes through both, and when again. */
export const changeComment = (old: Model): string =>
  `/** In ${old.table.name} first: a row on its way is found in the second. Once more, for a way back. */`;

function columnsOf(properties: readonly Property[]): string {
  return properties.map(({ column }) => column.replaceAll('*/', '* /')).join(', ');
}

/** `findByHandle` */
export function byName({ name }: Property): string {
  return `findBy${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** What is said above a property, without the comment's marks; undefined where there is nothing to say. */
export function remarkOn({ column, twin, follows }: Property): string | undefined {
  if (follows !== undefined)
    return `${column} is written by whoever writes what it follows from: ${follows.replace(/\s+/g, ' ').replaceAll('*/', '* /')}`;
  if (!twin) return undefined;
  return twin.isOld
    ? `${column} goes on being written, for the version that reads it.`
    : `${column} is written already, and read by the next version.`;
}

/** `{ theme: NonNullable<User['theme']> }`: a type that has the properties of another, with a value in each. */
export function given(properties: readonly Property[], type: string): string {
  const names = properties.map(({ name }) => name);
  const [only, ...more] = names;
  return more.length > 0
    ? `{ [Key in ${namesType(names)}]: NonNullable<${type}[Key]> }`
    : `{ ${only}: NonNullable<${type}['${only}']> }`;
}

/** `user`, of the class `User`. */
export function parameterOf(name: string): string {
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}
