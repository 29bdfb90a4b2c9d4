import type { Parsers } from '../../analyze.ts';
import { type Converted, convertMigration } from './convert.ts';
import type { Migration, SourceFile } from './model.ts';
import { migrationsBefore, readMigration } from './sources.ts';

/** The disk, as far as it is needed. Paths have `/` between folders. */
export interface FolderFiles {
  /** Names of the files and folders in a folder, those ending in `/` folders; none where it cannot be read. */
  list(folder: string): readonly string[];
  /** A file's text, or why it cannot be had. */
  read(path: string): { readonly text: string } | { readonly error: string };
}

export interface ConvertFileRequest {
  /** The migration's file, absolute. */
  readonly path: string;
  /** What messages and the plan call it. */
  readonly shown: string;
  readonly files: FolderFiles;
  readonly parsers: Parsers;
  /** The database before the migration, where somebody says it. */
  readonly schema: { readonly sql: string; readonly path: string } | undefined;
  readonly pgVersion: number;
}

export type ConvertedFile =
  | (Extract<Converted, { readonly text: string }> & {
      /** For the plan's file, without an ending. */
      readonly name: string;
      /**
       * What the migrations before it make, where no schema was given: to be written beside the plan as `NAME.schema.sql`,
       * as which the plan names it.
       */
      readonly schemaSql: string | undefined;
    })
  | { readonly problem: string };

/** Files of one folder that are read at the most: more are no migrations that a person has written. */
const maxFiles = 5000;

/** A migration's file as a plan, with the migrations of its folder that run before it as the baseline. */
export function convertFile(request: ConvertFileRequest): ConvertedFile {
  const { path, shown, files, schema } = request;
  const read = files.read(path);
  if ('error' in read) return { problem: `The migration cannot be read: ${read.error}` };
  const own = { path, text: read.text };
  const folder = folderOf(own, files);
  const migration = readMigration(own, folder);
  if (!migration)
    return {
      problem: `${shown} is no migration that can be read: a plan is made from the SQL of Flyway, dbmate, golang-migrate, goose, sql-migrate, Prisma, Drizzle, of a TypeORM class, or a plain .sql file; from the way forward, not the way back.`,
    };
  const name = nameFor(path);
  const before = schema ? [] : migrationsBefore(own, folder);
  const schemaSql = before.length > 0 ? before.map(headed).join('\n') : undefined;
  const baseline =
    schema ?? (schemaSql === undefined ? undefined : { sql: schemaSql, path: `${name}.schema.sql` });
  const made = convertMigration({ ...request, migration: { ...migration, path: shown }, baseline });
  if ('problem' in made) return made;
  // Of Drizzle's it is told what it would have skipped: that is in the baseline.
  const unread = before.filter(({ notes, tool }) => notes.length > 0 && tool !== 'drizzle');
  const notes = [
    ...made.notes,
    ...(unread.length > 0
      ? [`The baseline lacks what is not SQL in ${unread.map((one) => baseName(one.path)).join(', ')}.`]
      : []),
  ];
  return { ...made, notes, name, schemaSql };
}

function headed({ path, up }: Migration): string {
  return `-- ${baseName(path) === 'migration.sql' ? path.split('/').slice(-2).join('/') : baseName(path)}\n${up.trim()}\n`;
}

/** The files that a tool would read together with one: its folder's; for Prisma, those of the folders beside its own. */
function folderOf(own: SourceFile, { list, read }: FolderFiles): readonly SourceFile[] {
  const folder = parentOf(own.path);
  const paths =
    baseName(own.path) === 'migration.sql'
      ? list(parentOf(folder))
          .filter((name) => name.endsWith('/'))
          .flatMap((name) =>
            ['migration.sql', 'down.sql'].map((file) => `${parentOf(folder)}/${name}${file}`),
          )
      : list(folder)
          .filter((name) => /\.(?:sql|[cm]?[jt]s)$/.test(name))
          .map((name) => `${folder}/${name}`);
  const others = paths.filter((path) => path !== own.path).slice(0, maxFiles);
  return [
    own,
    ...others.flatMap((path) => {
      const file = read(path);
      return 'text' in file ? [{ path, text: file.text }] : [];
    }),
  ];
}

/** `db/V2__add_handle.sql`: `V2__add_handle`; of Prisma's `migration.sql` its folder's name. */
function nameFor(path: string): string {
  const file = baseName(path) === 'migration.sql' ? baseName(parentOf(path)) : baseName(path);
  return file.replace(/(?:\.up)?\.(?:sql|[cm]?[jt]s)$/, '') || 'migration';
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
