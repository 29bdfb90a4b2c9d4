import { renderScalar } from '../../plan/edit-render.ts';
import type { DeployAction } from '../../plan/model.ts';
import { defineRule } from '../define-rule.ts';

interface Other {
  /** The rollback's, where it has one. */
  readonly deploy: DeployAction | undefined;
  /** The version that ran before the step. */
  readonly previous: string;
}

/** A rollback after which another version of the application is live than before its step. */
export const rollbackOtherVersion = defineRule<Other>({
  id: 'rollback-other-version',
  title: 'A rollback leaves another version live than the one before its step',
  severity: 'error',
  docs: {
    problem: `A plan is rolled back from the last step that was done to the first. Each rollback starts from what its step left, and
the one before it expects what that step began with: the schema, and the version of the application. Here the version is another.
Either the rollback leaves out the versions between, whose steps are still to be undone, or the new version goes on running on a
schema that the next rollbacks take away from it.`,
    solution: `Deploy the version that ran right before the step: the last one deployed before it, or \`app.runs\`. Where the version
cannot come back, say \`rollback: { impossible: why }\`.`,
    manual: [],
  },
  examples: {
    bad: [
      {
        plan: {
          app: `{ runs: v1, versions: { v1: ["SELECT username FROM users"], v2: ["SELECT email FROM users"], v3: ["SELECT id FROM users"] } }`,
        },
        steps: `- step: Read the address
  deploy: v2
  rollback: { deploy: v1 }
- step: Read the key alone
  deploy: v3
  rollback: { deploy: v1 }
`,
        finds: 'v1',
        fixed: `- step: Read the address
  deploy: v2
  rollback: { deploy: v1 }
- step: Read the key alone
  deploy: v3
  rollback: { deploy: v2 }
`,
      },
      {
        plan: {
          app: `{ runs: v1, versions: { v1: ["SELECT username FROM users"], v2: ["SELECT email FROM users"] } }`,
        },
        steps: `- step: Read the address
  deploy: v2
  rollback: UPDATE users SET email = NULL WHERE id = 1;
`,
        finds: 'rollback',
      },
    ],
    good: [
      {
        plan: {
          app: `{ runs: v1, versions: { v1: ["SELECT username FROM users"], v2: ["SELECT email FROM users"] } }`,
        },
        steps: `- step: Read the address
  deploy: v2
  rollback: { deploy: v1 }
`,
      },
    ],
  },
  *check(context) {
    let previous = context.plan.app?.runs?.value;
    const passed: string[] = [];
    for (const at of context.steps) {
      const { action, rollback, id, name } = at.step;
      const before = previous;
      if (action?.kind === 'sql' || action?.kind === 'backfill') passed.length = 0;
      if (action?.kind === 'deploy') {
        if (before !== undefined) passed.push(before);
        previous = action.version.value;
      }
      if (before === undefined || rollback?.kind !== 'actions' || rollback.unreadable) continue;
      const deploy = rollback.actions.findLast((one): one is DeployAction => one.kind === 'deploy');
      const data = { deploy, previous: before };
      if (deploy && deploy.version.value !== before) {
        yield {
          message: `This rollback deploys ${deploy.version.value}, but ${before} runs before "${name.value}": what the plan is rolled back to there is not what it was. Deploy ${before}.`,
          range: deploy.version.range,
          step: id,
          // On the schema of both, with nothing between them but deploys.
          severity: passed.includes(deploy.version.value) ? 'warning' : 'error',
          data,
        };
      } else if (!deploy && rollback.actions.length > 0 && previous !== before) {
        yield {
          message: `This rollback leaves ${previous} running: "${name.value}" deploys it, and nothing here brings ${before} back. Add { deploy: ${before} } to it.`,
          range: rollback.keyRange,
          step: id,
          data,
        };
      }
    }
  },
  fix: ({ data: { deploy, previous } }) =>
    deploy
      ? [
          {
            title: `Deploy ${previous} instead`,
            edits: [{ range: deploy.version.range, newText: renderScalar(previous) }],
            safe: false,
          },
        ]
      : [],
});
