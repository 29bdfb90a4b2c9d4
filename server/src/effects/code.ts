import type { CallStmt, DoStmt, Node } from '@pgsql/types';
import { applyStatement } from '../schema/apply.ts';
import { overloadDependency } from '../schema/dependencies.ts';
import type { Overload, Table } from '../schema/model.ts';
import { qualify, relationKey } from '../schema/names.ts';
import type { CodeBody, Statement } from '../sql/model.ts';
import { nameOfStrings, quoteIdentifier, stringsOf, writeName } from '../sql/names.ts';
import type { Describe, Task } from './builder.ts';
import type { Effects } from './model.ts';
import { show } from './relations.ts';

/** Procedures that call procedures are followed so far. */
const deepestCall = 4;

const seeTheDryRun = { remedy: 'run the dry run, which sees it' } as const;

/** What a DO block does, as far as its text tells. */
export const describeDo: Describe<DoStmt> = (task) =>
  describeBody(task, task.statement.body(), 'the DO block');

/** What a procedure of the plan or the baseline does, as far as its text tells. */
export const describeCall: Describe<CallStmt> = (task, { funccall }) => {
  const [only, other] = overloadsOf(task, stringsOf(funccall?.funcname));
  // Which overload is meant, the types of the arguments decide.
  describeBody(task, other ? undefined : only?.body?.(), 'the procedure');
};

function overloadsOf(task: Task, parts: readonly string[]): readonly Overload[] {
  const { functions } = task.schema;
  const key = relationKey(qualify(task.schema, nameOfStrings(parts), (one) => functions.has(one)));
  return functions.get(key)?.overloads ?? [];
}

/** Languages whose code can be read. */
const readable: ReadonlySet<string> = new Set(['sql', 'plpgsql']);

/**
 * What a query's call of a function does: of one that the plan or the baseline defines, in a language that can be
 * read. `forRows`: it is called as often as rows are met, so perhaps never.
 */
export function callFunction(task: Task, call: Record<string, unknown>, forRows: boolean): void {
  const parts = stringsOf(call.funcname as Node[]);
  const passed = (call.args as Node[] | undefined)?.length ?? 0;
  const overloads = overloadsOf(task, parts).filter(({ language }) => readable.has(language));
  const [only, other] = overloads.filter(({ argumentTypes }) => argumentTypes.length === passed);
  const meant = other ? undefined : (only ?? (overloads.length === 1 ? overloads[0] : undefined));
  if (!meant) return;
  const what = `the function ${writeName(nameOfStrings(parts))}`;
  if (!forRows) describeBody(task, meant.body?.(), what);
  else if (doesSomething(task, meant)) unknownWork(task, `what ${what} does for each row`);
}

/** What a table's triggers do where rows change: which of them fire, and on which rows, is not followed. */
export function triggered(task: Task, table: Table): void {
  for (const { name, dependsOn = [] } of table.triggerDefinitions ?? []) {
    for (const [key, { overloads = [] }] of task.schema.functions) {
      const called = overloads.filter((one) => dependsOn.includes(overloadDependency(key, one)));
      if (called.some((one) => doesSomething(task, one)))
        unknownWork(task, `what the trigger ${quoteIdentifier(name)} of ${show(task, table)} does`);
    }
  }
}

/** What a table's rules make of a query, no one follows. */
export function rewrittenByRules(task: Task, table: Table): void {
  for (const name of table.rules ?? [])
    unknownWork(task, `what the rule ${quoteIdentifier(name)} of ${show(task, table)} does`);
}

/** It may lock more, and whatever it reads takes its time for each row. */
function unknownWork(task: Task, fact: string): void {
  task.unknown(fact, { ...seeTheDryRun, decides: false, locks: true });
}

/** Whether a body touches a table, or cannot be read. */
function doesSomething(task: Task, { body, language }: Overload): boolean {
  if (!readable.has(language)) return false;
  const read = body?.();
  const depth = (task.context.depth ?? 0) + 1;
  if (!read || depth > deepestCall) return true;
  return (
    read.unread.length > 0 ||
    read.statements.some(({ statement }) => {
      const { locks, unknown } = task.effectsOf(statement, task.schema, { ...task.context, depth });
      return locks.length + unknown.length > 0;
    })
  );
}

/**
 * The statements of a body one after the other, each on the schema that those before it leave. What stands
 * behind a condition, or in a loop that may be empty, may do what it says or not: that is an unknown.
 */
function describeBody(task: Task, body: CodeBody | undefined, what: string): void {
  const depth = (task.context.depth ?? 0) + 1;
  if (body?.endsTransactions) task.notTransactional();
  if (!body || depth > deepestCall) {
    task.unknown(`what ${what} does`, { ...seeTheDryRun, locks: true });
    return;
  }
  let schema = task.schema;
  // EXCEPTION WHEN duplicate_object and its like: an error in it is no error of it.
  const handled = /\bexception\s+when\b/i.test(task.statement.text);
  const maybe: { statement: Statement; effects: Effects }[] = [];
  for (const { statement, certain } of body.statements) {
    // A function runs inside the statement that calls it, which is inside a transaction.
    const effects = task.effectsOf(statement, schema, { ...task.context, inTransaction: true, depth });
    if (certain) task.include(handled ? withoutRefusals(effects) : effects);
    else maybe.push({ statement, effects });
    schema = applyStatement(schema, statement, { madeByPlan: true });
  }
  for (const { statement, effects } of maybe) {
    if (task.includes(effects)) continue;
    task.unknown(`whether ${what} runs "${firstWords(statement.text)}"`, { ...seeTheDryRun, locks: true });
  }
  for (const one of body.unread)
    task.unknown(`what ${one.what} does in ${what}`, { ...seeTheDryRun, locks: true });
}

function withoutRefusals({ refusals: _, ...effects }: Effects): Effects {
  return { ...effects, unknown: effects.unknown.map(({ refused: __, ...fact }) => fact) };
}

function firstWords(source: string): string {
  const line = source.replace(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
