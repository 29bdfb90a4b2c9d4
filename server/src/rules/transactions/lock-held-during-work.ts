import { lockWords } from '../../effects/lock-words.ts';
import { defineRule } from '../define-rule.ts';
import { severityFor, waitingRequests, withFigures } from '../figures.ts';
import type { Finding, RuleContext, Severity, StatementAnalysis } from '../model.ts';
import { splitBefore } from '../new-steps.ts';
import { predictStatement } from '../prediction.ts';
import { rowChange, severityOfChange } from '../row-changes.ts';
import type { PlacedStatement } from '../statements.ts';
import { blocking, type HeldLock, withHeldLocks } from './held-locks.ts';
import { isTable } from './locked-tables.ts';

/** Long work while a lock of an earlier statement keeps everybody out. */
export const lockHeldDuringWork = defineRule<PlacedStatement>({
  id: 'lock-held-during-work',
  title: 'A lock is held while a later statement of the same transaction works for long',
  severity: 'warning',
  docs: {
    problem: `A lock is kept until its transaction ends. An \`ALTER TABLE\` that is over in a millisecond still holds ACCESS
EXCLUSIVE while the statements after it read a table, build an index, write a table anew or fill a column: for all that time nobody can use the
table that it altered.`,
    solution: `Commit between the two: give the statement that works for long a step of its own. Where both must be in one transaction,
put the long one first and the lock last.`,
    manual: [{ title: 'Table-Level Locks', path: 'explicit-locking.html#LOCKING-TABLES' }],
  },
  examples: {
    bad: [
      {
        schema: `CREATE TABLE users (id bigint PRIMARY KEY, email text);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);
ALTER TABLE orders ADD CONSTRAINT orders_user_id_set CHECK (user_id IS NOT NULL) NOT VALID;`,
        plan: { tables: '{ users: { rows: 8M, size: 2.4GB }, orders: { rows: 40M, size: 9GB } }' },
        steps: `- step: Prepare both tables
  sql: |
    ALTER TABLE users ADD COLUMN handle varchar(255);
    ALTER TABLE orders VALIDATE CONSTRAINT orders_user_id_set;
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
        finds: 'ALTER TABLE orders VALIDATE CONSTRAINT orders_user_id_set',
        fixed: `- step: Prepare both tables
  sql: |
    ALTER TABLE users ADD COLUMN handle varchar(255);
  rollback: ALTER TABLE users DROP COLUMN handle;
- step: "Prepare both tables: the long part"
  sql: ALTER TABLE orders VALIDATE CONSTRAINT orders_user_id_set;
  rollback:
    not_needed: the rollback of "Prepare both tables" undoes it
`,
      },
      {
        steps: `- step: Add the handle and fill it
  sql: |
    ALTER TABLE users ADD COLUMN handle varchar(255);
    UPDATE users SET handle = username;
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
        finds: 'UPDATE users SET handle = username',
      },
    ],
    good: [
      {
        schema: `CREATE TABLE users (id bigint PRIMARY KEY, email text);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);
ALTER TABLE orders ADD CONSTRAINT orders_user_id_set CHECK (user_id IS NOT NULL) NOT VALID;`,
        steps: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle varchar(255);
  rollback: ALTER TABLE users DROP COLUMN handle;
- step: Every order has its user
  sql: ALTER TABLE orders VALIDATE CONSTRAINT orders_user_id_set;
  rollback: { not_needed: the constraint was there before }
`,
      },
    ],
  },
  *check(context, found) {
    const told = new Set<HeldLock>();
    // NOT VALID and VALIDATE in one transaction have a rule of their own.
    const validated = found.filter(({ rule }) => rule === 'validated-in-one-transaction');
    for (const { placed, held } of withHeldLocks(context)) {
      if (held.size === 0) continue;
      const work = workOf(context, placed.s);
      const lock = work && heldBeyond(placed.s, held);
      // Where the transaction is split before the first such statement, the later ones are out of it too.
      if (!lock || told.has(lock) || isTold(validated, placed)) continue;
      for (const one of held.values()) told.add(one);
      yield {
        message: `${lock.relation} is locked in ${lockWords(lock.mode)} by an earlier statement, and this one ${work.verb} ${withFigures(context, work.relation, placed.s)} in the same transaction: ${waiting(context, lock, placed.s)} until it is done. ${remedy(context, placed)}`,
        range: placed.s.range,
        step: placed.step.id,
        severity: severityOf(context, placed.s, lock, work.relation),
        related: [{ message: `The lock on ${lock.relation} is taken here.`, range: lock.by.s.range }],
        data: placed,
      };
    }
  },
  fix({ data: placed }, context) {
    const { value: name } = placed.step.name;
    const edits = splitBefore(context, placed, `${name}: the long part`);
    return edits ? [{ title: 'Commit before it', edits, safe: false }] : [];
  },
});

interface Work {
  readonly verb: string;
  readonly relation: string;
}

/** What takes long in a statement that Postgres takes in a transaction at all. */
function workOf(context: RuleContext, s: StatementAnalysis): Work | undefined {
  const { statement, effects } = s;
  if (!effects.transactional) return undefined;
  if (['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'].includes(statement.kind)) {
    const change = rowChange(s);
    if (!change || severityOfChange(context, change) === undefined) return undefined;
    return {
      verb: change.verb === 'INSERT' ? 'copies the rows of' : 'changes rows of',
      relation: change.table,
    };
  }
  const rewrite = effects.rewrites.find(({ indexOf }) => indexOf === undefined);
  if (rewrite) return { verb: 'rewrites', relation: rewrite.relation };
  const [build] = effects.builds;
  if (build) return { verb: 'builds an index on', relation: build.relation };
  const [scan] = effects.scans;
  return scan && { verb: 'reads all of', relation: scan.relation };
}

/** A lock that keeps more requests out than the statement does by itself. */
function heldBeyond(
  { effects }: StatementAnalysis,
  held: ReadonlyMap<string, HeldLock>,
): HeldLock | undefined {
  const own = new Map(effects.locks.map(({ relation, mode }) => [relation, mode]));
  let weaker: HeldLock | undefined;
  for (const one of held.values()) {
    if (blocking(one.mode) <= blocking(own.get(one.relation)) || !isTable(one.by, one.relation)) continue;
    if (blocking(one.mode) === 2) return one;
    weaker ??= one;
  }
  return weaker;
}

function isTold(validated: readonly Finding[], { s: { range } }: PlacedStatement): boolean {
  return validated.some((one) => one.range.start >= range.start && one.range.end <= range.end);
}

function waiting(context: RuleContext, { mode, relation }: HeldLock, s: StatementAnalysis): string {
  const who = `every ${blocking(mode) === 2 ? 'read and write' : 'write'} of ${relation}`;
  return waitingRequests(context, who, s, blocking(mode) === 2);
}

/** Shorter than a second it is a note; many seconds with everybody shut out are an error. */
function severityOf(context: RuleContext, s: StatementAnalysis, lock: HeldLock, relation: string): Severity {
  const time = predictStatement(context, s)?.time;
  if (time && time.high < 1000) return 'info';
  const isLong = time !== undefined && time.likely >= 5000 && blocking(lock.mode) === 2;
  return severityFor(context, relation, isLong ? 'error' : 'warning');
}

function remedy({ kind }: RuleContext, { part }: PlacedStatement): string {
  if (kind === 'sql') return 'COMMIT before it.';
  return part === 'rollback' ? 'Give it a part of the rollback of its own.' : 'Give it a step of its own.';
}
