import { removalName } from '../../effects/removals.ts';
import { defineRule } from '../define-rule.ts';
import type { Finding, RuleContext } from '../model.ts';
import { type PlacedRemoval, usesOf } from '../removed-names.ts';
import { shownKey, snippet, usePlaces, versionNames } from '../use-words.ts';
import { nameRange } from './places.ts';

const twoVersions = `{ runs: v1, versions: { v1: ["SELECT id, nickname FROM users"], v2: ["SELECT id FROM users"] } }`;
const schema = 'CREATE TABLE users (id bigint PRIMARY KEY, nickname text);';

/** A column or table goes while a version of the application that is live names it. */
export const liveNameRemoved = defineRule<undefined>({
  id: 'live-name-removed',
  title: 'A column or table is dropped or renamed while a live version uses it',
  severity: 'error',
  concerns: ['AlterObjectSchemaStmt', 'AlterTableStmt', 'DropStmt', 'RenameStmt'],
  docs: {
    problem: `From the moment this commits, each statement of the running application that names the column or table fails with
\`column "nickname" does not exist\`. Deploying the new version at the same time does not help: while it rolls out the old one
still runs, and a pool keeps its prepared statements.

The plan's \`app\` section says which version runs when and what its statements are, so this is not a guess: the finding names
the version and the statement. A version that says \`SELECT *\` goes on, but without the column, and on
connections that have it prepared only once it is prepared anew: that is a warning.`,
    solution: `Let the contract come last: deploy a version that no longer names it, wait until it is certain that nobody goes
back, then drop. A rename is an addition, a copy and a drop: add the new name, write both, copy the old rows, read the new,
stop writing the old, drop it.`,
    manual: [{ title: 'ALTER TABLE', path: 'sql-altertable.html' }],
  },
  examples: {
    bad: [
      {
        schema,
        plan: { app: twoVersions },
        steps: `- step: Drop the nicknames
  sql: ALTER TABLE users DROP COLUMN nickname;
  rollback: { impossible: the nicknames are gone }
- step: Stop reading them
  deploy: v2
  rollback: { impossible: v1 reads what is gone }
`,
        finds: 'nickname',
      },
      {
        schema,
        plan: { app: twoVersions },
        steps: `- step: A better name
  sql: ALTER TABLE users RENAME TO people;
  rollback: ALTER TABLE people RENAME TO users;
`,
        finds: 'users',
      },
    ],
    good: [
      {
        schema,
        plan: { app: twoVersions },
        steps: `- step: Stop reading them
  deploy: v2
  rollback: { deploy: v1 }
- step: A week without a wish to go back
  wait: 7d
- step: Drop the nicknames
  sql: ALTER TABLE users DROP COLUMN nickname;
  rollback: { impossible: the nicknames are gone }
`,
      },
      {
        schema,
        plan: { app: `{ orm: typeorm, runs: v1, versions: { v1: ["SELECT * FROM users"] } }` },
        steps: `- step: A column that v1 knows nothing of
  sql: ALTER TABLE users ADD COLUMN handle text;
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
      },
    ],
  },
  *check(context) {
    for (const found of context.removals()) {
      const [use] = found.uses;
      if (!use || !found.gone) continue;
      // A version that ran before the plan made it does well without.
      if (use.by === 'all' && found.made) continue;
      yield {
        message: `${whatHappens(found)} ${advice(context, found)}`,
        range: rangeOf(found),
        step: found.placed.step.id,
        severity: use.by === 'name' ? 'error' : 'warning',
        related: [...usePlaces(found.uses), ...freeing(context, found).related],
        data: undefined,
      };
    }
  },
});

function shownName({ removal, placed }: PlacedRemoval): string {
  return removalName(removal, (key) => shownKey(placed.s.before, key));
}

function rangeOf({ removal, placed }: PlacedRemoval) {
  if (!removal.named) return placed.s.range;
  return nameRange(placed.s, removal.name, removal.kind === 'column' ? ['DROP', 'COLUMN', 'RENAME'] : []);
}

const verbs = { dropped: 'Dropping', renamed: 'Renaming', moved: 'Moving' };

function whatHappens(found: PlacedRemoval): string {
  const { uses, placed, removal } = found;
  const [use] = uses;
  if (!use) return '';
  const name = shownName(found);
  const versions = versionNames(uses.map(({ version }) => version));
  const when =
    placed.part === 'rollback'
      ? `${versions} may still run when this is rolled back`
      : `${versions} runs while this step does`;
  const says = `"${snippet(use.statement)}"`;
  const verb = `${verbs[removal.how]} ${name}`;
  switch (use.by) {
    case 'name':
      return `${verb} breaks the running application: ${when}, and its ${says} fails from then on.`;
    case 'all':
      return `${verb} takes it out of ${says}: ${when}, and gets rows without it; where it is prepared already, it fails with "cached plan must not change result type" until it is prepared anew.`;
    default:
      return `${verb} may break the running application: ${when}, and its ${says} fails if it means this column.`;
  }
}

function advice(context: RuleContext, found: PlacedRemoval): string {
  if (found.placed.part === 'rollback')
    return 'Let the rollback of the deploy go back to a version that does not name it, before this one runs.';
  const { step } = freeing(context, found);
  if (step) return `Move this step behind "${step}", which deploys a version without it.`;
  const { how } = found.removal;
  if (how === 'dropped') return 'No later step deploys a version without it: do that first.';
  return 'Add the new name beside the old one, move the application over in a deploy, and drop the old name after that.';
}

/** The next deploy after which no live version names it. */
function freeing(
  { steps, live }: RuleContext,
  { placed, step, removal }: PlacedRemoval,
): { readonly step?: string; readonly related: Finding['related'] } {
  // The version that is to come needs the new name: neither order helps.
  if (placed.part === 'rollback' || removal.how !== 'dropped') return { related: [] };
  for (let at = step + 1; at < steps.length; at++) {
    const action = steps[at]?.step.action;
    const after = live.steps[at]?.after;
    if (action?.kind !== 'deploy' || !after?.complete) continue;
    if (usesOf(live, after, removal, placed.s.before).length > 0) continue;
    const message = `${action.version.value} no longer names it: drop it after this deploy`;
    return { step: steps[at]?.step.name.value ?? '', related: [{ message, range: action.version.range }] };
  }
  return { related: [] };
}
