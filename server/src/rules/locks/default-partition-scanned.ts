import type { PartitionBoundSpec, RangeVar } from '@pgsql/types';
import { childrenOf, relationKey, tableOf } from '../../schema/lookup.ts';
import type { Table } from '../../schema/model.ts';
import { displayName } from '../../schema/names.ts';
import { defineRule } from '../define-rule.ts';
import { severityFor, waitingRequests, withFigures } from '../figures.ts';
import type { Fix, RuleContext, StatementAnalysis } from '../model.ts';
import { aroundStatement } from '../new-steps.ts';
import {
  alterTable,
  isInWrittenTransaction,
  type PlacedStatement,
  sqlStatements,
  wordsRange,
} from '../statements.ts';
import { boundsOf, proofAround } from './partition-bounds.ts';
import { partitionCommand } from './partition-command.ts';

interface Data {
  readonly placed: PlacedStatement;
  readonly added: Added;
  readonly fallback: Table;
}

/** A new partition while there is a default one. */
interface Added {
  readonly parent: Table;
  readonly bound: PartitionBoundSpec | undefined;
  readonly words: readonly string[];
  /** What a person would call the statement. */
  readonly name: string;
  /** What nobody can use meanwhile. */
  readonly locked: 'the default partition' | 'the whole table';
}

/** A new partition for which the default one is looked through. */
export const defaultPartitionScanned = defineRule<Data>({
  id: 'default-partition-scanned',
  title: 'The default partition is read in full, for rows of a new one, while requests wait',
  severity: 'error',
  eachStep: true,
  concerns: ['CreateStmt', 'AT_AttachPartition'],
  docs: {
    problem: `A new partition must not find rows of its own in the default partition: Postgres reads all of that to be sure, under
ACCESS EXCLUSIVE, and fails if there is one. \`CREATE TABLE … PARTITION OF\` holds ACCESS EXCLUSIVE on the whole partitioned table
meanwhile, so no request gets through at all; \`ATTACH PARTITION\` stops those that touch the default partition.`,
    solution: `Give the default partition a CHECK that rules the new bounds out: add it \`NOT VALID\`, \`VALIDATE\` it, which holds up
nobody, and drop it when the partition is there. Postgres sees that the CHECK proves it and skips the scan. Rows that do belong
into the new partition have to be moved first, in batches, with the default partition detached or through a table beside it.`,
    manual: [
      {
        title: 'ALTER TABLE … ATTACH PARTITION',
        path: 'sql-altertable.html#SQL-ALTERTABLE-ATTACH-PARTITION',
      },
      {
        title: 'Partition Maintenance',
        path: 'ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE',
      },
    ],
  },
  examples: {
    bad: [
      {
        schema: `CREATE TABLE events (id bigint, day date NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE events_rest PARTITION OF events DEFAULT;`,
        steps: `- step: A partition for 2026
  sql: CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
  rollback: DROP TABLE events_2026;
`,
        finds: 'PARTITION OF',
        fixed: `- step: "events_rest: no new row of the new partition"
  sql: ALTER TABLE events_rest ADD CONSTRAINT events_rest_excludes CHECK (day < '2026-01-01' OR day >= '2027-01-01') NOT VALID;
  rollback: ALTER TABLE events_rest DROP CONSTRAINT events_rest_excludes;
- step: "events_rest: no old row of the new partition either"
  sql: ALTER TABLE events_rest VALIDATE CONSTRAINT events_rest_excludes;
  rollback:
    not_needed: dropping events_rest_excludes undoes it
- step: A partition for 2026
  sql: CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
  rollback: DROP TABLE events_2026;
- step: "events_rest: drop the check that the bounds replace"
  sql: ALTER TABLE events_rest DROP CONSTRAINT events_rest_excludes;
  rollback:
    - sql: ALTER TABLE events_rest ADD CONSTRAINT events_rest_excludes CHECK (day < '2026-01-01' OR day >= '2027-01-01') NOT VALID;
    - sql: ALTER TABLE events_rest VALIDATE CONSTRAINT events_rest_excludes;
`,
      },
    ],
    good: [
      {
        schema: `CREATE TABLE events (id bigint, day date NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE events_rest PARTITION OF events DEFAULT;`,
        steps: `- step: No new row of 2026 among the rest
  sql: |
    ALTER TABLE events_rest ADD CONSTRAINT not_2026
      CHECK (day < '2026-01-01' OR day >= '2027-01-01') NOT VALID;
  rollback: ALTER TABLE events_rest DROP CONSTRAINT not_2026;
- step: No old one either
  sql: ALTER TABLE events_rest VALIDATE CONSTRAINT not_2026;
  rollback: { not_needed: dropping not_2026 undoes it }
- step: A partition for 2026
  sql: CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
  rollback: DROP TABLE events_2026;
- step: The partition says it now
  sql: ALTER TABLE events_rest DROP CONSTRAINT not_2026;
  rollback: { not_needed: the partition of 2026 says the same }
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { s, step } = placed;
      const added = addedPartition(s);
      const fallback = added && defaultOf(s, added.parent);
      if (!added || !fallback) continue;
      const name = displayName(s.before, fallback.name);
      if (!s.effects.scans.some(({ relation }) => relation === name)) continue;
      const [table] =
        added.locked === 'the whole table' ? [displayName(s.before, added.parent.name)] : [name];
      yield {
        message: `${added.name} reads all of the default partition ${withFigures(context, name, s)} for rows that belong into the new one, with ACCESS EXCLUSIVE on ${table === name ? 'it' : withFigures(context, table ?? name)}: ${waitingRequests(context, `every read and write of ${table}`)} until it is done. Give ${name} a CHECK that rules those rows out, NOT VALID, and validate that first: Postgres then skips the scan.`,
        range: wordsRange(s, ...added.words),
        step: step.id,
        severity: severityFor(context, name, 'error'),
        data: { placed, added, fallback },
      };
    }
  },
  fix: ({ data }, context) => checkFirst(context, data),
});

function addedPartition(s: StatementAnalysis): Added | undefined {
  const { node } = s.statement;
  if ('CreateStmt' in node) {
    if (!node.CreateStmt.partbound) return undefined;
    const [first] = node.CreateStmt.inhRelations ?? [];
    const range: RangeVar | undefined = first && 'RangeVar' in first ? first.RangeVar : undefined;
    const parent = tableOf(s.before, range);
    const { partbound: bound } = node.CreateStmt;
    const name = 'CREATE TABLE … PARTITION OF';
    return parent && { parent, bound, words: ['PARTITION', 'OF'], name, locked: 'the whole table' };
  }
  const partition = partitionCommand(s, 'AT_AttachPartition');
  const parent = partition && tableOf(s.before, alterTable(s)?.relation);
  const words = ['ATTACH', 'PARTITION'];
  return (
    parent && {
      parent,
      bound: partition?.bound,
      words,
      name: words.join(' '),
      locked: 'the default partition',
    }
  );
}

function defaultOf(s: StatementAnalysis, parent: Table): Table | undefined {
  for (const child of childrenOf(s.before, relationKey(parent.name)))
    if (child.isDefaultPartition) return child;
  return undefined;
}

function checkFirst(context: RuleContext, { placed, added, fallback }: Data): readonly Fix[] {
  const bounds = boundsOf(placed.s.statement, added.parent.partitionKey, added.bound);
  if (!bounds || placed.part === 'rollback' || isInWrittenTransaction(placed)) return [];
  const proof = proofAround(fallback, 'excludes', bounds.outside, 'of the new partition');
  const edits = aroundStatement(context, placed, proof);
  return edits ? [{ title: 'Rule those rows out with a CHECK first (safe steps)', edits, safe: true }] : [];
}
