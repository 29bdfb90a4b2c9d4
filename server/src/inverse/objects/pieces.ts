import { LayeredMap } from '../../schema/layered-map.ts';
import type { Schema } from '../../schema/model.ts';
import { describePieces } from './describe-pieces.ts';
import { functionPieces } from './function-pieces.ts';
import { otherPieces } from './other-pieces.ts';
import { relationPieces } from './relation-pieces.ts';
import type { Writing } from './source.ts';
import { typePieces } from './type-pieces.ts';

/** The way back from one schema to an earlier one. */
export interface ObjectWay {
  readonly before: Schema;
  readonly now: Schema;
  readonly pgVersion: number;
  /** Every name says its schema. */
  readonly qualified: boolean;
}

/** What is done in turn: all that can be of the first, then what that leaves to do. */
export const objectStages = [
  'release',
  'drop objects',
  'make schemas',
  'make types',
  'make functions',
  'make sequences',
  'make views',
  'make triggers',
  'make objects',
  'drop schemas',
  'describe',
] as const;

export type ObjectStage = (typeof objectStages)[number];

export interface ObjectPiece {
  readonly stage: ObjectStage;
  readonly sql: string;
}

export interface Work extends ObjectWay {
  /** Tables and indexes are compared elsewhere: only what is said of them and stands on them counts. */
  readonly beside?: boolean;
  /** Names as they were. */
  readonly old: Writing;
  /** Names as they are. */
  readonly current: Writing;
}

export function workOf(way: ObjectWay): Work {
  const plain = !way.qualified && way.before.searchPath.join() === 'public';
  return { ...way, old: { schema: way.before, plain }, current: { schema: way.now, plain } };
}

/**
 * SQL to run next so that views, functions, types, triggers, privileges and all else that is no table is as it was:
 * what already has all that it needs.
 */
export function objectPieces(way: ObjectWay): readonly ObjectPiece[] {
  const work = workOf(way);
  return [
    ...relationPieces(work),
    ...functionPieces(work),
    ...typePieces(work),
    ...otherPieces(work),
    ...describePieces(work),
  ];
}

/** The keys at which two maps differ. */
export function changedKeys<Value>(
  before: ReadonlyMap<string, Value>,
  now: ReadonlyMap<string, Value>,
): readonly string[] {
  if (before === now) return [];
  if (before instanceof LayeredMap && now instanceof LayeredMap)
    return [...(now as LayeredMap<Value>).changesSince(before as LayeredMap<Value>).keys()];
  const keys = new Set([...before.keys(), ...now.keys()]);
  return [...keys].filter((key) => before.get(key) !== now.get(key));
}

/** Whether all that a definition names is there already, as far as it was there before. */
export function isReady({ before, now }: Work, dependsOn: readonly string[] | undefined): boolean {
  return (dependsOn ?? []).every((one) => {
    const [, kind, key] = /^(relation|type) (.*)$/.exec(one) ?? [];
    if (kind === 'relation') return !before.relations.has(key as string) || now.relations.has(key as string);
    if (kind === 'type') return !before.types.has(key as string) || now.types.has(key as string);
    const name = one.slice('function '.length, one.lastIndexOf('('));
    return !before.functions.has(name) || now.functions.has(name);
  });
}
