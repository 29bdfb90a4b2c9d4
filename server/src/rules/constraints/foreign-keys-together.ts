import type { Range } from '../../text/range.ts';
import { broughtConstraints } from '../alter-parts.ts';
import { defineRule } from '../define-rule.ts';
import { waitingRequests } from '../figures.ts';
import type { StatementAnalysis } from '../model.ts';
import { splitBefore } from '../new-steps.ts';
import { alterTable, type PlacedStatement, sqlStatements, tokenRange } from '../statements.ts';

interface Data {
  readonly placed: PlacedStatement;
  readonly first: PlacedStatement;
}

/** Several foreign keys in one transaction. */
export const foreignKeysTogether = defineRule<Data>({
  id: 'foreign-keys-together',
  title: 'One transaction adds several foreign keys and locks all of their tables',
  severity: 'info',
  eachStep: true,
  concerns: ['AlterTableStmt', 'CreateStmt'],
  docs: {
    problem: `Each foreign key takes SHARE ROW EXCLUSIVE on two tables, NOT VALID or not, and keeps it until the transaction ends:
while it waits for the second key's tables, every write to the first key's waits too. A request that writes to two of them the
other way round makes a deadlock.`,
    solution: `Add one foreign key in a step: then two tables are locked at a time, and for a moment.`,
    manual: [
      { title: 'Table-level locks', path: 'explicit-locking.html#LOCKING-TABLES' },
      { title: 'Deadlocks', path: 'explicit-locking.html#LOCKING-DEADLOCKS' },
    ],
  },
  examples: {
    bad: [
      {
        schema: `CREATE TABLE teams (id bigint PRIMARY KEY);
CREATE TABLE plans (id bigint PRIMARY KEY);
CREATE TABLE users (id bigint PRIMARY KEY, team_id bigint, plan_id bigint);
CREATE INDEX users_team_id_idx ON users (team_id);
CREATE INDEX users_plan_id_idx ON users (plan_id);`,
        steps: `- step: Teams and plans exist
  sql: |
    ALTER TABLE users ADD CONSTRAINT users_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams (id) NOT VALID;
    ALTER TABLE users ADD CONSTRAINT users_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES plans (id) NOT VALID;
  rollback: |
    ALTER TABLE users DROP CONSTRAINT users_plan_id_fkey;
    ALTER TABLE users DROP CONSTRAINT users_team_id_fkey;
- step: For the old teams too
  sql: ALTER TABLE users VALIDATE CONSTRAINT users_team_id_fkey;
  rollback: { not_needed: dropping users_team_id_fkey undoes it }
- step: For the old plans too
  sql: ALTER TABLE users VALIDATE CONSTRAINT users_plan_id_fkey;
  rollback: { not_needed: dropping users_plan_id_fkey undoes it }
`,
        finds: 'CONSTRAINT',
      },
    ],
    good: [
      {
        schema: `CREATE TABLE teams (id bigint PRIMARY KEY);
CREATE TABLE users (id bigint PRIMARY KEY, team_id bigint);
CREATE INDEX users_team_id_idx ON users (team_id);`,
        steps: `- step: Teams exist
  sql: ALTER TABLE users ADD CONSTRAINT users_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams (id) NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT users_team_id_fkey;
- step: For the old teams too
  sql: ALTER TABLE users VALIDATE CONSTRAINT users_team_id_fkey;
  rollback: { not_needed: dropping users_team_id_fkey undoes it }
`,
      },
    ],
  },
  *check(context) {
    let held = new Map<string, PlacedStatement>();
    let action: PlacedStatement['action'] | undefined;
    let told = false;
    for (const placed of sqlStatements(context)) {
      const { s, step } = placed;
      if (placed.action !== action || !s.inTransaction || s.statement.kind === 'TransactionStmt') {
        [held, action, told] = [new Map(), placed.action, false];
      }
      if (placed.part === 'rollback' || !alterTable(s)) continue;
      for (const [range, parent] of foreignKeys(s)) {
        const first = [...held.values()][0];
        const others = [...held.keys()].filter((name) => name !== parent);
        if (first && others.length > 0 && !held.has(parent) && !told) {
          told = true;
          yield {
            message: `This foreign key locks ${parent} in SHARE ROW EXCLUSIVE while the one before keeps ${others.join(', ')} locked: ${waitingRequests(context, 'every write to any of them')} until the transaction ends. Add it in a ${context.kind === 'sql' ? 'transaction' : 'step'} of its own.`,
            range,
            step: step.id,
            related: [{ message: 'The foreign key before it.', range: first.s.range }],
            data: { placed, first },
          };
        }
        held.set(parent, placed);
      }
    }
  },
  fix({ data: { placed, first } }, context) {
    if (placed.s === first.s) return [];
    const edits = splitBefore(context, placed, `${placed.step.name.value}, second part`);
    return edits ? [{ title: 'Commit before it', edits, safe: false }] : [];
  },
});

/** The foreign keys that the statement adds to tables in use, with the table that each points at. */
function foreignKeys(s: StatementAnalysis): readonly (readonly [Range, string])[] {
  const locked = new Set(s.effects.locks.filter(({ isNew }) => !isNew).map(({ relation }) => relation));
  return broughtConstraints(s).flatMap(({ node }) => {
    const parent = node.contype === 'CONSTR_FOREIGN' ? node.pktable?.relname : undefined;
    const relation = [...locked].find((name) => name.split('.').at(-1)?.replaceAll('"', '') === parent);
    return relation === undefined ? [] : [[tokenRange(s, node.location), relation] as const];
  });
}
