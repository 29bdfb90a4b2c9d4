import { overloadDependency } from '../../schema/dependencies.ts';
import { walk } from '../../schema/expressions.ts';
import { keyOf } from '../../schema/lookup.ts';
import type { Overload, UserFunction } from '../../schema/model.ts';
import { nameOfRangeVar } from '../../sql/names.ts';
import { plainPrivileges } from './defaults.ts';
import { changedKeys, isReady, type ObjectPiece, type Work } from './pieces.ts';
import { isReplaceable, routineText, writeFunction } from './write-function.ts';

/** Functions and procedures, each argument list by itself. */
export function functionPieces(work: Work): readonly ObjectPiece[] {
  const { before, now } = work;
  return changedKeys(before.functions, now.functions).flatMap((key) => {
    const [was, is] = [before.functions.get(key), now.functions.get(key)];
    const label = (one: Overload) => overloadDependency(key, one);
    const old = new Map((was?.overloads ?? []).map((one) => [label(one), one]));
    const current = new Map((is?.overloads ?? []).map((one) => [label(one), one]));
    return [...new Set([...old.keys(), ...current.keys()])].flatMap((one) =>
      overloadPieces(
        work,
        one,
        was && { entry: was, overload: old.get(one) },
        is && { entry: is, overload: current.get(one) },
      ),
    );
  });
}

interface Found {
  readonly entry: UserFunction;
  readonly overload: Overload | undefined;
}

function overloadPieces(
  work: Work,
  label: string,
  was: Found | undefined,
  is: Found | undefined,
): readonly ObjectPiece[] {
  const { old, current, now } = work;
  const drop = (): readonly ObjectPiece[] => {
    const routine = is?.overload && routineText(current, is.entry, is.overload);
    return routine === undefined || isNeeded(work, label)
      ? []
      : [{ stage: 'drop objects', sql: `DROP ${routine}` }];
  };
  if (!was?.overload) return drop();
  const making = (orReplace: boolean): readonly ObjectPiece[] => {
    const sql =
      was.overload && isReadyBody(work, was.overload)
        ? writeFunction(old, was.entry, was.overload, { orReplace })
        : undefined;
    const made = sql && !orReplace && routineText(old, was.entry, was.overload as Overload);
    const plain = made ? plainPrivileges(work.before, 'function', was.entry.name.schema, made) : [];
    return [...(sql ?? []), ...plain].map((one) => ({ stage: 'make functions', sql: one }));
  };
  if (!is?.overload) return making(false);
  if (sameFunction(work, was.entry, was.overload, is.entry, is.overload)) return [];
  if (isReplaceable(is.overload, was.overload)) return making(true);
  return writeFunction(old, was.entry, was.overload) && now ? drop() : [];
}

export function sameFunction(
  work: Work,
  entry: UserFunction,
  was: Overload,
  entryNow: UserFunction,
  is: Overload,
): boolean {
  if (was.source === is.source && was.altered === is.altered) return true;
  const [one, other] = [writeFunction(work.old, entry, was), writeFunction(work.current, entryNow, is)];
  return one !== undefined && other !== undefined && one.join('\n') === other.join('\n');
}

/** Whether something that is there now stands on the function. */
function isNeeded({ now }: Work, dependency: string): boolean {
  const on = (one: { readonly dependsOn?: readonly string[] } | undefined) =>
    one?.dependsOn?.includes(dependency) === true;
  for (const relation of now.relations.values()) {
    if (relation.kind === 'sequence') continue;
    if (relation.kind !== 'table') {
      if (on(relation)) return true;
      if (relation.kind === 'index') continue;
      if ((relation.triggerDefinitions ?? []).some(on) || (relation.ruleDefinitions ?? []).some(on))
        return true;
      continue;
    }
    const parts = [
      ...relation.columns,
      ...relation.constraints,
      ...(relation.triggerDefinitions ?? []),
      ...(relation.ruleDefinitions ?? []),
    ];
    if (parts.some(on) || (relation.policies ?? []).some(({ using, check }) => on(using) || on(check)))
      return true;
  }
  return [...now.types.values(), ...now.objects.values()].some(on);
}

/** A body in SQL is checked when the function is made: what it names has to be there. */
function isReadyBody(work: Work, overload: Overload): boolean {
  if (!isReady(work, overload.dependsOn)) return false;
  if (overload.language !== 'sql') return true;
  const { before, now } = work;
  for (const { statement } of overload.body?.()?.statements ?? []) {
    for (const [kind, fields] of walk(statement.node)) {
      if (kind !== 'RangeVar') continue;
      const key = keyOf(before, nameOfRangeVar(fields));
      if (before.relations.has(key) && !now.relations.has(key)) return false;
    }
  }
  return true;
}
