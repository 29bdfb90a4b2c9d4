import type { PartitionCmd } from '@pgsql/types';
import { tableOf } from '../../schema/lookup.ts';
import type { Table } from '../../schema/model.ts';
import { nameOfRangeVar, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { settle, severityFor, withFigures } from '../figures.ts';
import type { Fix, RuleContext } from '../model.ts';
import { aroundStatement } from '../new-steps.ts';
import {
  alterTable,
  isInWrittenTransaction,
  type PlacedStatement,
  sqlStatements,
  tokenRange,
} from '../statements.ts';
import { boundsOf, proofAround } from './partition-bounds.ts';
import { partitionCommand } from './partition-command.ts';

interface Data {
  readonly placed: PlacedStatement;
  readonly partition: PartitionCmd;
  readonly child: Table | undefined;
}

/** ATTACH PARTITION that looks at each row of the new partition. */
export const attachPartitionScans = defineRule<Data>({
  id: 'attach-partition-scans',
  title: 'A table is read in full while it becomes a partition',
  severity: 'warning',
  eachStep: true,
  concerns: ['AT_AttachPartition'],
  docs: {
    problem: `\`ATTACH PARTITION\` looks at every row of the new partition to see that it is within the bounds, and builds the indexes
that the partitioned table has and the partition lacks. All the while the partition is locked in ACCESS EXCLUSIVE: nobody can read
or write it. (The partitioned table itself can be used; a default partition cannot, which is a rule of its own.)`,
    solution: `Give the table a CHECK that says the same as the bounds, and NOT NULL for the key: add it \`NOT VALID\`, \`VALIDATE\` it,
which holds up nobody, then attach. Postgres sees that the CHECK proves the bounds and skips the scan. Build the missing indexes
concurrently before: an index that matches is taken over.`,
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
CREATE TABLE events_2024 (id bigint, day date NOT NULL);`,
        steps: `- step: The events of 2024 come in
  sql: ALTER TABLE events ATTACH PARTITION events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
  rollback: ALTER TABLE events DETACH PARTITION events_2024;
`,
        finds: 'events_2024',
        fixed: `- step: "events_2024: no new row out of bounds"
  sql: ALTER TABLE events_2024 ADD CONSTRAINT events_2024_bounds CHECK (day IS NOT NULL AND day >= '2024-01-01' AND day < '2025-01-01') NOT VALID;
  rollback: ALTER TABLE events_2024 DROP CONSTRAINT events_2024_bounds;
- step: "events_2024: no old row out of bounds either"
  sql: ALTER TABLE events_2024 VALIDATE CONSTRAINT events_2024_bounds;
  rollback:
    not_needed: dropping events_2024_bounds undoes it
- step: The events of 2024 come in
  sql: ALTER TABLE events ATTACH PARTITION events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
  rollback: ALTER TABLE events DETACH PARTITION events_2024;
- step: "events_2024: drop the check that the bounds replace"
  sql: ALTER TABLE events_2024 DROP CONSTRAINT events_2024_bounds;
  rollback:
    - sql: ALTER TABLE events_2024 ADD CONSTRAINT events_2024_bounds CHECK (day IS NOT NULL AND day >= '2024-01-01' AND day < '2025-01-01') NOT VALID;
    - sql: ALTER TABLE events_2024 VALIDATE CONSTRAINT events_2024_bounds;
`,
      },
    ],
    good: [
      {
        schema: `CREATE TABLE events (id bigint, day date NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE events_2024 (id bigint, day date NOT NULL);`,
        steps: `- step: New rows are of 2024
  sql: |
    ALTER TABLE events_2024 ADD CONSTRAINT of_2024
      CHECK (day >= '2024-01-01' AND day < '2025-01-01') NOT VALID;
  rollback: ALTER TABLE events_2024 DROP CONSTRAINT of_2024;
- step: Old rows too
  sql: ALTER TABLE events_2024 VALIDATE CONSTRAINT of_2024;
  rollback: { not_needed: dropping of_2024 undoes it }
- step: The events of 2024 come in
  sql: ALTER TABLE events ATTACH PARTITION events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
  rollback:
    transaction: false
    sql: |
      SET lock_timeout = 0;
      ALTER TABLE events DETACH PARTITION events_2024 CONCURRENTLY;
- step: The bounds say it now
  sql: ALTER TABLE events_2024 DROP CONSTRAINT of_2024;
  rollback:
    - sql: |
        ALTER TABLE events_2024 ADD CONSTRAINT of_2024
          CHECK (day >= '2024-01-01' AND day < '2025-01-01') NOT VALID;
    - sql: ALTER TABLE events_2024 VALIDATE CONSTRAINT of_2024;
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { s, step } = placed;
      const partition = partitionCommand(s, 'AT_AttachPartition');
      if (!partition?.name) continue;
      const child = tableOf(s.before, partition.name);
      // What the plan made and filled itself nobody else uses yet.
      if (child?.madeByPlan || child?.partitioned) continue;
      const name = writeName(nameOfRangeVar(partition.name));
      const scan = s.effects.scans.find(({ reason }) => reason.includes('bounds of the partition'));
      const open = s.effects.unknown.find(({ may }) => may === 'scan');
      if (!scan && !open) continue;
      const builds = s.effects.builds.length > 0 ? ' and builds the indexes it lacks' : '';
      const table = scan?.relation ?? name;
      yield {
        message: scan
          ? `ATTACH PARTITION reads all of ${withFigures(context, table, s)} to see that its rows are within the bounds${builds}, while it is locked in ACCESS EXCLUSIVE: every read and write of ${table} waits until that is done. Give it a CHECK of the bounds, NOT VALID, and validate that first: Postgres then skips the scan.`
          : `ATTACH PARTITION reads all of ${withFigures(context, table, s)} under ACCESS EXCLUSIVE, unless a valid CHECK already says that its rows are within the bounds: every read and write of ${table} waits meanwhile. ${open ? settle(context, open) : ''}`,
        range: tokenRange(s, partition.name.location),
        step: step.id,
        severity: severityFor(context, table, 'warning'),
        data: { placed, partition, child },
      };
    }
  },
  fix: ({ data }, context) => checkFirst(context, data),
});

function checkFirst(context: RuleContext, { placed, partition, child }: Data): readonly Fix[] {
  const parent = tableOf(placed.s.before, alterTable(placed.s)?.relation);
  const bounds = boundsOf(placed.s.statement, parent?.partitionKey, partition.bound);
  if (!child || !bounds || placed.part === 'rollback' || isInWrittenTransaction(placed)) return [];
  const proof = proofAround(child, 'bounds', bounds.inside, 'out of bounds');
  const edits = aroundStatement(context, placed, proof);
  return edits ? [{ title: 'Prove the bounds with a CHECK first (safe steps)', edits, safe: true }] : [];
}
