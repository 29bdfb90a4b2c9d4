import type { ColumnDef, Node } from '@pgsql/types';
import { stringsOf } from '../../sql/names.ts';
import { serialBase } from '../../sql/type-names.ts';
import { defineRule } from '../define-rule.ts';
import { builtInType, columnText, type NewColumn, newColumns, retyped, typeRange } from './new-columns.ts';

const limits: Readonly<Record<string, string>> = { smallint: '32,767', integer: '2,147,483,647' };

/** A generated primary key that ends at two billion. */
export const primaryKeyRunsOut = defineRule<NewColumn>({
  id: 'primary-key-runs-out',
  title: 'A generated primary key ends at the limit of its integer type',
  severity: 'info',
  eachStep: true,
  concerns: ['CreateStmt'],
  docs: {
    problem: `A key that a sequence hands out as \`integer\` ends at 2,147,483,647, and sequences skip numbers: every INSERT
that fails or is rolled back uses one up. When it is reached, no row can be inserted any more, and to make the column a
\`bigint\` then rewrites the table, with the columns of every table that refers to it.`,
    solution:
      'Make generated keys `bigint` from the start. It costs 4 bytes a row, or none where alignment pads them anyway.',
    manual: [
      { title: 'Integer Types', path: 'datatype-numeric.html#DATATYPE-INT' },
      { title: 'Serial Types', path: 'datatype-numeric.html#DATATYPE-SERIAL' },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: Events
  sql: CREATE TABLE events (id serial PRIMARY KEY, name text);
  rollback: DROP TABLE events;
`,
        finds: 'serial',
        fixed: `- step: Events
  sql: CREATE TABLE events (id bigserial PRIMARY KEY, name text);
  rollback: DROP TABLE events;
`,
      },
      {
        steps: `- step: Events
  sql: |
    CREATE TABLE events (
      id   int GENERATED ALWAYS AS IDENTITY,
      name text,
      PRIMARY KEY (id)
    );
  rollback: DROP TABLE events;
`,
        finds: 'int',
      },
    ],
    good: [
      {
        steps: `- step: Events
  sql: CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);
  rollback: DROP TABLE events;
`,
      },
      {
        steps: `- step: A few codes, given by hand
  sql: CREATE TABLE countries (code integer PRIMARY KEY, name text);
  rollback: DROP TABLE countries;
`,
      },
    ],
  },
  *check(context) {
    for (const column of newColumns(context)) {
      const type = serialBase(column.type) ?? builtInType(column);
      const limit = type === undefined || column.type.arrayBounds ? undefined : limits[type];
      if (limit === undefined || column.by !== 'create' || !isGenerated(column) || !isPrimaryKey(column))
        continue;
      yield {
        message: `${columnText(column)} hands out keys up to ${limit}; after that no row can be inserted, and to make it a bigint then rewrites the table and every table that refers to it. Make it a bigint now.`,
        range: typeRange(column),
        step: column.placed.step.id,
        data: column,
      };
    }
  },
  fix({ data }, context) {
    return retyped(context, data, 'Make the key a bigint', serialBase(data.type) ? 'bigserial' : 'bigint');
  },
});

function isGenerated({ type, column }: NewColumn): boolean {
  if (serialBase(type) !== undefined) return true;
  return constraintsOf(column).some(
    ({ contype, raw_expr }) =>
      contype === 'CONSTR_IDENTITY' || (contype === 'CONSTR_DEFAULT' && isNextval(raw_expr)),
  );
}

function isNextval(expression: Node | undefined): boolean {
  return (
    expression !== undefined &&
    'FuncCall' in expression &&
    stringsOf(expression.FuncCall.funcname).at(-1) === 'nextval'
  );
}

/** The only column of its table's primary key, which stands at the column or in the table's list. */
function isPrimaryKey({ placed, name, column }: NewColumn): boolean {
  if (constraintsOf(column).some(({ contype }) => contype === 'CONSTR_PRIMARY')) return true;
  const { node } = placed.s.statement;
  const elements = 'CreateStmt' in node ? (node.CreateStmt.tableElts ?? []) : [];
  return elements.some(
    (element) =>
      'Constraint' in element &&
      element.Constraint.contype === 'CONSTR_PRIMARY' &&
      stringsOf(element.Constraint.keys).join() === name,
  );
}

function constraintsOf({ constraints = [] }: ColumnDef) {
  return constraints.flatMap((node) => ('Constraint' in node ? [node.Constraint] : []));
}
