import type {
  Column,
  Constraint,
  Described,
  FiringState,
  Index,
  Overload,
  Policy,
  Table,
  Trigger,
} from './model.ts';
import { grantsOf } from './privileges.ts';

/**
 * What is set of an object beside its shape: storage parameters, states, comments, privileges. Only for schemas that are
 * known in full: elsewhere nobody knows what was set before.
 */
export function settingChanges<One extends Described>(
  old: One,
  now: One,
  { kind, facts }: { readonly kind: string; readonly facts: readonly Fact<One>[] },
): readonly string[] {
  if (old === now) return [];
  return [
    ...facts.flatMap((fact) => fact(old, now)),
    ...commentChanges(old, now),
    ...grantChanges(old, now, kind),
  ];
}

/** How one property is not what it was, in words. */
type Fact<One> = (old: One, now: One) => readonly string[];

export const tableSettings = {
  kind: 'table',
  facts: [
    listed((one: Table) => one.options),
    valued('replica identity', (one: Table) => one.replicaIdentity),
    valued('tablespace', (one: Table) => one.tablespace),
    valued('access method', (one: Table) => one.accessMethod),
    flag(
      'still forces row security on its owner',
      'does not force row security on its owner any more',
      (one: Table) => one.forcesRowSecurity,
    ),
    flag(
      'still has the triggers of its foreign keys disabled',
      'has the triggers of its foreign keys enabled again',
      (one: Table) => one.systemTriggers === 'disabled',
    ),
  ],
};

export const columnSettings = {
  kind: 'column',
  facts: [
    valued('storage', (one: Column) => one.storage),
    valued('compression', (one: Column) => one.compression),
    valued('statistics target', (one: Column) => one.statistics),
    listed((one: Column) => one.options),
  ],
};

export const indexSettings = {
  kind: 'index',
  facts: [
    listed((one: Index) => one.options),
    valued('tablespace', (one: Index) => one.tablespace),
    flag(
      'is still the one that CLUSTER goes by',
      'is not the one that CLUSTER goes by any more',
      (one: Index) => one.clustered,
    ),
    flag(
      'is still the replica identity',
      'is not the replica identity any more',
      (one: Index) => one.replicaIdentity,
    ),
  ],
};

export const constraintSettings: { readonly kind: string; readonly facts: readonly Fact<Constraint>[] } = {
  kind: 'constraint',
  facts: [],
};

const states: Readonly<Record<FiringState, string>> = {
  disabled: 'disabled',
  replica: 'enabled on replicas alone',
  always: 'enabled always',
};

export const triggerSettings = {
  kind: 'trigger',
  facts: [
    (old: Trigger, now: Trigger) =>
      old.state === now.state
        ? []
        : [
            now.state
              ? `is still ${states[now.state]}`
              : `is not ${states[old.state ?? 'disabled']} any more`,
          ],
  ],
};

export const policySettings = {
  kind: 'policy',
  facts: [
    valued('command', (one: Policy) => one.command),
    flag('is still restrictive', 'is not restrictive any more', (one: Policy) => one.restrictive),
    (old: Policy, now: Policy) =>
      rolesOf(old) === rolesOf(now) ? [] : [`is for ${rolesOf(now)}, not ${rolesOf(old)}`],
  ],
};

export const functionSettings = {
  kind: 'function',
  facts: [
    valued('volatility', (one: Overload) => one.volatility),
    valued('language', (one: Overload) => one.language),
    (old: Overload, now: Overload) => {
      const [was, is] = [bodyOf(old), bodyOf(now)];
      return was === undefined || is === undefined || was === is ? [] : ['has another body'];
    },
  ],
};

function rolesOf({ roles = [undefined] }: Policy): string {
  return roles
    .map((role) => role ?? 'PUBLIC')
    .sort()
    .join(', ');
}

/** The body as Postgres keeps it, blanks aside. */
function bodyOf({ source }: Overload): string | undefined {
  const node = source?.renames ? undefined : source?.read().node;
  const options = node && 'CreateFunctionStmt' in node ? node.CreateFunctionStmt.options : undefined;
  for (const option of options ?? []) {
    const { defname, arg } = 'DefElem' in option ? option.DefElem : {};
    if (defname === 'as' && arg && 'List' in arg)
      return JSON.stringify(arg.List.items).replace(/(?:\s|\\[nrt])+/g, ' ');
  }
  return undefined;
}

function listed<One>(of: (one: One) => readonly string[] | undefined): Fact<One> {
  return (old, now) => {
    const [was, is] = [of(old) ?? [], of(now) ?? []];
    return [
      ...is.filter((one) => !was.includes(one)).map((one) => `still has ${one}`),
      ...was.filter((one) => !is.includes(one)).map((one) => `has lost ${one}`),
    ];
  };
}

function valued<One>(name: string, of: (one: One) => string | number | undefined): Fact<One> {
  return (old, now) => {
    const [was, is] = [of(old), of(now)];
    if (was === is) return [];
    if (is === undefined) return [`has lost its ${name} ${was}`];
    return [was === undefined ? `still has the ${name} ${is}` : `has the ${name} ${is}, not ${was}`];
  };
}

function flag<One>(still: string, gone: string, of: (one: One) => boolean | undefined): Fact<One> {
  return (old, now) => {
    const [was, is] = [of(old) ?? false, of(now) ?? false];
    return was === is ? [] : [is ? still : gone];
  };
}

function commentChanges({ comment: was }: Described, { comment: is }: Described): readonly string[] {
  if (was === is) return [];
  if (is === undefined) return ['has lost its comment'];
  return [was === undefined ? 'still has a comment' : 'has another comment'];
}

/** A new owner has the old one's privileges: then they are another's. */
function grantChanges(old: Described, now: Described, kind: string): readonly string[] {
  if (old.grants === now.grants || old.owner !== now.owner) return [];
  const grants = (one: Described) =>
    new Map(
      grantsOf(one, kind).map(({ role, privilege, grantable }) => [
        `${privilege} ${grantable} ${role}`,
        `${privilege.toUpperCase()}${grantable ? ' with grant option' : ''} to ${role === undefined ? 'PUBLIC' : role || 'its owner'}`,
      ]),
    );
  const [were, are] = [grants(old), grants(now)];
  const missing = (from: ReadonlyMap<string, string>, of: ReadonlyMap<string, string>) =>
    [...from].flatMap(([key, words]) => (of.has(key) ? [] : [words]));
  return [
    ...missing(are, were).map((words) => `still grants ${words}`),
    ...missing(were, are).map((words) => `no longer grants ${words}`),
  ];
}
