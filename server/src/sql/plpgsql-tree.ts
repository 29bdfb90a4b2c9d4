// Where SQL stands in the tree that Postgres' own PL/pgSQL parser gives: see `src/pl/plpgsql/src/plpgsql.h`.

/** A piece of SQL in a PL/pgSQL body, and whether it runs. */
export interface EmbeddedSql {
  /** As PL/pgSQL keeps it: the target of INTO blanked out, PERFORM turned into SELECT. */
  readonly query: string;
  /** `statement`, an expression, the right side of an assignment, or an expression that makes SQL for EXECUTE. */
  readonly form: 'statement' | 'perform' | 'expression' | 'assignment' | 'dynamic';
  /** Line of the body, 1 for its first. */
  readonly line: number;
  /** It runs once the body does, unless an error ends that first. */
  readonly certain: boolean;
  /** It stands in a loop. */
  readonly repeats: boolean;
  /** A condition decides whether it runs, or an EXCEPTION takes its error. */
  readonly guarded: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

type Flow = Pick<EmbeddedSql, 'certain' | 'repeats' | 'guarded'>;

/** One statement after the other, as SQL has them. */
export const straight: Flow = { certain: true, repeats: false, guarded: false };

/** What may leave the statements behind it unrun. */
interface Leaves {
  /** EXIT or CONTINUE: until the end of the loop. */
  readonly loop: boolean;
  /** RETURN: until the end of the body. */
  readonly body: boolean;
}

const stays: Leaves = { loop: false, body: false };

/** The SQL of a function's tree in the order of the source. */
export function embeddedSql(tree: unknown): EmbeddedSql[] {
  const found: EmbeddedSql[] = [];
  const [fn] = list((tree as Fields).plpgsql_funcs);
  const fields = fieldsOf(fn);
  for (const datum of list(fields?.datums)) collect(found, datum, straight);
  walkList(found, [fields?.action], straight);
  return found;
}

/** Variables, records and cursors, arguments included. */
export function declaredNames(tree: unknown): string[] {
  const [fn] = list((tree as Fields).plpgsql_funcs);
  return list(fieldsOf(fn)?.datums).flatMap((datum) => {
    const name = fieldsOf(datum)?.refname;
    return typeof name === 'string' ? [name] : [];
  });
}

/**
 * Fields of NEW that a trigger's function gives values to. Undefined where it may set them all, or gives back another
 * row, or none.
 */
export function fieldsOfNew(tree: unknown): string[] | undefined {
  const found: string[] = [];
  const datums = list(fieldsOf(list((tree as Fields).plpgsql_funcs)[0])?.datums);
  const stack: unknown[] = [tree];
  while (stack.length > 0) {
    const node = stack.pop();
    if (typeof node !== 'object' || node === null) continue;
    for (const [kind, value] of Object.entries(node)) {
      const fields = fieldsSet(kind, value as Fields, datums);
      if (!fields) return undefined;
      found.push(...fields);
      stack.push(value);
    }
  }
  return found;
}

function fieldsSet(kind: string, node: Fields, datums: readonly unknown[]): readonly string[] | undefined {
  if (kind === 'PLpgSQL_stmt_assign') {
    const query = isExpression(node.expr) ? (node.expr.PLpgSQL_expr.query ?? '') : '';
    const [, , field] = /^\s*new\s*(\.\s*("(?:[^"]|"")+"|\w+))?\s*:?=/i.exec(query) ?? [];
    if (field !== undefined) return [nameSaid(field)];
    return /^\s*new\b/i.test(query) ? undefined : [];
  }
  if (kind === 'target' && node !== null && typeof node === 'object') {
    const [into] = Object.values(node) as { refname?: string; fields?: { name?: string }[] }[];
    if (into?.refname === 'new') return undefined;
    return (into?.fields ?? []).flatMap(({ name = '' }) => (name.startsWith('new.') ? [name.slice(4)] : []));
  }
  if (kind !== 'PLpgSQL_stmt_return') return [];
  const returned = typeof node.retvarno === 'number' ? fieldsOf(datums[node.retvarno])?.refname : undefined;
  return returned === 'new' && node.expr === undefined ? [] : undefined;
}

function nameSaid(source: string): string {
  return source.startsWith('"') ? source.slice(1, -1).replaceAll('""', '"') : source.toLowerCase();
}

/** Whether the body says COMMIT or ROLLBACK anywhere. */
export function endsTransactions(tree: unknown): boolean {
  return /"PLpgSQL_stmt_(?:commit|rollback)"/.test(JSON.stringify(tree));
}

function walkList(found: EmbeddedSql[], statements: readonly unknown[], flow: Flow): Leaves {
  let leaves = stays;
  for (const statement of statements) {
    const left = leaves.loop || leaves.body;
    const here = { ...flow, certain: flow.certain && !left, guarded: flow.guarded || left };
    const more = walkStatement(found, statement, here);
    leaves = { loop: leaves.loop || more.loop, body: leaves.body || more.body };
  }
  return leaves;
}

const branches: readonly string[] = ['then_body', 'else_body', 'stmts', 'else_stmts', 'action'];

function walkStatement(found: EmbeddedSql[], statement: unknown, flow: Flow): Leaves {
  const kind = kindOf(statement);
  const fields = fieldsOf(statement);
  if (!fields) return stays;
  collectOwn(found, fields, kind, flow);
  switch (kind) {
    case 'PLpgSQL_stmt_block': {
      const tried = { ...flow, guarded: flow.guarded || fields.exceptions !== undefined };
      const body = walkList(found, list(fields.body), tried);
      const handlers = walkBranches(found, fields.exceptions, flow);
      return either(body, handlers);
    }
    case 'PLpgSQL_stmt_loop':
      return { ...walkList(found, list(fields.body), { ...flow, repeats: true }), loop: false };
    case 'PLpgSQL_stmt_exit':
      return { loop: true, body: false };
    case 'PLpgSQL_stmt_return':
      return { loop: false, body: true };
    case 'PLpgSQL_stmt_if':
    case 'PLpgSQL_stmt_case':
      return walkBranches(found, fields, flow);
    default: {
      // WHILE and FOR: the body may run no time at all.
      if (!fields.body) return stays;
      const inside = walkList(found, list(fields.body), { ...flow, certain: false, repeats: true });
      return { ...inside, loop: false };
    }
  }
}

/** The lists of statements below: each may run or not. */
function walkBranches(found: EmbeddedSql[], node: unknown, flow: Flow): Leaves {
  let leaves = stays;
  const maybe = { ...flow, certain: false, guarded: true };
  for (const [key, value] of Object.entries((node ?? {}) as Fields)) {
    if (branches.includes(key)) leaves = either(leaves, walkList(found, list(value), maybe));
    else if (typeof value === 'object' && value !== null && !isExpression(value)) {
      collectBelow(found, key, value, maybe);
      leaves = either(leaves, walkBranches(found, value, flow));
    }
  }
  return leaves;
}

function collectBelow(found: EmbeddedSql[], key: string, value: object, flow: Flow): void {
  // ELSIF and WHEN have conditions of their own.
  if (/^PLpgSQL_(?:if_elsif|case_when)$/.test(key)) collectOwn(found, value as Fields, key, flow);
}

function either(a: Leaves, b: Leaves): Leaves {
  return { loop: a.loop || b.loop, body: a.body || b.body };
}

/** The expressions of a statement itself, not those of statements inside it. */
function collectOwn(found: EmbeddedSql[], fields: Fields, kind: string, flow: Flow): void {
  const line = typeof fields.lineno === 'number' ? fields.lineno : 1;
  for (const [key, value] of Object.entries(fields)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (!isExpression(one)) continue;
      const { query = '', parseMode } = one.PLpgSQL_expr;
      found.push({ query, form: formOf(kind, key, parseMode), line, ...flow });
    }
  }
}

function formOf(kind: string, key: string, parseMode: number | undefined): EmbeddedSql['form'] {
  if (kind === 'PLpgSQL_stmt_dynexecute' || kind === 'PLpgSQL_stmt_dynfors' || key === 'dynquery')
    return key === 'query' || key === 'dynquery' ? 'dynamic' : 'expression';
  if (kind === 'PLpgSQL_stmt_perform') return 'perform';
  if (parseMode === 2) return 'expression';
  return (parseMode ?? 0) === 0 ? 'statement' : 'assignment';
}

/** Initial values, and the queries of declared cursors. */
function collect(found: EmbeddedSql[], datum: unknown, flow: Flow): void {
  const fields = fieldsOf(datum);
  // A cursor's query runs where it is opened, if it is.
  if (fields)
    collectOwn(found, fields, kindOf(datum), { ...flow, certain: fields.cursor_explicit_expr === undefined });
}

function isExpression(value: unknown): value is { PLpgSQL_expr: { query?: string; parseMode?: number } } {
  return typeof value === 'object' && value !== null && 'PLpgSQL_expr' in value;
}

function kindOf(node: unknown): string {
  return Object.keys((node ?? {}) as Fields)[0] ?? '';
}

function fieldsOf(node: unknown): Fields | undefined {
  return Object.values((node ?? {}) as Fields)[0] as Fields | undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
