import type { Statement } from '../sql/model.ts';
import type { Refusal } from './model.ts';
import {
  catalogReach,
  isInsideLanguage,
  isReachingExtension,
  isReachingFunction,
  isRunningFunction,
  reachingCommands,
  serverObjects,
} from './server-reach.ts';

type Node = Statement['node'];
type Fields = Readonly<Record<string, unknown>>;

/** Whose run it is. */
export interface Runner {
  /** The user has rights that reach outside of a database: a superuser's, on roles, on files, on programs. */
  readonly isPrivileged: boolean;
  /** The user of Switchback lets code run whose SQL cannot be read before. */
  readonly acceptsUnread: boolean;
}

/** Nobody of whom anything is known. */
const anybody: Runner = { isPrivileged: true, acceptsUnread: false };

/**
 * Why a statement is not run on somebody's server: it reaches outside of the scratch database. Bodies of functions and
 * DO blocks are read too; SQL that they put together as they run cannot be, so where the user could do harm with it,
 * it is refused until that is overridden. Undefined where the statement stays inside.
 */
export function refusalOnServer(statement: Statement, runner: Runner = anybody): Refusal | undefined {
  const { node } = statement;
  if ('CopyStmt' in node && !node.CopyStmt.is_program && !node.CopyStmt.filename)
    return node.CopyStmt.is_from
      ? { message: 'COPY FROM STDIN needs an input, and a plan has none.', hint: 'Use INSERT.' }
      : { message: 'COPY TO STDOUT needs a reader, and a plan has none.', hint: 'Use SELECT.' };
  const what = outside(statement);
  if (what !== undefined)
    return {
      message: `This ${what}: that reaches outside of the scratch database in which a dry run works, so it is not run.`,
      hint: 'Rehearse the plan without this statement, or on the embedded Postgres.',
    };
  if (!runner.isPrivileged || runner.acceptsUnread) return undefined;
  const unread = unreadIn(statement);
  return unread === undefined
    ? undefined
    : {
        message: `What ${unread} does cannot be read before it runs, and this user may change the whole server with it, so it is not run.`,
        hint: 'Use a user with no other right than CREATEDB; or, if you know what it does, --override code in the terminal; or the embedded Postgres.',
        isUnread: true,
      };
}

/** What it does outside; undefined where nothing that can be read. */
function outside(statement: Statement): string | undefined {
  const own = ofNodes(statement.node) ?? ofLanguage(statement.node);
  if (own !== undefined) return own;
  for (const inner of codeOf(statement)) {
    const found = outside(inner);
    if (found !== undefined) return `has code that ${found.replace(/^has code that /, '')}`;
  }
  return undefined;
}

/** The statements in its code, those that EXECUTE puts together from names and values alone too. */
function codeOf(statement: Statement): readonly Statement[] {
  const body = statement.body();
  if (!body) return [];
  return [
    ...body.statements.map((one) => one.statement),
    ...body.unread.flatMap(({ template }) => template ?? []),
  ];
}

/** What of its code cannot be read, in words. */
function unreadIn(statement: Statement): string | undefined {
  const running = runsText(statement.node);
  if (running !== undefined) return `the SQL that ${running} is given`;
  const shadow = shadowOf(statement.node);
  if (shadow !== undefined) return `code that calls ${shadow}, which would then be the plan's own,`;
  const body = statement.body();
  if (!body)
    return 'DoStmt' in statement.node || 'CreateFunctionStmt' in statement.node ? 'code in code' : undefined;
  const unread = body.unread.find(({ template }) => template === undefined);
  if (unread) return unread.what;
  if (body.problems.length > 0) return 'code that does not parse';
  return codeOf(statement)
    .map(unreadIn)
    .find((each) => each !== undefined);
}

/** By these, code that puts SQL together is read: they are to be Postgres's own. */
const trusted: ReadonlySet<string> = new Set([
  'format',
  'concat',
  'quote_ident',
  'quote_literal',
  'quote_nullable',
  '||',
]);

/** One of them that the statement makes, or gives its name to another function. */
function shadowOf(node: Node): string | undefined {
  const names =
    'CreateFunctionStmt' in node
      ? [lastName(node.CreateFunctionStmt.funcname)]
      : 'DefineStmt' in node
        ? [lastName(node.DefineStmt.defnames)]
        : 'RenameStmt' in node && node.RenameStmt.renameType !== 'OBJECT_COLUMN'
          ? [node.RenameStmt.newname ?? '']
          : [];
  return names.find((name) => trusted.has(name));
}

/** The language of a function or a DO block, or a language that is made: where its code can do anything. */
function ofLanguage(node: Node): string | undefined {
  if ('CreatePLangStmt' in node) {
    const { plname = '', plhandler } = node.CreatePLangStmt;
    return isInsideLanguage(plname) && !plhandler ? undefined : `makes the language ${plname}`;
  }
  const options =
    'DoStmt' in node
      ? node.DoStmt.args
      : 'CreateFunctionStmt' in node
        ? node.CreateFunctionStmt.options
        : undefined;
  for (const option of options ?? []) {
    if (!('DefElem' in option) || option.DefElem.defname !== 'language') continue;
    const { arg } = option.DefElem;
    const name = arg && 'String' in arg ? (arg.String.sval ?? '') : '';
    if (!isInsideLanguage(name)) return `has code in ${name}`;
  }
  return undefined;
}

/** The first thing anywhere in a statement's tree that reaches outside. */
function ofNodes(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, child] of Object.entries(value)) {
    if (typeof child !== 'object' || child === null) continue;
    const found = ofNode(key, child as Fields) ?? ofNodes(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

function ofNode(kind: string, fields: Fields): string | undefined {
  if (Object.hasOwn(reachingCommands, kind)) return reachingCommands[kind];
  if (kind === 'CopyStmt') return ofCopy(fields);
  if (kind === 'CreateExtensionStmt' || kind === 'AlterExtensionStmt') {
    const name = String(fields.extname);
    const does = kind === 'CreateExtensionStmt' ? 'makes' : 'changes';
    return isReachingExtension(name) ? `${does} the extension ${name}` : undefined;
  }
  if (kind === 'CreateFdwStmt' || kind === 'AlterFdwStmt')
    return namesIn(fields.func_options).length > 0
      ? 'gives a foreign data wrapper what it reaches other servers by'
      : undefined;
  return ofObject(fields) ?? ofFunction(kind, fields) ?? ofCatalog(kind, fields);
}

function ofCopy({ is_program, is_from, filename }: Fields): string | undefined {
  if (is_program) return 'runs a program on the server';
  return filename ? `${is_from ? 'reads' : 'writes'} a file of the server` : undefined;
}

/** GRANT, COMMENT, SECURITY LABEL, RENAME and OWNER TO, on what is the server's. */
function ofObject({ objtype, objectType, renameType }: Fields): string | undefined {
  const object = [objtype, objectType, renameType].find(
    (each) => typeof each === 'string' && Object.hasOwn(serverObjects, each),
  );
  return serverObjects[String(object)];
}

/** A function that is called, or told by name: a renamed one, or one behind an operator, would be called unseen. */
function ofFunction(kind: string, fields: Fields): string | undefined {
  const called = lastName(fields.funcname);
  if (isReachingFunction(called)) return `calls ${called}`;
  const told = [lastName(fields.objname), lastName(fields.handler_name)];
  const names = kind === 'DefineStmt' ? [...told, ...namesIn(fields.definition)] : told;
  const reaching = names.find(isReachingFunction);
  return reaching === undefined ? undefined : `names ${reaching}`;
}

function lastName(names: unknown): string {
  const last = Array.isArray(names)
    ? (names.at(-1) as { String?: { sval?: string } } | undefined)
    : undefined;
  return last?.String?.sval ?? '';
}

/** All names that stand somewhere in it. */
function namesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { String: name } = value as { readonly String?: { readonly sval?: string } };
  return [name?.sval ?? [], ...Object.values(value).map(namesIn)].flat();
}

/** Statements that write, lock or rewrite the relations that they name directly. */
const changing: ReadonlySet<string> = new Set([
  'AlterTableStmt',
  'ClusterStmt',
  'CreateTrigStmt',
  'DeleteStmt',
  'IndexStmt',
  'InsertStmt',
  'LockStmt',
  'MergeStmt',
  'ReindexStmt',
  'RenameStmt',
  'RuleStmt',
  'TruncateStmt',
  'UpdateStmt',
  'VacuumRelation',
]);

/** Catalogs that all databases share, which a superuser can write as any table, and lock everybody out of. */
function ofCatalog(kind: string, fields: Fields): string | undefined {
  if (kind === 'VacuumStmt') {
    const isFull = namedOptions(fields.options).includes('full');
    return isFull && !fields.rels ? 'rewrites the catalogs that all databases share' : undefined;
  }
  if (kind === 'ReindexStmt' && fields.kind === 'REINDEX_OBJECT_SYSTEM')
    return 'locks the catalogs that all databases share';
  const locked = kind === 'SelectStmt' && fields.lockingClause ? relationsIn(fields.fromClause) : [];
  // A plain view can be written through.
  const { SelectStmt: query } = (fields.query ?? {}) as { readonly SelectStmt?: Fields };
  const from = kind === 'ViewStmt' ? query?.fromClause : undefined;
  const through = Array.isArray(from) && from.length === 1 && 'RangeVar' in from[0] ? relationsIn(from) : [];
  const own = changing.has(kind) ? relationsIn([fields.relation, ...direct(fields.relations)]) : [];
  return [...own, ...locked, ...through].map(catalogReach).find((reach) => reach !== undefined);
}

function direct(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function namedOptions(options: unknown): string[] {
  return direct(options).map((each) => String((each as { DefElem?: { defname?: string } }).DefElem?.defname));
}

/** Names of relations in it that are, or may be, of pg_catalog. */
function relationsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { relname, schemaname } = value as { readonly relname?: unknown; readonly schemaname?: unknown };
  const own = typeof relname === 'string' && (schemaname === undefined || schemaname === 'pg_catalog');
  return [own ? [relname as string] : [], ...Object.values(value).map(relationsIn)].flat();
}

/** The function that is called with SQL as a text; undefined where there is none. */
function runsText(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const called = lastName((value as Fields).funcname);
  if (isRunningFunction(called)) return called;
  for (const child of Object.values(value)) {
    const found = runsText(child);
    if (found !== undefined) return found;
  }
  return undefined;
}
