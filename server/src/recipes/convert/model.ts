/** A file of a migration folder. */
export interface SourceFile {
  /** As the caller names it, with `/` between folders. */
  readonly path: string;
  readonly text: string;
}

/** The tool that a migration was written for, by its file's name and marks. */
export type Tool =
  | 'flyway'
  | 'dbmate'
  | 'golang-migrate'
  | 'goose'
  | 'sql-migrate'
  | 'prisma'
  | 'drizzle'
  | 'typeorm'
  | 'sql';

/** One migration as its tool runs it: the SQL forward and, where there is one, back. */
export interface Migration {
  readonly tool: Tool;
  /** What its name says, in words: `add handle to users`. */
  readonly title: string;
  /** The main file. */
  readonly path: string;
  readonly up: string;
  /** Undefined where the tool has no way back, or the migration none. */
  readonly down: string | undefined;
  /** What of the file is not SQL, or not read, in sentences. */
  readonly notes: readonly string[];
}
