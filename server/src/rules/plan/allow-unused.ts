import { removeEntry } from '../../plan/edit.ts';
import { isReasoned, type ScopedAllow, scopedAllows, usedBy } from '../allow.ts';
import { removeAllowComment } from '../allow-comments.ts';
import { defineRule } from '../define-rule.ts';

/** An `allow` that silences nothing. */
export const allowUnused = defineRule<ScopedAllow>({
  id: 'allow-unused',
  title: 'An allow silences nothing',
  severity: 'warning',
  docs: {
    problem: `An \`allow\` that no finding needs is a leftover: the fault it excused is gone, or the rule's name is misspelt. It would
silence the next fault of that kind without anyone having decided so.`,
    solution: 'Remove the entry, or correct the name of its rule.',
    manual: [],
  },
  examples: {
    bad: [
      {
        steps: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle varchar(255);
  rollback: ALTER TABLE users DROP COLUMN handle;
  allow:
    index-without-concurrently: the table is small
`,
        finds: 'index-without-concurrently',
        fixed: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle varchar(255);
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
      },
    ],
    good: [
      {
        steps: `- step: Index the email
  sql: CREATE INDEX users_email_idx ON users (email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_email_idx }
  allow:
    index-without-concurrently: sign-up is closed during this step
`,
      },
    ],
  },
  *check(context, found) {
    const entries = scopedAllows(context).filter(isReasoned);
    const isUsed = entries.length > 0 ? usedBy(found) : () => true;
    for (const entry of entries) {
      if (isUsed(entry)) continue;
      const where = {
        step: 'this step',
        phase: 'this phase',
        plan: 'this plan',
        statement: 'the statement below it',
        file: 'this file',
      }[entry.scope];
      const rule = entry.allow.rule.value;
      yield {
        message: `This allow silences nothing: ${rule} finds nothing in ${where}. Remove it, or correct the rule's name.`,
        range: entry.allow.rule.range,
        step: entry.scope === 'step' ? [...(entry.steps ?? [])][0] : undefined,
        tags: ['unnecessary'],
        data: entry,
      };
    }
  },
  fix({ data }, context) {
    const edits = data.comment
      ? removeAllowComment(context.text, data.comment)
      : removeEntry(context.text, data.allow.range);
    return edits ? [{ title: 'Remove this allow', edits, safe: true }] : [];
  },
});
