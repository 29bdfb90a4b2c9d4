import type { Migration, SourceFile, Tool } from './model.ts';
import { type MethodSql, typeormMigration } from './typeorm.ts';

/**
 * What a file of a migration folder migrates, with the file of its way back where the tool keeps that beside it.
 * Undefined where the file is a way back itself, or no migration at all.
 *
 * Sources: https://documentation.red-gate.com/flyway (naming, -- flyway:…), https://github.com/amacneil/dbmate,
 * https://github.com/golang-migrate/migrate/blob/master/MIGRATIONS.md, https://github.com/pressly/goose,
 * https://github.com/rubenv/sql-migrate, Prisma's `migration.sql`, Drizzle's `--> statement-breakpoint`.
 */
export function readMigration(file: SourceFile, folder: readonly SourceFile[]): Migration | undefined {
  const name = baseName(file.path);
  if (/\.[cm]?[jt]s$/.test(name)) return fromTypeorm(file, name);
  if (!name.endsWith('.sql')) return undefined;
  const marked = markedSections(file.text);
  if (marked) return { title: titleOf(name), path: file.path, notes: [], ...marked };
  const flyway = /^([VUR])([\d._]*)__(.+)\.sql$/.exec(name);
  if (flyway) return fromFlyway(file, flyway, folder);
  const pair = /^(.*)[._](up|down)\.sql$/.exec(name);
  if (pair) {
    if (pair[2] === 'down') return undefined;
    const down = sibling(file, folder, name.replace(/up\.sql$/, 'down.sql'));
    return plain('golang-migrate', file, pair[1] as string, down?.text);
  }
  if (name === 'migration.sql') {
    const title = baseName(file.path.slice(0, -name.length - 1)) || 'migration';
    return plain('prisma', file, title, sibling(file, folder, 'down.sql')?.text);
  }
  if (name === 'down.sql') return undefined;
  return fromDrizzle(file, name) ?? plain('sql', file, name, undefined);
}

/**
 * The migrations of a folder that run before one, in the order in which their tool takes them: by version number as a
 * number where names begin with one, else by name.
 */
export function migrationsBefore(target: SourceFile, folder: readonly SourceFile[]): readonly Migration[] {
  const own = readMigration(target, folder);
  if (!own) return [];
  return folder
    .filter((file) => file.path !== target.path)
    .flatMap((file) => readMigration(file, folder) ?? [])
    .filter(
      (one) =>
        familyOf(one.tool) === familyOf(own.tool) &&
        compareVersions(keyOf(one.path, one.tool), keyOf(own.path, own.tool)) < 0,
    )
    .toSorted((a, b) => compareVersions(keyOf(a.path, a.tool), keyOf(b.path, b.tool)));
}

/** A file of Drizzle's with one statement has no breakpoint in it, and looks like any other. */
function familyOf(tool: Tool): Tool {
  return tool === 'drizzle' ? 'sql' : tool;
}

function fromDrizzle(file: SourceFile, name: string): Migration | undefined {
  // Its own line, or behind a statement's semicolon.
  const whole = file.text.replace(/--> statement-breakpoint[^\n]*/g, '');
  const up = whole.replace(skipped, '$1');
  if (up === file.text) return undefined;
  return {
    ...plain('drizzle', file, name, undefined),
    up,
    notes:
      up === whole
        ? []
        : [
            'What Drizzle would have left out where it is there already (EXCEPTION WHEN duplicate_object) now fails there.',
          ],
  };
}

/** Around a statement that Drizzle wants to send twice without an error. */
const skipped =
  /\bDO \$\$ BEGIN\s+((?:ALTER TABLE|CREATE TYPE)\b[^;]*;)\s*EXCEPTION\s+WHEN duplicate_object THEN null;\s*END \$\$;?/gi;

function fromFlyway(
  file: SourceFile,
  [, kind, version, words]: RegExpExecArray,
  folder: readonly SourceFile[],
) {
  if (kind === 'U') return undefined;
  const undo = folder.find(
    ({ path }) => kind === 'V' && new RegExp(`^U${escaped(version ?? '')}__.+\\.sql$`).test(baseName(path)),
  );
  const migration = plain('flyway', file, words ?? '', undo?.text);
  const placeholder = /\$\{[\w.:-]+\}/.exec(file.text)?.[0];
  return placeholder
    ? {
        ...migration,
        notes: [`${placeholder} is a placeholder that Flyway fills in: write what it stands for.`],
      }
    : migration;
}

function fromTypeorm(file: SourceFile, name: string): Migration | undefined {
  const found = typeormMigration(file.text);
  if (!found) return undefined;
  const { up, down } = found;
  return {
    tool: 'typeorm',
    title: titleOf(name),
    path: file.path,
    up: scriptOf(up),
    down: down.unread.length > 0 || down.sql.length === 0 ? undefined : scriptOf(down),
    notes: [
      ...unreadNotes('up', up, 'is not in the plan: write its SQL into a step.'),
      ...unreadNotes('down', down, 'is no SQL that can be read: down() is not used.'),
    ],
  };
}

function unreadNotes(method: string, { unread }: MethodSql, what: string): readonly string[] {
  return [...new Set(unread)].map((call) => `What ${call}() of ${method}() does ${what}`);
}

function scriptOf({ sql }: MethodSql): string {
  return sql.map((one) => `${one.trim().replace(/;$/, '')};`).join('\n');
}

function plain(tool: Tool, file: SourceFile, name: string, down: string | undefined): Migration {
  return { tool, title: titleOf(name), path: file.path, up: file.text, down, notes: [] };
}

const marks: readonly (readonly [Tool, RegExp])[] = [
  ['dbmate', /^[ \t]*--[ \t]*migrate:(up|down)\b.*$/gim],
  ['goose', /^[ \t]*--[ \t]*\+goose[ \t]+(up|down)\b.*$/gim],
  ['sql-migrate', /^[ \t]*--[ \t]*\+migrate[ \t]+(up|down)\b.*$/gim],
];

/** The two halves of a file that says where each begins. */
function markedSections(text: string): Pick<Migration, 'tool' | 'up' | 'down'> | undefined {
  for (const [tool, mark] of marks) {
    const found = [...text.matchAll(mark)];
    if (found.length === 0) continue;
    const section = (which: string) =>
      found
        .flatMap((at, index) =>
          at[1]?.toLowerCase() === which
            ? [text.slice(at.index + at[0].length, found[index + 1]?.index ?? text.length)]
            : [],
        )
        .join('\n')
        // Marks around a statement that holds semicolons: Postgres' own parser needs none.
        .replace(/^[ \t]*--[ \t]*\+(?:goose|migrate)[ \t]+\w+.*$/gim, '');
    const down = section('down');
    return { tool, up: section('up'), down: down.trim() === '' ? undefined : down };
  }
  return undefined;
}

/** `20240101_add_handle.sql`: `add handle`. */
function titleOf(name: string): string {
  const words = name
    .replace(/\.(?:sql|[cm]?[jt]s)$/, '')
    .replace(/^\d[\d._-]*[-_.]/, '')
    .replace(/^\d+(?=\D)/, '')
    .replace(/(?<=\D)\d{13}$/, '')
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`)
    .replace(/[_\s-]+/g, ' ')
    .trim();
  return words === '' ? name : `${words[0]?.toUpperCase()}${words.slice(1)}`;
}

/** What files are ordered by: of Prisma the folder's name. */
function keyOf(path: string, tool: Tool): string {
  const name = baseName(path);
  return tool === 'prisma' ? baseName(path.slice(0, -name.length - 1)) : name.replace(/^[VUR]/, '');
}

function compareVersions(a: string, b: string): number {
  const [one, other] = [a, b].map(numbersOf) as [readonly bigint[], readonly bigint[]];
  for (let at = 0; at < Math.max(one.length, other.length); at++) {
    const [x, y] = [one[at] ?? -1n, other[at] ?? -1n];
    if (x !== y) return x < y ? -1 : 1;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `1.10__x`: 1 and 10. A name without a version comes last. */
function numbersOf(name: string): readonly bigint[] {
  const version = /^\d+(?:[._]\d+)*/.exec(name)?.[0];
  return version ? version.split(/[._]/).map(BigInt) : [10n ** 30n];
}

function sibling({ path }: SourceFile, folder: readonly SourceFile[], name: string): SourceFile | undefined {
  const wanted = `${path.slice(0, path.length - baseName(path).length)}${name}`;
  return folder.find((file) => file.path === wanted);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
