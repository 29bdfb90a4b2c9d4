/** Words that are something else in the code that is written: a class of that name would hide it, or be refused. */
const taken: ReadonlySet<string> = new Set(
  [
    'Array Boolean Buffer Date Entity Column Error Function Index Injectable InjectRepository Map Number Object',
    'Omit Partial Pick Prisma PrismaClient PrismaService Promise Record Repository Required Set String Symbol',
    'FindOptionsWhere Unique PrimaryColumn PrimaryGeneratedColumn',
  ].flatMap((line) => line.split(' ')),
);

/** What a class or an object cannot have as a property, or has already. */
const members: ReadonlySet<string> = new Set([
  'constructor',
  'prototype',
  '__proto__',
  'hasOwnProperty',
  'then',
]);

/** The words of a database's name: `created_at` and `createdAt` have two. Without those that no identifier can hold. */
function wordsOf(name: string): readonly string[] {
  return name
    .normalize('NFKD')
    .replace(/\p{M}|['’]/gu, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '');
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
}

/** `order_lines`: `OrderLines`; `fallback` where the name has no letter that an identifier can hold. */
export function pascalCase(name: string, fallback: string): string {
  const joined = wordsOf(name).map(capital).join('');
  if (joined === '') return fallback;
  return /^[0-9]/.test(joined) ? `${fallback}${joined}` : joined;
}

/** `created_at`: `createdAt`. */
export function camelCase(name: string, fallback: string): string {
  const pascal = pascalCase(name, fallback);
  const camel = pascal.charAt(0).toLowerCase() + pascal.slice(1);
  return members.has(camel) ? `${camel}Value` : camel;
}

/** `OrderLine`: `order-line`, as files are called. */
export function kebabCase(name: string, fallback: string): string {
  return wordsOf(name).join('-').toLowerCase() || fallback.toLowerCase();
}

/** The class for a row: `users` has a `User`, `categories` a `Category`. */
export function modelName(table: string): string {
  const words = pascalCase(table, 'Table');
  const one = singular(words);
  return taken.has(one) ? `${one}Row` : one;
}

function singular(word: string): string {
  if (/(?:ss|us|is|news|series|species)$/i.test(word)) return word;
  if (/[^aeiou]ies$/i.test(word)) return word.replace(/ies$/i, 'y');
  if (/(?:sses|xes|zes|ches|shes)$/i.test(word)) return word.replace(/es$/i, '');
  return /[a-z]s$/.test(word) ? word.slice(0, -1) : word;
}

/** `name`, or with a number behind it the first that is free; it is taken from then on. */
export function freeName(name: string, used: Set<string>): string {
  let free = name;
  for (let number = 2; used.has(free); number++) free = `${name}${number}`;
  used.add(free);
  return free;
}

/** A TypeScript string, in single quotes unless it holds some. */
export function textLiteral(value: string): string {
  const json = JSON.stringify(value);
  if (value.includes("'")) return json;
  return `'${json.slice(1, -1).replaceAll('\\"', '"')}'`;
}
