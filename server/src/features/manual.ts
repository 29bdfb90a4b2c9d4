import type { Statement } from '../sql/model.ts';

/** A command by the title of its page in Postgres' manual. */
export interface ManualPage {
  /** E.g. `CREATE INDEX`. */
  readonly command: string;
  readonly url: string;
}

/**
 * Commands with a page of their own in the manual; the page's file is made of the words.
 * Source: https://www.postgresql.org/docs/current/sql-commands.html.
 */
const commands: ReadonlySet<string> = new Set([
  ...objects(
    'ALTER CREATE DROP',
    'AGGREGATE,COLLATION,CONVERSION,DATABASE,DOMAIN,EVENT TRIGGER,EXTENSION,FOREIGN DATA WRAPPER,FOREIGN TABLE,' +
      'FUNCTION,GROUP,INDEX,LANGUAGE,MATERIALIZED VIEW,OPERATOR,POLICY,PROCEDURE,PUBLICATION,ROLE,' +
      'RULE,SCHEMA,SEQUENCE,SERVER,STATISTICS,SUBSCRIPTION,TABLE,TABLESPACE,TRIGGER,TYPE,USER,USER MAPPING,VIEW',
  ),
  ...objects('ALTER', 'DEFAULT PRIVILEGES,LARGE OBJECT,ROUTINE,SYSTEM'),
  ...objects('CREATE', 'ACCESS METHOD,CAST,TABLE AS,TRANSFORM'),
  ...objects('DROP', 'ACCESS METHOD,CAST,OWNED,ROUTINE,TRANSFORM'),
  ...objects('REFRESH', 'MATERIALIZED VIEW'),
  ...objects('REASSIGN', 'OWNED'),
  ...objects('SET', 'CONSTRAINTS,ROLE,TRANSACTION'),
  ...(
    'ABORT,ANALYZE,BEGIN,CALL,CHECKPOINT,CLUSTER,COMMENT,COMMIT,COMMIT PREPARED,COPY,DELETE,DISCARD,DO,END,EXECUTE,' +
    'EXPLAIN,GRANT,IMPORT FOREIGN SCHEMA,INSERT,LISTEN,LOAD,LOCK,MERGE,NOTIFY,PREPARE,PREPARE TRANSACTION,REINDEX,' +
    'RELEASE SAVEPOINT,RESET,REVOKE,ROLLBACK,ROLLBACK PREPARED,ROLLBACK TO SAVEPOINT,SAVEPOINT,SECURITY LABEL,' +
    'SELECT,SELECT INTO,SET,SHOW,START TRANSACTION,TRUNCATE,UNLISTEN,UPDATE,VACUUM,VALUES'
  ).split(','),
]);

function objects(verbs: string, kinds: string): readonly string[] {
  return verbs.split(' ').flatMap((verb) => kinds.split(',').map((kind) => `${verb} ${kind}`));
}

/** Words between a command's own: CREATE UNIQUE INDEX has the page of CREATE INDEX. */
const passedOver: ReadonlySet<string> = new Set(
  'or replace unique temp temporary unlogged global local constraint recursive trusted procedural'.split(' '),
);

/** The page of the statement's command for a major version of Postgres; undefined where it has none. */
export function manualPage(statement: Statement, pgVersion: number): ManualPage | undefined {
  const command = commandOf(statement);
  // MERGE came with Postgres 15.
  if (command === undefined || (command === 'MERGE' && pgVersion < 15)) return undefined;
  const file = `sql-${command.toLowerCase().replaceAll(' ', '')}.html`;
  return { command, url: `https://www.postgresql.org/docs/${pgVersion}/${pages[command] ?? file}` };
}

/** Pages that are not called by all of the command's words. */
const pages: Readonly<Record<string, string>> = {
  'ROLLBACK TO SAVEPOINT': 'sql-rollback-to.html',
  'COMMIT PREPARED': 'sql-commit-prepared.html',
  'ROLLBACK PREPARED': 'sql-rollback-prepared.html',
  'PREPARE TRANSACTION': 'sql-prepare-transaction.html',
  'RELEASE SAVEPOINT': 'sql-release-savepoint.html',
  'REASSIGN OWNED': 'sql-reassign-owned.html',
  'DROP OWNED': 'sql-drop-owned.html',
  'SECURITY LABEL': 'sql-security-label.html',
  'SET CONSTRAINTS': 'sql-set-constraints.html',
  'SET ROLE': 'sql-set-role.html',
  'SET TRANSACTION': 'sql-set-transaction.html',
  'START TRANSACTION': 'sql-start-transaction.html',
  'CREATE ACCESS METHOD': 'sql-create-access-method.html',
  'DROP ACCESS METHOD': 'sql-drop-access-method.html',
};

function commandOf(statement: Statement): string | undefined {
  const { kind } = statement;
  if (kind === 'CreateTableAsStmt')
    return /^\s*create\s+materialized/i.test(statement.text) ? 'CREATE MATERIALIZED VIEW' : 'CREATE TABLE AS';
  const own = kinds[kind];
  if (own !== undefined) return own;
  const words = statement
    .tokens()
    .slice(0, 10)
    .flatMap((token) => (token.kind === 'word' ? statement.slice(token).toUpperCase() : []));
  const said = words.filter((word, at) => at === 0 || !passedOver.has(word.toLowerCase()));
  for (let count = Math.min(4, said.length); count > 0; count--) {
    const command = said.slice(0, count).join(' ');
    if (commands.has(command)) return command;
  }
  return undefined;
}

/** Where the first words may be others: WITH, parentheses, a transaction's synonyms. */
const kinds: Readonly<Record<string, string>> = {
  SelectStmt: 'SELECT',
  InsertStmt: 'INSERT',
  UpdateStmt: 'UPDATE',
  DeleteStmt: 'DELETE',
  MergeStmt: 'MERGE',
};
