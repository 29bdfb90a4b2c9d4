import type { CallStmt, DoStmt } from '@pgsql/types';
import { applyStatement } from '../schema/apply.ts';
import type { Schema } from '../schema/model.ts';
import { qualify, relationKey } from '../schema/names.ts';
import type { CodeBody, Statement } from '../sql/model.ts';
import { nameOfStrings, stringsOf } from '../sql/names.ts';
import type { Describe, EffectsContext, Task } from './builder.ts';
import type { Effects } from './model.ts';

/** `effectsOf`, handed in since it describes these statements too. */
export type EffectsOf = (statement: Statement, before: Schema, context: EffectsContext) => Effects;

/** Procedures that call procedures are followed so far. */
const deepestCall = 4;

const seeTheDryRun = { remedy: 'run the dry run, which sees it' } as const;

/** What a DO block does, as far as its text tells. */
export function describeDo(effectsOf: EffectsOf): Describe<DoStmt> {
  return (task) => describeBody(effectsOf, task, task.statement.body(), 'the DO block');
}

/** What a procedure of the plan or the baseline does, as far as its text tells. */
export function describeCall(effectsOf: EffectsOf): Describe<CallStmt> {
  return (task, { funccall }) => {
    const { functions } = task.schema;
    const name = nameOfStrings(stringsOf(funccall?.funcname));
    const known = functions.get(relationKey(qualify(task.schema, name, (key) => functions.has(key))));
    const [only, other] = known?.overloads ?? [];
    // Which overload is meant, the types of the arguments decide.
    const body = other ? undefined : only?.body?.();
    describeBody(effectsOf, task, body, 'the procedure');
  };
}

/**
 * The statements of a body one after the other, each on the schema that those before it leave. What stands
 * behind a condition, or in a loop that may be empty, may do what it says or not: that is an unknown.
 */
function describeBody(effectsOf: EffectsOf, task: Task, body: CodeBody | undefined, what: string): void {
  const depth = (task.context.depth ?? 0) + 1;
  if (body?.endsTransactions) task.notTransactional();
  if (!body || depth > deepestCall) {
    task.unknown(`what ${what} does`, seeTheDryRun);
    return;
  }
  let schema = task.schema;
  const maybe: { statement: Statement; effects: Effects }[] = [];
  for (const { statement, certain } of body.statements) {
    // A function runs inside the statement that calls it, which is inside a transaction.
    const effects = effectsOf(statement, schema, { ...task.context, inTransaction: true, depth });
    if (certain) task.include(effects);
    else maybe.push({ statement, effects });
    schema = applyStatement(schema, statement, { madeByPlan: true });
  }
  for (const { statement, effects } of maybe) {
    if (task.includes(effects)) continue;
    task.unknown(`whether ${what} runs "${firstWords(statement.text)}"`, seeTheDryRun);
  }
  for (const one of body.unread) task.unknown(`what ${one.what} does in ${what}`, seeTheDryRun);
}

function firstWords(source: string): string {
  const line = source.replace(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
