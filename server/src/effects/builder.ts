import { isUnshared } from '../schema/exposure.ts';
import { displayName, findRelation } from '../schema/lookup.ts';
import type { Index, Relation, Schema } from '../schema/model.ts';
import type { Statement } from '../sql/model.ts';
import { type ObjectName, writeName } from '../sql/names.ts';
import {
  type EffectClass,
  type Effects,
  type LockMode,
  lockModes,
  type RefusedName,
  type RelationWork,
  type RowWork,
  type UnknownFact,
} from './model.ts';

export interface EffectsContext {
  /** The production server's major version. */
  readonly pgVersion: number;
  readonly inTransaction?: boolean;
  /** The session's TimeZone, which decides whether timestamptz to timestamp rewrites. */
  readonly timeZone?: string;
  /** How many bodies of code the statement stands in. */
  readonly depth?: number;
}

/** The statement, what it meets, and where its effects are gathered. */
export interface Task extends Gathered {
  readonly statement: Statement;
  readonly schema: Schema;
  readonly context: EffectsContext;
  /** ALTER TABLE ONLY: partitions and heirs stay out of it. */
  readonly only: boolean;
  /** The lock that an ALTER TABLE takes as a whole, on heirs too. */
  readonly mode: LockMode;
  /** What another statement does, which this one runs. */
  readonly effectsOf: EffectsOf;
  /** The schema before the statement; within an ALTER TABLE `schema` moves on with each subcommand. */
  readonly original: Schema;
}

/** `effectsOf`, handed on since it describes every kind of statement. */
export type EffectsOf = (statement: Statement, before: Schema, context: EffectsContext) => Effects;

/** Adds to a task what one kind of statement does. */
export type Describe<Fields> = (task: Task, fields: Fields) => void;

export const baselineRemedy = 'name the baseline DDL under database.schema';

interface UnknownOptions {
  /** How to settle it; the baseline does where absent. */
  readonly remedy?: string;
  /** Whether the class hangs on it; true where absent. */
  readonly decides?: boolean;
  readonly may?: 'scan' | 'rewrite';
  readonly refused?: RefusedName;
  /** Whether locks hang on it. */
  readonly locks?: boolean;
}

interface Gathered {
  /** A lock by name; gives the relation where the schema holds it. A missing one is an unknown fact. */
  lockName(name: ObjectName, mode: LockMode, missingOk?: boolean): Relation | undefined;
  lock(relation: Relation, mode: LockMode): void;
  /** A lock on a relation known by key alone; nothing where the schema does not hold it. */
  lockKey(key: string, mode: LockMode): void;
  /** The locks that are added meanwhile hang on the rows that the statement meets. */
  perhaps(add: () => void): void;
  /** Which subcommand of an ALTER TABLE the work from here on belongs to. */
  beginCommand(command: number): void;
  /** Nothing for a relation that is still empty. */
  rewrite(relation: Relation, reason: string): void;
  scan(relation: Relation, reason: string, each?: RowWork): void;
  /** Rows are looked up in it, by an index or by reading it in full, as the planner likes. */
  lookup(relation: Relation, reason: string): void;
  /** The statement fails where the table holds a row. */
  refuse(relation: Relation, reason: string): void;
  /** An index built on the table's rows. */
  build(relation: Relation, reason: string, method?: string): void;
  /** A fact the schema does not hold. With `decides` it may change the class. */
  unknown(fact: string, options?: UnknownOptions): void;
  notTransactional(): void;
  /** All that another statement does, which this one runs. */
  include(effects: Effects): void;
  /** Whether nothing is in `effects` that is not gathered yet. */
  includes(effects: Effects): boolean;
  finish(): Effects;
}

export function createTask(
  statement: Statement,
  schema: Schema,
  context: EffectsContext,
  effectsOf: EffectsOf,
): Task {
  return {
    statement,
    schema,
    context,
    effectsOf,
    only: false,
    mode: 'AccessShareLock',
    original: schema,
    ...gather(schema),
  };
}

interface Held {
  readonly mode: LockMode;
  readonly isNew: boolean;
  readonly maybe: boolean;
}

function gather(schema: Schema): Gathered {
  const locks = new Map<string, Held>();
  const rewrites = new Map<string, RelationWork & { readonly isIndex: boolean }>();
  const scans = new Map<string, RelationWork>();
  const builds: RelationWork[] = [];
  const lookups = new Map<string, RelationWork>();
  const refusals: RelationWork[] = [];
  const unshared = new Map<string, UnsharedWork>();
  const unknown = new Map<string, UnknownFact>();
  let decided = true;
  let command: number | undefined;
  let transactional = true;
  let maybe = false;

  const addLock = (relation: string, mode: LockMode, isNew: boolean, unsure = maybe) => {
    const held = locks.get(relation);
    const weaker = held !== undefined && lockModes.indexOf(mode) < lockModes.indexOf(held.mode);
    if (weaker || (held?.mode === mode && !held.maybe)) return;
    locks.set(relation, { mode, isNew, maybe: unsure });
  };
  const show = (relation: Relation) => displayName(schema, relation.name);

  const work = (relation: Relation, reason: string): RelationWork => {
    if (relation.kind === 'index')
      return { relation: show(relation), reason, ...tableOfIndex(relation), ...methodOf(relation.method) };
    return { relation: show(relation), reason, ...(command === undefined ? {} : { command }) };
  };
  const tableOfIndex = (index: Index) => {
    const table = schema.relations.get(index.table);
    return table ? { indexOf: show(table) } : {};
  };

  /** Whether no one waits for the work: there is none on a relation that is empty. */
  const isSetApart = (relation: Relation, one: RelationWork, kind: UnsharedWork['work']): boolean => {
    if (relation.empty) return true;
    if (!isUnshared(schema, relation)) return false;
    unshared.set([kind, one.relation, one.each].join(' '), { ...one, work: kind });
    return true;
  };

  const gathered: Gathered = {
    perhaps(add) {
      const outside = maybe;
      maybe = true;
      add();
      maybe = outside;
    },
    beginCommand(at) {
      command = at;
    },
    lockName(name, mode, missingOk = false) {
      const relation = findRelation(schema, name);
      if (relation) gathered.lock(relation, mode);
      else if (!schema.complete) addLock(assumedName(schema, name), mode, false);
      else if (!missingOk) {
        gathered.unknown(`${writeName(name)} does not exist when this statement runs`, {
          remedy: 'correct the name, or add the relation to the baseline DDL under database.schema',
          refused: { name: name.name, because: 'missing' },
        });
      }
      return relation;
    },
    lock: (relation, mode) => addLock(show(relation), mode, relation.empty || isUnshared(schema, relation)),
    lockKey(key, mode) {
      const relation = schema.relations.get(key);
      if (relation) gathered.lock(relation, mode);
      else if (!schema.complete)
        addLock(key.replace(new RegExp(`^${schema.searchPath[0] ?? 'public'}\\.`), ''), mode, false);
    },
    rewrite(relation, reason) {
      if (isSetApart(relation, work(relation, reason), 'rewrite')) return;
      const first = rewrites.get(show(relation));
      if (!first)
        rewrites.set(show(relation), { ...work(relation, reason), isIndex: relation.kind === 'index' });
      else if (
        command !== undefined &&
        ![first, ...(first.others ?? [])].some((one) => one.command === command)
      )
        rewrites.set(show(relation), { ...first, others: [...(first.others ?? []), { command, reason }] });
    },
    scan(relation, reason, each) {
      // Each subcommand that reads the table is told, so that what is left when one of them goes was told before.
      const key = [show(relation), command, each].join(' ');
      const one = {
        ...work(relation, reason),
        ...(each ? { each } : {}),
        ...(maybe ? { maybe: true as const } : {}),
      };
      if (!isSetApart(relation, one, 'scan') && !scans.has(key)) scans.set(key, one);
    },
    lookup(relation, reason) {
      if (!relation.empty) lookups.set(show(relation), work(relation, reason));
    },
    refuse(relation, reason) {
      if (!relation.empty) refusals.push(work(relation, reason));
    },
    build(relation, reason, method) {
      const one = { ...work(relation, reason), ...methodOf(method) };
      if (!isSetApart(relation, one, 'build')) builds.push(one);
    },
    unknown(fact, { remedy = baselineRemedy, decides = true, may, refused, locks: lockedToo } = {}) {
      const at = command === undefined ? {} : { command };
      const told = may || refused !== undefined ? at : {};
      unknown.set(fact, {
        fact,
        remedy,
        ...(may ? { may } : {}),
        ...(lockedToo ? { locks: true } : {}),
        ...(refused === undefined ? {} : { refused }),
        ...told,
      });
      if (decides) decided = false;
    },
    notTransactional() {
      transactional = false;
    },
    include(effects) {
      for (const one of effects.locks)
        addLock(one.relation, one.mode, one.isNew, maybe || one.maybe === true);
      // An index that is written anew with its table stands after it.
      const tables = effects.class === 'rewrite' ? 1 : 0;
      for (const [i, one] of effects.rewrites.entries())
        if (!rewrites.has(one.relation)) rewrites.set(one.relation, { ...one, isIndex: i >= tables });
      for (const one of effects.scans) if (!scans.has(one.relation)) scans.set(one.relation, one);
      builds.push(...effects.builds);
      for (const one of effects.lookups ?? []) lookups.set(one.relation, one);
      for (const one of effects.unshared ?? [])
        unshared.set([one.work, one.relation, one.each].join(' '), one);
      for (const one of effects.unknown) unknown.set(one.fact, one);
      if (effects.class === 'unknown') decided = false;
      if (!effects.transactional) transactional = false;
    },
    includes({ locks: others, rewrites: written, scans: read, builds: built, unknown: facts }) {
      return (
        written.length + read.length + built.length + facts.length === 0 &&
        others.every(({ relation, mode }) => {
          const held = locks.get(relation);
          return held !== undefined && lockModes.indexOf(held.mode) >= lockModes.indexOf(mode);
        })
      );
    },
    finish() {
      const rewritten = [...rewrites.values()];
      const apart = [...unshared.values()];
      return {
        class: classOf({ rewritten, builds, scans: scans.size, apart, decided }),
        locks: [...locks].map(([relation, held]) => ({
          relation,
          mode: held.mode,
          isNew: held.isNew,
          ...(held.maybe ? { maybe: true } : {}),
        })),
        rewrites: rewritten.map(({ isIndex: _, ...rest }) => rest),
        scans: [...scans.values()],
        builds,
        ...(lookups.size > 0 ? { lookups: [...lookups.values()] } : {}),
        ...(refusals.length > 0 ? { refusals } : {}),
        ...(apart.length > 0 ? { unshared: apart } : {}),
        unknown: [...unknown.values()],
        transactional,
      };
    },
  };
  return gathered;
}

function methodOf(method: string | undefined): Pick<RelationWork, 'method'> {
  return method === undefined || method === 'btree' ? {} : { method };
}

type UnsharedWork = NonNullable<Effects['unshared']>[number];

function classOf({
  rewritten,
  builds,
  scans,
  apart,
  decided,
}: {
  readonly rewritten: readonly { readonly isIndex: boolean }[];
  readonly builds: readonly RelationWork[];
  readonly scans: number;
  readonly apart: readonly UnsharedWork[];
  readonly decided: boolean;
}): EffectClass {
  const isApart = (kind: UnsharedWork['work']) => apart.some(({ work }) => work === kind);
  const isTableApart = apart.some(({ work, indexOf }) => work === 'rewrite' && indexOf === undefined);
  if (isTableApart || rewritten.some(({ isIndex }) => !isIndex)) return 'rewrite';
  if (!decided) return 'unknown';
  if (builds.length > 0 || rewritten.length > 0 || isApart('build') || isApart('rewrite')) return 'build';
  return scans > 0 || isApart('scan') ? 'scan' : 'instant';
}

/** As regclass would print it, supposing that the search path finds it. */
function assumedName(schema: Schema, name: ObjectName): string {
  const visible = name.schema !== undefined && schema.searchPath.includes(name.schema);
  return writeName(visible ? { schema: undefined, name: name.name } : name);
}
