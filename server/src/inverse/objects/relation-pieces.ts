import { viewsOf } from '../../schema/lookup.ts';
import type {
  Policy,
  QualifiedName,
  Relation,
  Rule,
  Schema,
  Sequence,
  Table,
  Trigger,
  View,
} from '../../schema/model.ts';
import { rulesOf } from '../../schema/rules.ts';
import { triggersOf } from '../../schema/triggers.ts';
import { quoteIdentifier } from '../../sql/names.ts';
import { plainPrivileges } from './defaults.ts';
import { changedKeys, isReady, type ObjectPiece, type Work } from './pieces.ts';
import { nameIn } from './source.ts';
import { policyExpression, roleText, writePolicy, writeRule, writeTrigger } from './write-trigger.ts';
import { alterSequence, ownedByText, writeSequence } from './write-type.ts';
import { setting, writeView } from './write-view.ts';

/** Views, sequences, and the triggers, rules and policies of tables and views. */
export function relationPieces(work: Work): readonly ObjectPiece[] {
  const { before, now } = work;
  return changedKeys(before.relations, now.relations).flatMap((key) => {
    const [was, is] = [before.relations.get(key), now.relations.get(key)];
    const view = asView(was) || asView(is) ? viewPieces(work, key, asView(was), asView(is)) : [];
    const sequence =
      asSequence(was) || asSequence(is) ? sequencePieces(work, asSequence(was), asSequence(is)) : [];
    const parts = was && is && hasParts(was) && hasParts(is) ? partPieces(work, was, is) : [];
    return [...view, ...sequence, ...parts];
  });
}

function asView(one: Relation | undefined): View | undefined {
  return one?.kind === 'view' || one?.kind === 'materialized view' ? one : undefined;
}

function asSequence(one: Relation | undefined): Sequence | undefined {
  return one?.kind === 'sequence' ? one : undefined;
}

function hasParts(one: Relation): one is Table | View {
  return one.kind === 'table' || one.kind === 'view';
}

function viewWord({ kind }: View): string {
  return kind === 'view' ? 'VIEW' : 'MATERIALIZED VIEW';
}

function viewPieces(
  work: Work,
  key: string,
  was: View | undefined,
  is: View | undefined,
): readonly ObjectPiece[] {
  const { now, old, current } = work;
  if (was && is && was.kind === is.kind) {
    if (sameView(work, was, is)) return viewSettings(work, was, is);
    const replaced =
      is.kind === 'view' && isPrefix(is, was) ? writeView(old, was, { orReplace: true }) : undefined;
    if (replaced !== undefined)
      return isReady(work, was.dependsOn) ? [{ stage: 'make views', sql: replaced }] : [];
    if (writeView(old, was) === undefined) return [];
  }
  if (is) {
    const readers = [...viewsOf(now, key)];
    if (readers.length > 0) return readers.flatMap((one) => dropView(now, current, one));
    return dropView(now, current, is);
  }
  const sql =
    was &&
    isReady(work, was.dependsOn) &&
    was.reads.every((one) => !work.before.relations.has(one) || now.relations.has(one))
      ? writeView(old, was)
      : undefined;
  if (!was || sql === undefined) return [];
  const plain = plainPrivileges(work.before, 'table', was.name.schema, `TABLE ${nameIn(old, was.name)}`);
  return [sql, ...plain].map((one) => ({ stage: 'make views', sql: one }));
}

function dropView(now: Schema, current: Work['current'], view: View): readonly ObjectPiece[] {
  if ([...viewsOf(now, `${nameKey(view.name)}`)].length > 0) return [];
  const name = view.name.schema === 'pg_temp' ? quoteIdentifier(view.name.name) : nameIn(current, view.name);
  return [{ stage: 'release', sql: `DROP ${viewWord(view)} ${name}` }];
}

function nameKey({ schema, name }: QualifiedName): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

/** Whether the queries, written out, are the same. */
export function sameView(work: Work, was: View, is: View): boolean {
  const bare = ({ options: _, unpopulated: __, ...one }: View): View => one;
  const [one, other] = [writeView(work.old, bare(was)), writeView(work.current, bare(is))];
  if (one === undefined && other === undefined)
    return was.source?.text === is.source?.text && was.source?.renames === is.source?.renames;
  return one === other && columnNames(was) === columnNames(is);
}

function columnNames({ columns }: View): string {
  return JSON.stringify(columns?.map(({ name }) => name));
}

/** CREATE OR REPLACE can add columns behind, and take none away. */
function isPrefix(is: View, was: View): boolean {
  return (
    is.columns !== undefined &&
    was.columns !== undefined &&
    is.columns.length <= was.columns.length &&
    is.columns.every(({ name, type }, at) => {
      const other = was.columns?.[at];
      return other?.name === name && (type === other.type || type === undefined || other.type === undefined);
    })
  );
}

function viewSettings({ old }: Work, was: View, is: View): readonly ObjectPiece[] {
  const sql: string[] = [];
  const alter = `ALTER ${viewWord(was)} ${nameIn(old, was.name)}`;
  const [there, wanted] = [is.options ?? {}, was.options ?? {}];
  const set = Object.entries(wanted).filter(([name, value]) => there[name] !== value);
  const reset = Object.keys(there).filter((name) => !(name in wanted));
  if (set.length > 0)
    sql.push(`${alter} SET (${set.map(([name, value]) => `${name} = ${setting(value)}`).join(', ')})`);
  if (reset.length > 0) sql.push(`${alter} RESET (${reset.join(', ')})`);
  for (const column of was.columns ?? []) {
    const other = is.columns?.find(({ name }) => name === column.name);
    if (!other || other.default === column.default) continue;
    const change = column.default === undefined ? 'DROP DEFAULT' : `SET DEFAULT ${column.default}`;
    sql.push(`${alter} ALTER COLUMN ${quoteIdentifier(column.name)} ${change}`);
  }
  if (was.clusteredOn !== is.clusteredOn)
    sql.push(
      `${alter} ${was.clusteredOn === undefined ? 'SET WITHOUT CLUSTER' : `CLUSTER ON ${quoteIdentifier(was.clusteredOn)}`}`,
    );
  if (was.kind === 'materialized view') {
    if (was.unpopulated !== is.unpopulated)
      sql.push(`REFRESH MATERIALIZED VIEW ${nameIn(old, was.name)}${was.unpopulated ? ' WITH NO DATA' : ''}`);
    const [before, after] = [was.storage?.method ?? 'heap', is.storage?.method ?? 'heap'];
    if (before !== after) sql.push(`${alter} SET ACCESS METHOD ${quoteIdentifier(before)}`);
    const [place, other] = [was.storage?.tablespace, is.storage?.tablespace];
    if (place !== other) sql.push(`${alter} SET TABLESPACE ${quoteIdentifier(place ?? 'pg_default')}`);
  }
  return sql.map((one) => ({ stage: 'make views', sql: one }));
}

function sequencePieces(
  work: Work,
  was: Sequence | undefined,
  is: Sequence | undefined,
): readonly ObjectPiece[] {
  const { old, current } = work;
  if (!was && is) {
    // One that a column made goes with that.
    const owned = is.ownedBy && !work.before.relations.has(is.ownedBy.table);
    const name = is.name.schema === 'pg_temp' ? quoteIdentifier(is.name.name) : nameIn(current, is.name);
    return owned ? [] : [{ stage: 'drop objects', sql: `DROP SEQUENCE ${name}` }];
  }
  if (!was) return [];
  const owner = was.ownedBy;
  const ownerReady = !owner || hasColumn(work.now, owner.table, owner.column);
  if (!is) {
    const sql = isIdentity(work.before, was) ? undefined : writeSequence(old, was);
    if (sql === undefined) return [];
    // Only of one that no table owns yet can the owner be changed.
    const subject = `ALTER SEQUENCE ${nameIn(old, was.name)}`;
    const plain = plainPrivileges(
      work.before,
      'sequence',
      was.name.schema,
      `SEQUENCE ${nameIn(old, was.name)}`,
    );
    const all = [
      sql,
      ...plain,
      ...(was.owner === undefined ? [] : [`${subject} OWNER TO ${roleText(was.owner)}`]),
    ];
    return all.map((one) => ({ stage: 'make sequences', sql: one }));
  }
  const sql: string[] = [];
  const altered = alterSequence(old, is, was);
  if (altered !== undefined) sql.push(altered);
  if (
    `${was.ownedBy?.table} ${was.ownedBy?.column}` !== `${is.ownedBy?.table} ${is.ownedBy?.column}` &&
    ownerReady
  )
    sql.push(`ALTER SEQUENCE ${nameIn(old, was.name)} ${ownedByText(old, was)}`);
  if (was.persistence !== is.persistence)
    sql.push(
      `ALTER SEQUENCE ${nameIn(old, was.name)} SET ${was.persistence === 'unlogged' ? 'UNLOGGED' : 'LOGGED'}`,
    );
  return sql.map((one) => ({ stage: 'make objects', sql: one }));
}

function hasColumn({ relations }: Schema, key: string, column: string): boolean {
  const table = relations.get(key);
  return table?.kind === 'table' && table.columns.some(({ name }) => name === column);
}

function isIdentity({ relations }: Schema, { ownedBy }: Sequence): boolean {
  const table = ownedBy && relations.get(ownedBy.table);
  return (
    table?.kind === 'table' &&
    table.columns.some((one) => one.name === ownedBy?.column && one.identity !== undefined)
  );
}

type Parts = Table | View;

function partPieces(work: Work, was: Parts, is: Parts): readonly ObjectPiece[] {
  return [
    ...systemTriggerPieces(work, was, is),
    ...triggerPieces(work, was, is),
    ...rulePieces(work, was, is),
    ...policyPieces(work, was, is),
  ];
}

/** The triggers behind foreign keys are named by ALL alone, which sets all others too. */
function systemTriggerPieces({ old }: Work, was: Parts, is: Parts): readonly ObjectPiece[] {
  if (was.kind !== 'table' || is.kind !== 'table' || was.systemTriggers === is.systemTriggers) return [];
  const word = was.systemTriggers === 'disabled' ? 'DISABLE' : 'ENABLE';
  return [{ stage: 'make objects', sql: `ALTER TABLE ONLY ${nameIn(old, was.name)} ${word} TRIGGER ALL` }];
}

function allTriggers(one: Parts): readonly Trigger[] {
  return one.kind === 'table' ? triggersOf(one) : (one.triggerDefinitions ?? []);
}

function triggerPieces(work: Work, was: Parts, is: Parts): readonly ObjectPiece[] {
  const pieces: ObjectPiece[] = [];
  const [before, now] = [allTriggers(was), allTriggers(is)];
  const table = nameIn(work.old, was.name);
  for (const one of now) {
    const old = before.find(({ name }) => name === one.name);
    if (one.ofParent || (old && sameTrigger(work, was, old, one))) continue;
    if (old && writeTrigger(work.old, was.name, old) === undefined) continue;
    pieces.push({ stage: 'release', sql: `DROP TRIGGER ${quoteIdentifier(one.name)} ON ${table}` });
  }
  for (const one of before) {
    const other = now.find(({ name }) => name === one.name);
    if (!other && !one.ofParent) {
      const sql = isReady(work, one.dependsOn) ? writeTrigger(work.old, was.name, one) : undefined;
      if (sql !== undefined) pieces.push({ stage: 'make triggers', sql });
    } else if (other && other.state !== one.state && sameTrigger(work, was, one, other)) {
      const word =
        one.state === undefined
          ? 'ENABLE'
          : one.state === 'disabled'
            ? 'DISABLE'
            : `ENABLE ${one.state.toUpperCase()}`;
      pieces.push({
        stage: 'describe',
        sql: `ALTER TABLE ONLY ${table} ${word} TRIGGER ${quoteIdentifier(one.name)}`,
      });
    }
  }
  return pieces;
}

export function sameTrigger(work: Work, { name }: Parts, was: Trigger, is: Trigger): boolean {
  if (was.definition === is.definition) return true;
  return writeTrigger(work.old, name, was) === writeTrigger(work.current, name, is);
}

function rulePieces(work: Work, was: Parts, is: Parts): readonly ObjectPiece[] {
  const pieces: ObjectPiece[] = [];
  const [before, now] = [rulesOf(was), rulesOf(is)];
  const relation = nameIn(work.old, was.name);
  for (const one of now) {
    if (before.some(({ name }) => name === one.name)) continue;
    pieces.push({ stage: 'release', sql: `DROP RULE ${quoteIdentifier(one.name)} ON ${relation}` });
  }
  for (const one of before) {
    const other = now.find(({ name }) => name === one.name);
    if (!other || !sameRule(work, was, one, other)) {
      const sql = isReady(work, one.dependsOn)
        ? writeRule(work.old, was.name, one, { orReplace: other !== undefined })
        : undefined;
      if (sql !== undefined) pieces.push({ stage: 'make triggers', sql });
      continue;
    }
    const [state, stateNow] = [stateOf(was, one), stateOf(is, one)];
    if (state === stateNow) continue;
    const word =
      state === undefined ? 'ENABLE' : state === 'disabled' ? 'DISABLE' : `ENABLE ${state.toUpperCase()}`;
    pieces.push({
      stage: 'describe',
      sql: `ALTER TABLE ${relation} ${word} RULE ${quoteIdentifier(one.name)}`,
    });
  }
  return pieces;
}

function stateOf(one: Parts, { name }: Rule): string | undefined {
  return one.kind === 'table' ? one.ruleStates?.[name] : undefined;
}

export function sameRule(work: Work, { name }: Parts, was: Rule, is: Rule): boolean {
  if (was.definition === is.definition) return true;
  return writeRule(work.old, name, was) === writeRule(work.current, name, is);
}

function policyPieces(work: Work, was: Parts, is: Parts): readonly ObjectPiece[] {
  if (was.kind !== 'table' || is.kind !== 'table') return [];
  const pieces: ObjectPiece[] = [];
  const [before, now] = [was.policies ?? [], is.policies ?? []];
  const table = nameIn(work.old, was.name);
  const drop = (name: string): ObjectPiece => ({
    stage: 'release',
    sql: `DROP POLICY ${quoteIdentifier(name)} ON ${table}`,
  });
  for (const one of now) if (!before.some(({ name }) => name === one.name)) pieces.push(drop(one.name));
  for (const one of before) {
    const other = now.find(({ name }) => name === one.name);
    const sql = writePolicy(work.old, was.name, one);
    if (
      sql === undefined ||
      !isReady(work, [...(one.using?.dependsOn ?? []), ...(one.check?.dependsOn ?? [])])
    )
      continue;
    if (!other) pieces.push({ stage: 'make triggers', sql });
    else if (!samePolicy(work, was, one, other)) {
      const altered = alterPolicy(work, was, one, other);
      pieces.push(altered === undefined ? drop(one.name) : { stage: 'make triggers', sql: altered });
    }
  }
  return pieces;
}

export function samePolicy(work: Work, { name }: Parts, was: Policy, is: Policy): boolean {
  return was === is || writePolicy(work.old, name, was) === writePolicy(work.current, name, is);
}

/** ALTER POLICY cannot take an expression away, nor change what the policy is for. */
function alterPolicy(work: Work, { name }: Parts, was: Policy, is: Policy): string | undefined {
  if (was.command !== is.command || was.restrictive !== is.restrictive) return undefined;
  if ((is.using && !was.using) || (is.check && !was.check)) return undefined;
  const using = policyExpression(work.old, name, was.using, 'using');
  const check = policyExpression(work.old, name, was.check, 'check');
  const words = [
    `ALTER POLICY ${quoteIdentifier(was.name)} ON ${nameIn(work.old, name)}`,
    `TO ${(was.roles ?? [undefined]).map(roleText).join(', ')}`,
    using ? `USING (${using})` : '',
    check ? `WITH CHECK (${check})` : '',
  ];
  return words.filter((word) => word !== '').join(' ');
}
