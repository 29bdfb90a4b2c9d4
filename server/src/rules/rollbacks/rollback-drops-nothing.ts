import type { DropStmt } from '@pgsql/types';
import { replaceStatement } from '../../plan/edit.ts';
import { inWords } from '../../schema/difference.ts';
import { columnOf, constraintOf, findRelation, findType, tableOf } from '../../schema/lookup.ts';
import type { Schema } from '../../schema/model.ts';
import { isUncertainName } from '../../schema/uncertain.ts';
import { nameOfObject, nameOfStrings, type ObjectName, quoteIdentifier, stringsOf } from '../../sql/names.ts';
import { documentRange } from '../../text/offset-map.ts';
import { defineRule } from '../define-rule.ts';
import type { StatementAnalysis, StepAnalysis } from '../model.ts';
import { tokenOf } from '../plan/name-places.ts';
import { type Spelling, spellingOf } from '../plan/spelling.ts';
import { alterCommands, alterTable, hasSubcommand } from '../statements.ts';
import { isFollowed, leftChanges } from './left-changes.ts';
import { rollbackFixes } from './proposal.ts';

interface Missed {
  readonly at: StepAnalysis;
  readonly spelling: Spelling | undefined;
}

/** DROP … IF EXISTS in a rollback that names what is not there. */
export const rollbackDropsNothing = defineRule<Missed>({
  id: 'rollback-drops-nothing',
  title: 'IF EXISTS hides that a rollback does nothing',
  severity: 'warning',
  eachStep: true,
  docs: {
    problem: `The rollback drops an object \`IF EXISTS\`, and when it runs there is none of that name: the name is misspelt, or it is
another than Postgres chose. Without \`IF EXISTS\` the rollback would fail and somebody would look; with it, it reports success and
undoes nothing. Where something of the step is left then, this is an error.`,
    solution: `Correct the name, and leave \`IF EXISTS\` out: when a rollback runs, what it drops is there. It is of use where the step may
have failed half-way outside a transaction; then keep it, with the right name. Give indexes and constraints a name of their own, so
that the rollback does not have to guess it.`,
    manual: [{ title: 'DROP INDEX', path: 'sql-dropindex.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Index the address
  transaction: false
  sql: CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY IF EXISTS users_emial_idx }
`,
        finds: 'users_emial_idx',
        fixed: `- step: Index the address
  transaction: false
  sql: CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY IF EXISTS users_email_idx }
`,
      },
    ],
    good: [
      {
        steps: `- step: Index the address
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY IF EXISTS users_email_idx }
`,
      },
    ],
  },
  *check(context) {
    if (context.kind === 'sql') return;
    for (const at of context.steps) {
      for (const { s, name, what, known } of droppedInVain(at)) {
        const place = tokenOf(s, name);
        const spelling = spellingOf(s.sql, place, name, known());
        const left = isFollowed(at) ? leftChanges(at) : [];
        const [first] = left;
        const after = first ? ` After it ${inWords(first)}.` : '';
        const remedy = spelling
          ? `Is ${spelling.instead} meant?`
          : 'Correct the name, or take the statement out.';
        yield {
          message: `This drops nothing: when the rollback gets here there is no ${what} ${quoteIdentifier(name)}, and IF EXISTS passes over it without an error.${after} ${remedy}`,
          range: place ? documentRange(s.sql.map, place) : s.range,
          step: at.step.id,
          severity: first ? 'error' : 'warning',
          data: { at, spelling },
        };
      }
    }
  },
  fix({ data: { at, spelling } }, context) {
    const edits = spelling && replaceStatement(context.text, spelling.sql, spelling.place, spelling.instead);
    const renamed = edits ? [{ title: `Change it to ${spelling.instead}`, edits, safe: false }] : [];
    return [...renamed, ...rollbackFixes(context, at, 'Replace').map((fix) => ({ ...fix, safe: false }))];
  },
});

interface InVain {
  readonly s: StatementAnalysis;
  readonly name: string;
  readonly what: string;
  /** Names of the same kind. */
  known(): Iterable<string>;
}

/** What the statements of a rollback would drop if it were there. What an earlier one of them took along was there. */
export function* droppedInVain(at: StepAnalysis): Generator<InVain> {
  let detached = false;
  for (const { s, part } of at.placed) {
    if (part === 'step' || !s.before.complete || s.guarded) continue;
    // DETACH … CONCURRENTLY leaves a CHECK behind, whose name Postgres chooses.
    if (hasSubcommand(s, 'AT_DetachPartition')) detached = true;
    for (const one of namedOf(s)) {
      if (detached && one.what === 'constraint') continue;
      if (one.isIn(s.before) || one.isIn(at.after) || isUncertainName(s.before, one.name)) continue;
      // A failed REINDEX CONCURRENTLY leaves such names behind, a good one none.
      if (/_cc(?:new|old)\d*$/.test(one.name)) continue;
      yield { s, name: one.name, what: one.what, known: () => one.known(s.before) };
    }
  }
}

interface Named {
  readonly name: string;
  readonly what: string;
  isIn(schema: Schema): boolean;
  known(schema: Schema): Iterable<string>;
}

function namedOf(s: StatementAnalysis): readonly Named[] {
  const { node } = s.statement;
  if ('DropStmt' in node)
    return node.DropStmt.missing_ok ? s.statement.once(() => namedByDrop(node.DropStmt)) : [];
  const relation = alterTable(s)?.relation;
  return alterCommands(s).flatMap(({ subtype, name = '', missing_ok }): Named[] => {
    if (!missing_ok || !tableOf(s.before, relation)?.columnsComplete) return [];
    const table = (schema: Schema) => tableOf(schema, relation);
    if (subtype === 'AT_DropColumn')
      return [
        {
          name,
          what: 'column',
          isIn: (schema) => columnOf(table(schema), name) !== undefined,
          known: (schema) => namesOf(table(schema)?.columns),
        },
      ];
    if (subtype === 'AT_DropConstraint')
      return [
        {
          name,
          what: 'constraint',
          isIn: (schema) => constraintOf(table(schema), name) !== undefined,
          known: (schema) => namesOf(table(schema)?.constraints),
        },
      ];
    return [];
  });
}

function namesOf(list: readonly { readonly name: string }[] = []): readonly string[] {
  return list.map(({ name }) => name);
}

const relationKinds: Readonly<Record<string, { readonly what: string; readonly kind: string }>> = {
  OBJECT_TABLE: { what: 'table', kind: 'table' },
  OBJECT_FOREIGN_TABLE: { what: 'foreign table', kind: 'table' },
  OBJECT_INDEX: { what: 'index', kind: 'index' },
  OBJECT_VIEW: { what: 'view', kind: 'view' },
  OBJECT_MATVIEW: { what: 'materialized view', kind: 'materialized view' },
  OBJECT_SEQUENCE: { what: 'sequence', kind: 'sequence' },
};

function namedByDrop({ removeType, objects = [] }: DropStmt): readonly Named[] {
  const relation = relationKinds[removeType ?? ''];
  if (relation)
    return objects.flatMap((object) => named(nameOfObject(object), (name) => namedRelation(name, relation)));
  if (removeType === 'OBJECT_TYPE' || removeType === 'OBJECT_DOMAIN')
    return objects.flatMap((object) => named(nameOfObject(object), namedType));
  if (removeType !== 'OBJECT_TRIGGER' && removeType !== 'OBJECT_POLICY') return [];
  return objects.flatMap((object) => {
    const parts = 'List' in object ? stringsOf(object.List.items) : [];
    return namedPart(parts.at(-1) ?? '', nameOfStrings(parts.slice(0, -1)), removeType === 'OBJECT_POLICY');
  });
}

function named(name: ObjectName | undefined, of: (name: ObjectName) => Named): readonly Named[] {
  return name ? [of(name)] : [];
}

function namedRelation(
  name: ObjectName,
  { what, kind }: { readonly what: string; readonly kind: string },
): Named {
  return {
    name: name.name,
    what,
    isIn: (schema) => findRelation(schema, name) !== undefined,
    known: (schema) =>
      [...schema.relations.values()].flatMap((one) => (one.kind === kind ? [one.name.name] : [])),
  };
}

function namedType(name: ObjectName): Named {
  return {
    name: name.name,
    what: 'type',
    isIn: (schema) => findType(schema, name) !== undefined || findRelation(schema, name) !== undefined,
    known: (schema) => [...schema.types.values()].map((one) => one.name.name),
  };
}

function namedPart(name: string, table: ObjectName, isPolicy: boolean): Named {
  const of = (schema: Schema): readonly string[] => {
    const relation = findRelation(schema, table);
    if (relation?.kind !== 'table') return [];
    return isPolicy ? namesOf(relation.policies) : relation.triggers;
  };
  return {
    name,
    what: isPolicy ? 'policy' : 'trigger',
    isIn: (schema) => of(schema).includes(name),
    known: of,
  };
}
