import type {
  ClusterStmt,
  LockStmt,
  Node,
  RangeVar,
  RefreshMatViewStmt,
  TruncateStmt,
  VacuumStmt,
} from '@pgsql/types';
import { referencesTo, relationKey } from '../schema/lookup.ts';
import type { Relation, Table } from '../schema/model.ts';
import type { Describe, Task } from './builder.ts';
import { isFalse } from './index.ts';
import { type LockMode, lockModes } from './model.ts';
import { judgeReading } from './query.ts';
import { familyOf, lockOwned, lockRange, rewriteTable, unknownTable } from './relations.ts';

export const vacuum: Describe<VacuumStmt> = (task, { is_vacuumcmd, options = [], rels = [] }) => {
  const full = hasOption(options, 'full');
  if (is_vacuumcmd) task.notTransactional();
  for (const node of rels) {
    const range = 'VacuumRelation' in node ? node.VacuumRelation.relation : undefined;
    const mode: LockMode = full ? 'AccessExclusiveLock' : 'ShareUpdateExclusiveLock';
    const relation = lockRange(task, range, mode) ?? supposedTable(task, range);
    if (relation?.kind === 'materialized view' && is_vacuumcmd) vacuumOne(task, relation, options);
    if (relation?.kind !== 'table') continue;
    // Since 18 heirs are worked through like partitions; before, ANALYZE reads them for the parent's statistics.
    const whole = relation.partitioned || task.context.pgVersion >= 18;
    const analyzes = !is_vacuumcmd || hasOption(options, 'analyze');
    const reached = range?.inh === true && (whole || analyzes);
    for (const one of reached ? familyOf(task, relation) : [relation]) {
      task.lock(one, whole || one === relation ? mode : 'AccessShareLock');
      const own = whole || one === relation;
      if (!one.partitioned && is_vacuumcmd && own) vacuumOne(task, one, options);
    }
    // The statistics of the whole are made from samples of its parts.
    if (relation.partitioned && !range?.inh && analyzes)
      for (const one of familyOf(task, relation).slice(1)) task.lock(one, 'AccessShareLock');
  }
  if (rels.length === 0 && !hasOption(options, 'only_database_stats')) {
    task.unknown('every table of the database is worked through', {
      remedy: 'name the tables',
      locks: true,
      ...(full ? { may: 'rewrite' } : {}),
    });
  }
};

function vacuumOne(task: Task, table: Relation, options: readonly Node[]): void {
  const main = options.find((node) => 'DefElem' in node && node.DefElem.defname === 'process_main');
  if (main && 'DefElem' in main && isFalse(main.DefElem.arg)) return;
  if (hasOption(options, 'full')) rewriteTable(task, table, 'VACUUM FULL packs its rows into a new file');
  else task.scan(table, 'VACUUM reads the pages that may hold dead rows');
}

function hasOption(options: readonly Node[], name: string): boolean {
  return options.some(
    (node) => 'DefElem' in node && node.DefElem.defname === name && !isFalse(node.DefElem.arg),
  );
}

export const cluster: Describe<ClusterStmt> = (task, { relation }) => {
  if (!relation) {
    task.notTransactional();
    task.unknown('every table that was clustered before is written anew', {
      remedy: 'name the table',
      locks: true,
      may: 'rewrite',
    });
    return;
  }
  const table = lockRange(task, relation, 'AccessExclusiveLock') ?? supposedTable(task, relation);
  const reason = 'CLUSTER sorts its rows into a new file';
  if (table?.kind === 'materialized view') rewriteTable(task, table, reason);
  if (table?.kind !== 'table') return;
  if (table.partitioned) task.notTransactional();
  for (const one of table.partitioned ? familyOf(task, table) : [table])
    if (!one.partitioned) {
      task.lock(one, 'AccessExclusiveLock');
      rewriteTable(task, one, reason);
    }
};

/** Where no baseline tells, the name is taken for a plain table's: nothing else is vacuumed or clustered. */
function supposedTable(task: Task, range: RangeVar | undefined): Table | undefined {
  return range && !task.schema.complete ? unknownTable(task, range) : undefined;
}

export const refresh: Describe<RefreshMatViewStmt> = (task, { relation, concurrent, skipData }) => {
  const mode: LockMode = concurrent ? 'ExclusiveLock' : 'AccessExclusiveLock';
  const view = lockRange(task, relation, mode);
  if (view?.kind !== 'materialized view') {
    if (!task.schema.complete) task.unknown('which tables its query reads');
    return;
  }
  if (!concurrent) lockOwned(task, relationKey(view.name), 'AccessExclusiveLock');
  if (skipData) return;
  const reason = 'its query is run again';
  if (concurrent) task.scan(view, 'the new result is compared with every row');
  else {
    task.rewrite(view, reason);
    for (const index of task.schema.relations.values()) {
      if (index.kind === 'index' && index.table === relationKey(view.name)) task.rewrite(index, reason);
    }
  }
  for (const key of view.reads) readForView(task, key);
  const query = view.query && 'SelectStmt' in view.query ? view.query.SelectStmt : undefined;
  if (query) judgeReading(task, query);
  else task.unknown('which tables its query reads in full', { decides: false });
};

function readForView(task: Task, key: string): void {
  const relation = task.schema.relations.get(key);
  task.lockKey(key, 'AccessShareLock');
  if (relation?.kind === 'view') for (const one of relation.reads) readForView(task, one);
}

/** Truncating swaps the files: it takes no time, but the locks of all that go with it. */
export const truncate: Describe<TruncateStmt> = (task, { relations = [], behavior, restart_seqs }) => {
  const done = new Set<string>();
  const empty = (table: Table) => {
    const key = relationKey(table.name);
    if (done.has(key)) return;
    done.add(key);
    task.lock(table, 'AccessExclusiveLock');
    for (const relation of task.schema.relations.values()) {
      const owned =
        relation.kind === 'index'
          ? relation.table === key
          : restart_seqs && relation.kind === 'sequence' && relation.ownedBy?.table === key;
      if (owned && !(relation.kind === 'index' && table.partitioned))
        task.lock(relation, 'AccessExclusiveLock');
    }
    if (behavior !== 'DROP_CASCADE') return;
    for (const one of table.partition ? [key, ...table.parents] : [key])
      for (const { table: other } of referencesTo(task.schema, one)) empty(other);
  };
  for (const node of relations) {
    const range: RangeVar | undefined = 'RangeVar' in node ? node.RangeVar : undefined;
    const relation = lockRange(task, range, 'AccessExclusiveLock');
    if (relation?.kind === 'table')
      for (const one of range?.inh ? familyOf(task, relation) : [relation]) empty(one);
    else if (!task.schema.complete && behavior === 'DROP_CASCADE') {
      task.unknown('which tables reference it and are emptied with it', { decides: false, locks: true });
    }
  }
};

export const lockTable: Describe<LockStmt> = (task, { relations = [], mode = 8 }) => {
  const wanted = lockModes[mode - 1] ?? 'AccessExclusiveLock';
  for (const node of relations) {
    const range = 'RangeVar' in node ? node.RangeVar : undefined;
    const relation = lockRange(task, range, wanted);
    if (relation) lockDeep(task, relation, wanted, range?.inh === true);
  }
};

/** Partitions and children are locked too, and what a view reads. */
function lockDeep(task: Task, relation: Relation, mode: LockMode, recurse: boolean): void {
  task.lock(relation, mode);
  if (relation.kind === 'table' && recurse) for (const one of familyOf(task, relation)) task.lock(one, mode);
  if (relation.kind !== 'view') return;
  for (const key of relation.reads) {
    const read = task.schema.relations.get(key);
    if (read) lockDeep(task, read, mode, true);
  }
}
