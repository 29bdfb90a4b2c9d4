import { columnOrderDrifts } from './column-order.ts';
import { joinGrants } from './grants.ts';
import { equalButForCasts } from './loosely.ts';
import type { CatalogObject, Drift, Fingerprint } from './model.ts';
import { followRenames, type Renamed } from './renames.ts';
import { schemaDrift, wordsOfChange } from './words.ts';

/** The most columns that a table can have had, `MaxHeapAttributeNumber` of access/htup_details.h. */
const maxColumns = 1600;

/** What no Postgres before 18 has, where a NOT NULL is no constraint with a name. */
const since18: ReadonlySet<string> = new Set(['name of NOT NULL', 'comment on NOT NULL']);

/**
 * What of `after` differs from `before`, in words, each cause told once: what is a part of something that is
 * missing goes without saying, what went along with it is named there. What the Postgres of production, of that major
 * version, does not have is left out.
 */
export function compareFingerprints(
  before: Fingerprint,
  after: Fingerprint,
  production = Number.POSITIVE_INFINITY,
): readonly Drift[] {
  const renamed = followRenames(before, after);
  const comparison = compareObjects(renamed, after, production < 18 ? since18 : new Set());
  const told = [
    ...renamed.drifts,
    ...cameOrWent(renamed.objects, comparison.missing, 'missing', comparison),
    ...cameOrWent(after.objects, comparison.added, 'new', comparison),
    ...changes(comparison),
  ];
  return [
    ...(told.length > 0 ? told : everything(comparison)),
    ...columnOrderDrifts(comparison.both),
    ...usedAttributes(comparison),
  ];
}

/** Without a thought of causes: should these ever explain each other, the schema is still another one. */
function everything({ missing, added, changed }: Comparison): Drift[] {
  return [
    ...[...missing].map((key) => schemaDrift(key, 'missing')),
    ...[...added].map((key) => schemaDrift(key, 'new')),
    ...[...changed.values()].map(({ pair, fact, was, is }) =>
      schemaDrift(pair[1].key, wordsOfChange(fact, was, is)),
    ),
  ];
}

type Pair = readonly [CatalogObject, CatalogObject];

interface Comparison {
  readonly missing: ReadonlySet<string>;
  readonly added: ReadonlySet<string>;
  readonly both: readonly Pair[];
  /** What differs of objects that are in both, by key and fact. */
  readonly changed: ReadonlyMap<string, Change>;
  /** Columns with another type, and their tables. */
  readonly retyped: ReadonlySet<string>;
}

interface Change {
  readonly pair: Pair;
  readonly fact: string;
  readonly was: string | undefined;
  readonly is: string | undefined;
}

const at = (key: string, fact: string) => `${key}\n${fact}`;

function compareObjects(
  { objects, same }: Renamed,
  after: Fingerprint,
  unknown: ReadonlySet<string>,
): Comparison {
  const missing = new Set<string>();
  const added = new Set<string>();
  const both: Pair[] = [];
  for (const [key, object] of objects) {
    const now = after.objects.get(key);
    if (now) both.push([object, now]);
    else if (object.usualGrants) both.push([object, absence(object)]);
    else missing.add(key);
  }
  for (const [key, object] of after.objects) {
    if (objects.has(key)) continue;
    if (object.usualGrants) both.push([absence(object), object]);
    else added.add(key);
  }
  const changed = new Map<string, Change>();
  for (const pair of both) {
    const [was, is] = pair;
    const note = (fact: string) => {
      if (!unknown.has(fact) && !same(was.facts[fact], is.facts[fact]))
        changed.set(at(is.key, fact), { pair, fact, was: was.facts[fact], is: is.facts[fact] });
    };
    for (const fact in was.facts) note(fact);
    for (const fact in is.facts) if (!(fact in was.facts)) note(fact);
  }
  const retyped = new Set<string>();
  const comparison = { missing, added, both, changed, retyped };
  for (const { pair, fact } of changed.values())
    if (fact === 'type' && !pair.some((object) => isExplained(object, fact, comparison)))
      for (const key of [pair[1].key, ...pair[1].within]) retyped.add(key);
  return comparison;
}

function absence(object: CatalogObject): CatalogObject {
  return { ...object, facts: {}, grants: object.usualGrants ?? [] };
}

/** One line for each that came or went by itself, with those that did so because of it. */
function cameOrWent(
  objects: ReadonlyMap<string, CatalogObject>,
  keys: ReadonlySet<string>,
  word: 'missing' | 'new',
  comparison: Comparison,
): Drift[] {
  const along = new Map<string, string[]>();
  for (const key of keys) {
    const object = objects.get(key);
    if (!object || isExplained(object, '', comparison)) continue;
    const root = rootOf(object, objects, keys);
    const others = along.get(root) ?? [];
    along.set(root, others);
    if (root !== key && !object.within.some((part) => keys.has(part))) others.push(key);
  }
  return [...along].map(([key, others]) =>
    schemaDrift(
      key,
      `${word}${word === 'new' && objects.get(key)?.facts.validity === 'INVALID' ? ', and INVALID' : ''}${others.length === 0 ? '' : ` (with ${others.sort().join(', ')})`}`,
    ),
  );
}

function rootOf(
  object: CatalogObject,
  objects: ReadonlyMap<string, CatalogObject>,
  keys: ReadonlySet<string>,
): string {
  const seen = new Set<string>();
  let current = object;
  while (!seen.has(current.key)) {
    seen.add(current.key);
    const above = [...current.within, ...current.needs].find((key) => keys.has(key) && !seen.has(key));
    const next = above === undefined ? undefined : objects.get(above);
    if (!next) break;
    current = next;
  }
  return current.key;
}

function changes(comparison: Comparison): Drift[] {
  const { both, changed } = comparison;
  const byObject = new Map<CatalogObject, Change[]>();
  for (const change of changed.values()) {
    const [, object] = change.pair;
    byObject.set(object, [...(byObject.get(object) ?? []), change]);
  }
  return both.flatMap(([was, is]) => [
    ...(byObject.get(is) ?? [])
      .filter((change) => !isEcho(change, comparison))
      .map((change) => schemaDrift(is.key, wordsOfChange(change.fact, change.was, change.is))),
    ...grantDrifts(was, is),
  ]);
}

/** Whether the change follows from another one, which is told. */
function isEcho({ pair, fact, was, is }: Change, comparison: Comparison): boolean {
  const { changed } = comparison;
  if (pair.some((object) => isExplained(object, fact, comparison))) return true;
  const repeated = pair[1].echoes.some((key) => {
    const above = changed.get(at(key, fact));
    return above !== undefined && above.was === was && above.is === is;
  });
  // Expressions are kept with casts to the types of their columns.
  const retyped = [...pair[1].needs, ...pair[1].within, pair[1].key].some((key) =>
    comparison.retyped.has(key),
  );
  return repeated || (retyped && fact !== 'type' && equalButForCasts(was, is));
}

/** Whether something that brings such a change along came, went or changed. The fact `''` is its being there. */
function isExplained(object: CatalogObject, fact: string, { missing, added, changed }: Comparison): boolean {
  return (object.causes[fact] ?? []).some((cause) =>
    cause.fact === undefined
      ? missing.has(cause.key) || added.has(cause.key)
      : changed.has(at(cause.key, cause.fact)),
  );
}

function grantDrifts(was: CatalogObject, is: CatalogObject): Drift[] {
  const lines = (these: CatalogObject, others: CatalogObject) =>
    joinGrants(these.grants.filter((line) => !others.grants.includes(line)));
  return [
    ...lines(was, is).map((line) => schemaDrift(is.key, `GRANT ${line} is missing`)),
    ...lines(is, was).map((line) => schemaDrift(is.key, `GRANT ${line} is new`)),
  ];
}

function usedAttributes({ both }: Comparison): Drift[] {
  return both.flatMap(([was, is]): Drift[] => {
    if (was.dropped === undefined || is.dropped === undefined || is.dropped <= was.dropped) return [];
    const used = is.dropped + (is.columns?.length ?? 0);
    const message = `${is.key}: ${used} of the ${maxColumns} columns it can ever have are used up, ${is.dropped} of them by dropped ones (before: ${was.dropped})`;
    return [{ kind: 'information', object: is.key, message }];
  });
}
