import type { Statement } from '../sql/model.ts';
import type { Refusal } from './model.ts';

type Node = Statement['node'];

/**
 * Why a statement is not run on somebody's server: it reaches outside of the scratch database. Undefined where it
 * stays inside, as far as its text tells: SQL that a function puts together as it runs is not seen.
 */
export function refusalOnServer({ node }: Statement): Refusal | undefined {
  if ('CopyStmt' in node && !node.CopyStmt.is_program && !node.CopyStmt.filename)
    return node.CopyStmt.is_from
      ? { message: 'COPY FROM STDIN needs an input, and a plan has none.', hint: 'Use INSERT.' }
      : { message: 'COPY TO STDOUT needs a reader, and a plan has none.', hint: 'Use SELECT.' };
  const what = outsideByKind(node) ?? outsideByObject(node) ?? outsideByContent(node);
  return what === undefined
    ? undefined
    : {
        message: `This ${what}: that reaches outside of the scratch database in which a dry run works, so it is not run.`,
        hint: 'Rehearse the plan without this statement, or on the embedded Postgres.',
      };
}

/** Commands that act on the whole server, or on another one. */
const kinds: Readonly<Record<string, string>> = {
  CreatedbStmt: 'makes a database',
  DropdbStmt: 'drops a database',
  AlterDatabaseStmt: 'changes a database by its name',
  AlterDatabaseSetStmt: 'changes a database by its name',
  AlterDatabaseRefreshCollStmt: 'changes a database by its name',
  AlterSystemStmt: "changes the server's configuration",
  CreateRoleStmt: 'makes a role',
  AlterRoleStmt: 'changes a role',
  AlterRoleSetStmt: 'changes a role',
  DropRoleStmt: 'drops a role',
  GrantRoleStmt: 'changes who is a member of a role',
  DropOwnedStmt: 'takes away what a role owns, its rights on the whole server too',
  ReassignOwnedStmt: 'gives away what a role owns, other databases too',
  CreateTableSpaceStmt: 'makes a tablespace',
  DropTableSpaceStmt: 'drops a tablespace',
  AlterTableSpaceOptionsStmt: 'changes a tablespace',
  CreateSubscriptionStmt: 'subscribes to another server',
  AlterSubscriptionStmt: 'changes a subscription to another server',
  DropSubscriptionStmt: 'ends a subscription to another server',
  ImportForeignSchemaStmt: 'reads the schema of another server',
  LoadStmt: 'loads a library into the server',
};

function outsideByKind(node: Node): string | undefined {
  const kind = Object.keys(node)[0] ?? '';
  if (Object.hasOwn(kinds, kind)) return kinds[kind];
  if ('CopyStmt' in node) {
    const { is_program, is_from } = node.CopyStmt;
    return is_program
      ? 'runs a program on the server'
      : `${is_from ? 'reads' : 'writes'} a file of the server`;
  }
  return undefined;
}

const serverObjects: Readonly<Record<string, string>> = {
  OBJECT_DATABASE: 'changes a database by its name',
  OBJECT_ROLE: 'changes a role',
  OBJECT_TABLESPACE: 'changes a tablespace',
  OBJECT_PARAMETER_ACL: 'changes rights on settings of the whole server',
  OBJECT_SUBSCRIPTION: 'changes a subscription to another server',
};

/** GRANT, COMMENT, SECURITY LABEL, RENAME and OWNER TO, on what is the server's. */
function outsideByObject(node: Node): string | undefined {
  const fields = Object.values(node)[0] as Readonly<Record<string, unknown>>;
  const object = [fields.objtype, fields.objectType, fields.renameType].find(
    (each) => typeof each === 'string' && Object.hasOwn(serverObjects, each),
  );
  return serverObjects[String(object)];
}

/** Languages in which a function can do all that the server's own user can. */
const untrustedLanguage = /^(c|internal|pl\w*u|plsh)$/i;
/** Extensions that speak to other servers or read the server's files. */
const reachingExtension =
  /(^pl\w*u$|_fdw$|^(dblink|adminpack|plsh|http|pg_net|pg_cron|pg_background|pgagent|pg_file_settings)$)/i;

function outsideByContent(node: Node): string | undefined {
  if ('CreateExtensionStmt' in node && reachingExtension.test(node.CreateExtensionStmt.extname ?? ''))
    return `makes the extension ${node.CreateExtensionStmt.extname}`;
  if ('CreatePLangStmt' in node && untrustedLanguage.test(node.CreatePLangStmt.plname ?? ''))
    return `makes the language ${node.CreatePLangStmt.plname}`;
  const strings: string[] = [];
  const called = calledFunction(node, strings);
  if (called !== undefined) return `calls ${called}`;
  if (!('DoStmt' in node || 'CreateFunctionStmt' in node)) return undefined;
  const language = languageOf(node);
  if (untrustedLanguage.test(language)) return `has code in ${language}`;
  for (const text of strings) {
    const found = outsideInCode(text);
    if (found !== undefined) return `has code that ${found}`;
  }
  return undefined;
}

function languageOf(node: Node): string {
  const options =
    'DoStmt' in node ? node.DoStmt.args : 'CreateFunctionStmt' in node ? node.CreateFunctionStmt.options : [];
  for (const option of options ?? []) {
    if (!('DefElem' in option) || option.DefElem.defname !== 'language') continue;
    const { arg } = option.DefElem;
    if (arg && 'String' in arg) return arg.String.sval ?? '';
  }
  return 'plpgsql';
}

/** Functions of the server's files, of its sessions, of its replication, and of other servers. */
const reachingFunction = new RegExp(
  `^(${[
    'pg_read_(binary_)?file',
    'pg_ls_\\w*dir',
    'pg_stat_file',
    'pg_file_\\w+',
    'lo_import',
    'lo_export',
    'pg_(cancel|terminate)_backend',
    'pg_reload_conf',
    'pg_rotate_logfile\\w*',
    'pg_promote',
    'pg_switch_wal',
    'pg_create_restore_point',
    'pg_(start_backup|stop_backup|backup_start|backup_stop)',
    'pg_wal_replay_\\w+',
    'pg_\\w*replication_slot\\w*',
    'pg_logical_slot_\\w+',
    'pg_replication_origin_\\w+',
    'pg_stat_reset_(shared|slru|replication_slot|subscription_stats)',
    'pg_stat_statements_reset',
    'dblink\\w*',
    'postgres_fdw_\\w+',
    'http(_\\w+)?',
    'pg_background_\\w+',
  ].join('|')})$`,
);

/** The first reaching function that is called anywhere in the statement; every string in it goes to `strings`. */
function calledFunction(value: unknown, strings: string[]): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  if (typeof fields.sval === 'string') strings.push(fields.sval);
  if (Array.isArray(fields.funcname)) {
    const last = fields.funcname.at(-1) as { readonly String?: { readonly sval?: string } } | undefined;
    const name = last?.String?.sval ?? '';
    if (reachingFunction.test(name)) return name;
  }
  for (const child of Object.values(fields)) {
    const found = calledFunction(child, strings);
    if (found !== undefined) return found;
  }
  return undefined;
}

const commands: readonly (readonly [RegExp, string])[] = [
  [/\bcopy\b[^;]*\b(from|to)\s+program\b/i, 'runs a program on the server'],
  [/\bcopy\b[^;]*\b(from|to)\s+'/i, 'reads or writes a file of the server'],
  [/\balter\s+system\b/i, "changes the server's configuration"],
  [/\b(create|alter|drop)\s+database\b/i, 'makes, changes or drops a database'],
  [/\b(create|alter|drop)\s+(role|group|user(?!\s+mapping))\b/i, 'makes, changes or drops a role'],
  [
    /\b(create|alter|drop)\s+(tablespace|subscription)\b/i,
    'makes, changes or drops what is of the whole server',
  ],
];

/** What the text of a function's body, or of SQL in it, does outside. */
function outsideInCode(text: string): string | undefined {
  const code = text.replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ');
  for (const [command, what] of commands) if (command.test(code)) return what;
  for (const [, name = ''] of code.matchAll(/\b([a-z_]\w*)\s*\(/gi))
    if (reachingFunction.test(name.toLowerCase())) return `calls ${name}`;
  return undefined;
}
