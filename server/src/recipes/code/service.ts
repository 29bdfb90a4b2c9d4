import { isReadOnly, type Model, type Property, twinsOf } from './model.ts';
import { textLiteral } from './names.ts';

/** `'id' | 'handleCopy'`: a type of property names. */
export function namesType(names: readonly string[]): string {
  return names.map(textLiteral).join(' | ');
}

/** Says what the class is for: everything that writes the table goes through it while there are copies. */
export function serviceComment(model: Model): readonly string[] {
  const copies = twinsOf(model);
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
