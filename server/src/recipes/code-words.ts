import { walk } from '../schema/expressions.ts';
import type { Overload, Schema, Table, Trigger, UserFunction } from '../schema/model.ts';
import { triggersOf } from '../schema/triggers.ts';
import { tokenize } from '../sql/lexer.ts';

/** Functions whose bodies say a column's name: those of the table's triggers, and those that say the table's name too. */
export function functionsNaming(schema: Schema, table: Table, column: string): readonly UserFunction[] {
  const ofTriggers = new Set(triggersOf(table).flatMap(({ dependsOn = [] }) => dependsOn));
  return [...schema.functions].flatMap(([key, one]) => {
    const isOfTrigger = ofTriggers.has(`function ${key}()`);
    const says = (one.overloads ?? []).some((overload) => {
      const words = wordsSaid(overload);
      return words.has(column) && (isOfTrigger || words.has(table.name.name));
    });
    return says ? [one] : [];
  });
}

/** Triggers that pass a column's name to their function as a string: `tsvector_update_trigger('words', …, 'title')`. */
export function triggersPassing(table: Table, column: string): readonly Trigger[] {
  return triggersOf(table).filter(({ definition, ofParent }) => {
    const node = definition?.read().node;
    const args = node && 'CreateTrigStmt' in node ? node.CreateTrigStmt.args : undefined;
    return !ofParent && stringsIn(args).includes(column);
  });
}

/** Functions that say all of these names. */
export function functionsSaying(schema: Schema, names: readonly string[]): readonly UserFunction[] {
  return [...schema.functions.values()].filter((one) =>
    (one.overloads ?? []).some((overload) => {
      const words = wordsSaid(overload);
      return names.every((name) => words.has(name));
    }),
  );
}

/**
 * What a function says as a name: in its body, of which Postgres tracks nothing, and as a type or in a default. What
 * else its declaration is made of (`LANGUAGE sql`, `ROWS 10`) names nothing that a table or a column could be.
 */
function wordsSaid({ source }: Overload): ReadonlySet<string> {
  if (!source) return new Set();
  const { node } = source.read();
  const {
    options = [],
    parameters,
    returnType,
    sql_body,
  } = 'CreateFunctionStmt' in node ? node.CreateFunctionStmt : {};
  const as = options.find((one) => 'DefElem' in one && one.DefElem.defname === 'as');
  if (sql_body || !as) return wordsOf(source.text);
  const said = stringsIn({ parameters, returnType });
  return new Set([...said, ...stringsIn(as).flatMap((body) => [...wordsOf(body)])]);
}

function stringsIn(root: unknown): readonly string[] {
  return [...walk(root)].flatMap(([kind, { sval }]) =>
    kind === 'String' && typeof sval === 'string' ? [sval] : [],
  );
}

/** The words of SQL and of the strings in it, as names: a body is a string. */
function wordsOf(text: string): ReadonlySet<string> {
  const words = new Set<string>();
  for (const token of tokenize(text)) {
    const source = text.slice(token.start, token.end);
    if (token.kind === 'word') words.add(source.toLowerCase());
    else if (token.kind === 'quoted') words.add(source.slice(1, -1).replaceAll('""', '"'));
    else if (token.kind === 'string') for (const word of wordsOf(inside(source))) words.add(word);
  }
  return words;
}

/** What stands between a string's quotes, whichever they are. */
function inside(source: string): string {
  const quote = /^(?:\$[^$]*\$|[a-zA-Z&]{0,2}')/.exec(source)?.[0] ?? '';
  const end = quote.startsWith('$') ? quote.length : 1;
  return source.slice(quote.length, Math.max(quote.length, source.length - end));
}
