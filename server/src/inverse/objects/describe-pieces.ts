import { type Address, objectAt, type Part } from '../../schema/addresses.ts';
import { overloadDependency } from '../../schema/dependencies.ts';
import type { Described, Overload, Relation, Schema, UserType } from '../../schema/model.ts';
import { commentSql, ownerSql, privilegesSql } from './describe.ts';
import { changedKeys, type ObjectPiece, type Work } from './pieces.ts';

/** Owners, comments and privileges of what is there, and was. */
export function describePieces(work: Work): readonly ObjectPiece[] {
  const { before, now, old, pgVersion } = work;
  const addresses = (['relations', 'types', 'functions', 'objects'] as const).flatMap((map) =>
    changedKeys<unknown>(before[map], now[map]).flatMap((key) => {
      const at = (schema: Schema) => (map === 'objects' ? objectAt(schema, key) : schema[map].get(key));
      const whole = at(before);
      if (!whole || !at(now)) return [];
      const parts = partsOf(map, key, whole).map((part): Address => ({ map, key, part }));
      return map === 'functions' ? parts : [{ map, key }, ...parts];
    }),
  );
  return addresses.flatMap((address) =>
    [
      ...ownerSql(old, now, address),
      ...privilegesSql(old, now, address, pgVersion),
      ...commentSql(old, now, address),
    ].map((sql): ObjectPiece => ({ stage: 'describe', sql })),
  );
}

function partsOf(map: Address['map'], key: string, whole: unknown): readonly Part[] {
  const named = (
    kind: Part['kind'],
    all: readonly (Described & { readonly name: string })[] | undefined,
  ): readonly Part[] => (all ?? []).map(({ name }) => ({ kind, name }));
  if (map === 'functions') {
    const { overloads = [] } = whole as { readonly overloads?: readonly Overload[] };
    return overloads.map((one) => ({ kind: 'overload', name: overloadDependency(key, one) }));
  }
  if (map === 'types') {
    const { attributes, checks } = whole as UserType;
    return [...named('column', attributes), ...named('constraint', checks)];
  }
  if (map !== 'relations') return [];
  const relation = whole as Relation;
  if (relation.kind === 'index' || relation.kind === 'sequence') return [];
  const table = relation.kind === 'table' ? relation : undefined;
  return [
    ...named('column', relation.columns),
    ...named('constraint', table?.constraints),
    ...named('trigger', relation.triggerDefinitions),
    ...named('policy', table?.policies),
    ...named('rule', relation.ruleDefinitions),
  ];
}
