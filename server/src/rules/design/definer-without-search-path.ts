import type { CreateFunctionStmt, DefElem, Node } from '@pgsql/types';
import { nameOfObject, nameOfStrings, stringsOf, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import type { RuleContext } from '../model.ts';
import { sqlStatements, wordsRange } from '../statements.ts';

/** A SECURITY DEFINER function that looks names up where its caller says. */
export const definerWithoutSearchPath = defineRule<undefined>({
  id: 'definer-without-search-path',
  title: 'A SECURITY DEFINER function looks names up where its caller says',
  severity: 'warning',
  concerns: ['CreateFunctionStmt'],
  docs: {
    problem: `A SECURITY DEFINER function runs with its owner's rights and with its caller's \`search_path\`. Whoever may
create a table or a function in a schema of their own puts that schema first, and the function then uses theirs instead of
the one that was meant, as its owner.`,
    solution: `Fix the path with the function: \`SET search_path = app, pg_temp\`, with \`pg_temp\` last, since temporary
tables are otherwise found first. A function with a body of the SQL standard (\`BEGIN ATOMIC\`) is bound when it is made and
is not reported.`,
    manual: [
      {
        title: 'Writing SECURITY DEFINER Functions Safely',
        path: 'sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY',
      },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: Count the users for everybody
  sql: |
    CREATE FUNCTION count_users() RETURNS bigint
      LANGUAGE sql SECURITY DEFINER
      AS 'SELECT count(*) FROM users';
  rollback: DROP FUNCTION count_users();
`,
        finds: 'SECURITY DEFINER',
      },
    ],
    good: [
      {
        steps: `- step: Count the users for everybody
  sql: |
    CREATE FUNCTION count_users() RETURNS bigint
      LANGUAGE sql SECURITY DEFINER
      SET search_path = public, pg_temp
      AS 'SELECT count(*) FROM users';
  rollback: DROP FUNCTION count_users();
`,
      },
    ],
  },
  *check(context) {
    let fixedLater: ReadonlySet<string> | undefined;
    for (const placed of sqlStatements(context)) {
      const { node } = placed.s.statement;
      if (placed.part !== 'step' || !('CreateFunctionStmt' in node)) continue;
      if (!looksUpByCaller(node.CreateFunctionStmt)) continue;
      const name = writeName(nameOfStrings(stringsOf(node.CreateFunctionStmt.funcname)));
      fixedLater ??= fixedByAlter(context);
      if (fixedLater.has(name)) continue;
      yield {
        message: `${name} runs with its owner's rights but looks names up along its caller's search_path: who may create objects in any schema can have it use theirs. Add SET search_path = the schemas it means, pg_temp.`,
        range: wordsRange(placed.s, 'SECURITY', 'DEFINER'),
        step: placed.step.id,
        data: undefined,
      };
    }
  },
});

function looksUpByCaller({ options, sql_body }: CreateFunctionStmt): boolean {
  const elements = elementsOf(options);
  const language = elements.find(({ defname }) => defname === 'language')?.arg;
  const name = language && 'String' in language ? language.String.sval?.toLowerCase() : undefined;
  return (
    isDefiner(elements) &&
    sql_body === undefined &&
    name !== 'c' &&
    name !== 'internal' &&
    !setsPath(elements)
  );
}

/** The functions for which an ALTER FUNCTION of the plan sets the path. */
function fixedByAlter(context: RuleContext): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { s } of sqlStatements(context)) {
    if (!('AlterFunctionStmt' in s.statement.node)) continue;
    const { func, actions } = s.statement.node.AlterFunctionStmt;
    const name = func && nameOfObject({ ObjectWithArgs: func });
    if (name && setsPath(elementsOf(actions))) names.add(writeName(name));
  }
  return names;
}

function elementsOf(nodes: readonly Node[] | undefined): readonly DefElem[] {
  return (nodes ?? []).flatMap((node) => ('DefElem' in node ? [node.DefElem] : []));
}

function isDefiner(elements: readonly DefElem[]): boolean {
  return elements.some(
    ({ defname, arg }) => defname === 'security' && arg && 'Boolean' in arg && arg.Boolean.boolval === true,
  );
}

function setsPath(elements: readonly DefElem[]): boolean {
  return elements.some(
    ({ defname, arg }) =>
      defname === 'set' &&
      arg &&
      'VariableSetStmt' in arg &&
      arg.VariableSetStmt.name?.toLowerCase() === 'search_path' &&
      arg.VariableSetStmt.kind !== 'VAR_RESET',
  );
}
