import type { Plan, SessionSettings } from './model.ts';
import type { Settings } from './settings.ts';

/**
 * The plan with the project's session settings where it has none of its own, so that rules and dry runs see the
 * same session. A default stands nowhere in the document: its range is the empty one at the plan's start. Zero,
 * which is no limit, is what a plan without the setting has anyway.
 */
export function withSessionDefaults(plan: Plan, { session: defaults }: Settings): Plan {
  const { session } = plan;
  const range = { start: plan.range.start, end: plan.range.start };
  const orDefault = (own: SessionSettings['retries'], value: number | undefined) =>
    own ?? (value ? { value, range } : undefined);
  return {
    ...plan,
    session: {
      ...session,
      lockTimeout: session.lockTimeoutUnreadable
        ? session.lockTimeout
        : orDefault(session.lockTimeout, defaults.lockTimeout),
      statementTimeout: orDefault(session.statementTimeout, defaults.statementTimeout),
      retries: orDefault(session.retries, defaults.retries),
    },
  };
}
