import { applyStatement } from '../schema/apply.ts';
import { walk } from '../schema/expressions.ts';
import type { Schema } from '../schema/model.ts';
import type { Statement } from '../sql/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { dataLoss } from './data-loss.ts';
import { conversionsOf, firstSteps } from './first-steps.ts';
import { type Inverse, impossible, unknown } from './model.ts';
import { type Restoration, restore } from './restore.ts';
import type { Way } from './way.ts';

/** Ways to write the way back, the best one first: one that leaves something other than it was gives way to the next. */
const manners: readonly Pick<Way, 'concurrently' | 'byAttaching'>[] = [
  { concurrently: true, byAttaching: false },
  { concurrently: false, byAttaching: false },
  { concurrently: true, byAttaching: true },
  { concurrently: false, byAttaching: true },
];

/** What undoes a statement of which the simulated schema shows all that it changes. */
export function restoringInverse(statement: Statement, before: Schema, pgVersion: number): Inverse {
  const now = applyStatement(before, statement, { madeByPlan: true });
  if (now === before)
    return unknown('Postgres would refuse this statement on the schema as it is: there is nothing to undo.');
  const conversions = conversionsOf(statement);
  const base = { before, now, pgVersion, qualified: saysSchema(statement), conversions };
  const loss = dataLoss({ ...base, concurrently: true, byAttaching: false }, statement);
  if (loss.barred.length > 0) return impossible(`${sentence(loss.barred)} ${copyFirst}`);
  let best: Restoration | undefined;
  for (const manner of manners) {
    const way = { ...base, ...manner };
    const tried = restore(way, firstSteps(way, statement));
    if (!best || tried.left.length < best.left.length) best = tried;
    if (best.left.length === 0) break;
  }
  if (loss.doubts.length > 0) return unknown(sentence(loss.doubts));
  if (best && best.left.length > 0 && best.owned.length === 0)
    return impossible(
      `${sentence([`${listed(best.left)} can be inherited again, but stays the table's own as well`])} A parent that drops it later would leave it there.`,
    );
  if (!best || best.left.length > 0)
    return unknown(
      `How to bring back ${listed(best?.left ?? [])} as it was is not worked out: write it by hand.`,
    );
  const { sql, alone } = best;
  if (isBarredFromRewriting(before, sql))
    return unknown(
      'Going back rewrites the table, which Postgres refuses while user_catalog_table is set: reset that first, and set it again after it.',
    );
  if (loss.lost.length > 0)
    return { verdict: 'loses_data', sql, transactional: !alone, reason: lossReason(loss.lost, best) };
  return { verdict: 'restores', sql, transactional: !alone, reason: reasonOf(best) };
}

/** A catalog table cannot be rewritten (`ATRewriteTables` of tablecmds.c), and what widens may narrow on the way back. */
function isBarredFromRewriting(before: Schema, sql: readonly string[]): boolean {
  return [...before.relations.values()].some(
    (one) =>
      one.kind === 'table' &&
      one.options?.includes('user_catalog_table=true') === true &&
      sql.some(
        (line) => / TYPE | SET (?:UN)?LOGGED/.test(line) && line.includes(quoteIdentifier(one.name.name)),
      ),
  );
}

function saysSchema({ node }: Statement): boolean {
  for (const [kind, fields] of walk(node)) if (kind === 'RangeVar') return fields.schemaname !== undefined;
  return false;
}

const copyFirst =
  'Rename it away now and drop it in a later plan, or copy it aside first: then there is a way back.';

function lossReason(lost: readonly string[], { reordered }: Restoration): string {
  const many = lost.length > 1 || /^the (?:values|rows|old values)|^values/.test(lost[0] ?? '');
  const gone = sentence([`${listed(lost)} ${many ? 'are' : 'is'} lost`]);
  const rest = `The schema comes back, ${many ? 'they do' : 'that does'} not.`;
  return [gone, rest, orderNote(reordered), insteadOf(lost)].filter((part) => part !== '').join(' ');
}

/** What to do first, so that there is a way back. */
function insteadOf(lost: readonly string[]): string {
  if (lost.every((one) => one.startsWith('how far')))
    return 'Note last_value of the sequence before, and set it back with setval.';
  if (lost.every((one) => /^(?:values|the old values) /.test(one)))
    return 'Write into a new column of the new type instead, and keep the old one until the plan is done: then there is a way back.';
  return copyFirst;
}

function reasonOf({ sql, reordered, alone }: Restoration): string {
  if (sql.length === 0) return 'It changes nothing that would have to be undone.';
  const all = sql.join(';\n');
  const parts = [
    /^ALTER TABLE \S+ DROP COLUMN [^,;]+$/.test(all)
      ? 'Dropping the column leaves the table as it was; what was written into it meanwhile goes with it.'
      : 'This brings back what was there before.',
    /^CREATE MATERIALIZED VIEW/m.test(all) ? 'Its rows are computed anew.' : '',
    / VALIDATE | SET NOT NULL|ADD CONSTRAINT|UNIQUE INDEX CONCURRENTLY/.test(all)
      ? 'Rows written meanwhile have to obey it.'
      : '',
    alone ? 'It runs outside of a transaction block, so that others can write while it works.' : '',
    orderNote(reordered),
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function orderNote(reordered: readonly string[]): string {
  return reordered.length === 0 ? '' : `The columns of ${listed(reordered)} come back in another order.`;
}

function sentence(parts: readonly string[]): string {
  const text = parts.join('; ');
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
