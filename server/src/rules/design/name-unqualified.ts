import type { Node, RangeVar } from '@pgsql/types';
import { quoteIdentifier } from '../../sql/names.ts';
import { documentRange } from '../../text/offset-map.ts';
import type { Range } from '../../text/range.ts';
import { defineRule } from '../define-rule.ts';
import type { RuleContext } from '../model.ts';
import { type PlacedStatement, sqlStatements, tokenRange } from '../statements.ts';
import { isTemporary } from './new-columns.ts';

/** DDL that leaves the schema to the search path. */
export const nameUnqualified = defineRule<undefined>({
  id: 'name-unqualified',
  title: 'DDL leaves its schema to the search_path of whoever runs it',
  severity: 'warning',
  off: true,
  eachStep: true,
  docs: {
    problem: `Without a schema a table is looked up, and made, along the \`search_path\` of the role that runs the plan. Another
role, or a database with another setting, changes a table of the same name elsewhere, or makes one where nobody looks.`,
    solution:
      'Write the schema before the name, or set `search_path` at the beginning of the plan; then nothing is reported.',
    manual: [{ title: 'The Schema Search Path', path: 'ddl-schemas.html#DDL-SCHEMAS-PATH' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle text;
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
        finds: 'users',
      },
    ],
    good: [
      {
        steps: `- step: Add the handle
  sql: ALTER TABLE public.users ADD COLUMN handle text;
  rollback: ALTER TABLE public.users DROP COLUMN handle;
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      if (placed.part !== 'step' || setsPath(context, placed)) continue;
      for (const { name, range } of unqualified(placed)) {
        yield {
          message: `${quoteIdentifier(name)} is looked up along the search_path of whoever runs this: in another database or for another role that may be another table. Write its schema before it.`,
          range,
          step: placed.step.id,
          data: undefined,
        };
      }
    }
  },
});

/** Whether a statement before it has set the path: then the plan says itself where names are looked up. */
function setsPath({ baseline }: RuleContext, { s }: PlacedStatement): boolean {
  return s.before.searchPath.join() !== baseline.searchPath.join();
}

function unqualified(placed: PlacedStatement): readonly { readonly name: string; readonly range: Range }[] {
  const relation = relationOf(placed.s.statement.node);
  if (relation) {
    if (relation.schemaname || isTemporary(relation) || !relation.relname) return [];
    return [{ name: relation.relname, range: tokenRange(placed.s, relation.location) }];
  }
  return droppedTables(placed);
}

function relationOf(node: Node): RangeVar | undefined {
  if ('CreateStmt' in node) return node.CreateStmt.relation;
  if ('AlterTableStmt' in node) return node.AlterTableStmt.relation;
  if ('IndexStmt' in node) return node.IndexStmt.relation;
  if ('ViewStmt' in node) return node.ViewStmt.view;
  if ('CreateTableAsStmt' in node) return node.CreateTableAsStmt.into?.rel;
  if ('RenameStmt' in node) return node.RenameStmt.relation;
  return undefined;
}

/** A DROP keeps no places in its parse tree: the name is looked for among its tokens. */
function droppedTables({ s }: PlacedStatement): readonly { readonly name: string; readonly range: Range }[] {
  const { statement } = s;
  if (!('DropStmt' in statement.node)) return [];
  const { objects = [], removeType } = statement.node.DropStmt;
  if (
    !['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW', 'OBJECT_SEQUENCE', 'OBJECT_INDEX'].includes(
      removeType ?? '',
    )
  )
    return [];
  return objects.flatMap((object) => {
    const [only, ...more] = 'List' in object ? (object.List.items ?? []) : [];
    const name = only && 'String' in only && more.length === 0 ? only.String.sval : undefined;
    if (name === undefined) return [];
    const token = statement
      .tokens()
      .find((one) => [name, quoteIdentifier(name)].includes(statement.slice(one)));
    return [{ name, range: token ? documentRange(s.sql.map, token) : s.range }];
  });
}
