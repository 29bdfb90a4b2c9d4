import type { StepAnalysis } from '../rules/model.ts';
import { type Applied, applyStep } from './apply-step.ts';
import type { AppCheck, StatementError, StatementReport } from './model.ts';
import type { Run } from './run.ts';
import { checkVersions, type World } from './world.ts';

export interface RolledBack {
  readonly status: Applied['status'];
  readonly error: StatementError | undefined;
  readonly statements: readonly StatementReport[];
  /** What the live versions did on the way and at its end; a deploy has both of its versions live. */
  readonly app: readonly AppCheck[];
  readonly ms: number;
  readonly isGone: boolean;
}

/** Runs a step's rollback: its actions in their order, until one fails. */
export async function runRollback(
  run: Run,
  world: World,
  analysed: StepAnalysis,
  at: AppCheck['at'],
  when: string,
): Promise<RolledBack> {
  const statements: StatementReport[] = [];
  const app = new Map<string, AppCheck>();
  const check = async (names: readonly (string | undefined)[]) => {
    const checks = await world.guard.run(
      () => checkVersions(run, world, names, at, when),
      run.options.stepTimeout,
    );
    // One that failed at any time on the way failed.
    for (const one of checks) {
      const key = `${one.version} ${one.range.start}`;
      if (app.get(key)?.ok !== false) app.set(key, one);
    }
  };
  let ms = 0;
  let isChecked = false;
  for (const one of analysed.rollback) {
    const { step } = analysed;
    const before = one.statements[0]?.before ?? analysed.after;
    const undo = {
      ...analysed,
      action: one,
      before,
      step: { ...step, action: one.action, expect: undefined },
    };
    const from = world.live;
    const applied = await applyStep(run, world, undo, `The rollback of "${step.name.value}"`);
    statements.push(...applied.statements);
    ms += applied.ms;
    isChecked = one.action.kind === 'deploy';
    if (applied.status !== 'passed') return { ...applied, statements, ms, app: [...app.values()] };
    world.positions = await world.guard.run(() => world.sequences.read(), run.options.stepTimeout);
    if (isChecked) await check([from, world.live]);
  }
  if (!isChecked) await check([world.live]);
  return { status: 'passed', error: undefined, statements, app: [...app.values()], ms, isGone: false };
}
