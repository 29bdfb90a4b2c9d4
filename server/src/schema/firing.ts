import type { Subcommand } from './alter-table.ts';
import { childKeys, type Draft, updateTable } from './draft.ts';
import { tableByKey } from './lookup.ts';
import type { FiringState, Table, Trigger } from './model.ts';
import { changed } from './table-settings.ts';
import { triggersOf, withTriggers } from './triggers.ts';

/** Subcommands of ALTER TABLE that say which triggers and rules fire. */
export const firingCommands: Readonly<Record<string, Subcommand>> = {
  AT_EnableTrig: fire(undefined),
  AT_EnableAlwaysTrig: fire('always'),
  AT_EnableReplicaTrig: fire('replica'),
  AT_DisableTrig: fire('disabled'),
  AT_EnableTrigAll: fireAll(undefined, true),
  AT_DisableTrigAll: fireAll('disabled', true),
  AT_EnableTrigUser: fireAll(undefined, false),
  AT_DisableTrigUser: fireAll('disabled', false),
  AT_EnableRule: rule(undefined),
  AT_EnableAlwaysRule: rule('always'),
  AT_EnableReplicaRule: rule('replica'),
  AT_DisableRule: rule('disabled'),
};

function fire(state: FiringState | undefined): Subcommand {
  return ({ draft, key, recurse }, { name = '' }) => {
    const table = tableByKey(draft, key);
    if (table?.columnsComplete && !table.triggers.includes(name)) draft.refused = true;
    setStates(draft, key, (trigger) => trigger.name === name, state, recurse);
  };
}

function fireAll(state: FiringState | undefined, system: boolean): Subcommand {
  return ({ draft, key, recurse }) => {
    setStates(draft, key, () => true, state, recurse);
    if (system)
      updateTable(draft, key, (table) =>
        changed(table, { systemTriggers: state === 'disabled' ? state : undefined } as Partial<Table>),
      );
  };
}

/** Of the table's triggers, and of those that a partition has from it. */
function setStates(
  draft: Draft,
  key: string,
  wanted: (trigger: Trigger) => boolean,
  state: FiringState | undefined,
  recurse: boolean,
): void {
  const table = tableByKey(draft, key);
  if (!table) return;
  const set = triggersOf(table).filter(wanted);
  if (set.length === 0) return;
  updateTable(draft, key, (one) =>
    withTriggers(
      one,
      triggersOf(one).map((trigger) => (wanted(trigger) ? changed(trigger, { state }) : trigger)),
    ),
  );
  if (!recurse || !table.partitioned) return;
  const names = set.filter(({ row }) => row).map(({ name }) => name);
  for (const child of childKeys(draft, key))
    setStates(draft, child, ({ name, ofParent }) => ofParent && names.includes(name), state, true);
}

function rule(state: FiringState | undefined): Subcommand {
  return ({ draft, key }, { name = '' }) =>
    updateTable(draft, key, (table) => {
      const { [name]: _, ...others } = table.ruleStates ?? {};
      const states = state === undefined ? others : { ...others, [name]: state };
      return changed(table, {
        ruleStates: Object.keys(states).length > 0 ? states : undefined,
      } as Partial<Table>);
    });
}
