import type { Range } from '../../text/range.ts';
import { defineRule, type Fault } from '../define-rule.ts';
import { settle, severityFor, waitingRequests, withFigures } from '../figures.ts';
import type { RuleContext } from '../model.ts';
import { alterCommands, type PlacedStatement, sqlStatements, wordsRange } from '../statements.ts';

/** A command that copies its table, as its author wrote it, and what to do instead. */
interface Rewriting {
  readonly words: readonly string[];
  readonly does: string;
  readonly instead: string;
}

const vacuumFull: Rewriting = {
  words: ['VACUUM'],
  does: 'packs the rows of',
  instead:
    'A plain VACUUM frees the room for new rows without stopping anyone; to make the file smaller online, use pg_repack or pg_squeeze.',
};

const cluster: Rewriting = {
  words: ['CLUSTER'],
  does: 'sorts the rows of',
  instead: 'To put the rows in order online, use pg_repack with --order-by.',
};

/** By subcommand of ALTER TABLE. */
const rewritings: Readonly<Record<string, Rewriting>> = {
  AT_SetLogged: {
    words: ['SET', 'LOGGED'],
    does: 'writes all rows of',
    instead:
      'All of it goes to the WAL too, and to every replica. To fill a table fast, load an unlogged one before anyone uses it, and make it logged then.',
  },
  AT_SetUnLogged: {
    words: ['SET', 'UNLOGGED'],
    does: 'writes all rows of',
    instead: 'An unlogged table is empty after a crash and on every replica: keep data that you need logged.',
  },
  AT_SetAccessMethod: {
    words: ['SET', 'ACCESS', 'METHOD'],
    does: 'writes all rows of',
    instead:
      'Make a new table with that access method, keep both in step with a trigger, and copy the rows in batches.',
  },
  AT_SetTableSpace: {
    words: ['SET', 'TABLESPACE'],
    does: 'copies the file of',
    instead:
      'To move a table online, use pg_repack with --tablespace; an index moves with REINDEX (CONCURRENTLY, TABLESPACE …).',
  },
  AT_SetExpression: {
    words: ['SET', 'EXPRESSION'],
    does: 'works a column out anew for every row of',
    instead: 'Add a new column, fill it in batches, and let the application move over to it.',
  },
};

/** Maintenance and storage changes that copy a table while everybody waits. */
export const tableRewritten = defineRule<undefined>({
  id: 'table-rewritten',
  title: 'A table is copied into a new file while every request waits',
  severity: 'error',
  eachStep: true,
  concerns: ['AlterTableStmt', 'ClusterStmt', 'VacuumStmt'],
  docs: {
    problem: `\`VACUUM FULL\`, \`CLUSTER\`, \`SET LOGGED\` and \`SET UNLOGGED\`, a new tablespace or access method and a new expression of
a stored column copy the whole table into a new file, under ACCESS EXCLUSIVE from the first row to the last: no read and no write
gets through. All but the move to another tablespace build every index anew as well, and until the end the disk holds both copies.`,
    solution: `Choose what does the same online: a plain \`VACUUM\` to make room for new rows, \`pg_repack\` or \`pg_squeeze\` to shrink or
sort a table or to move it, a new table or column that is filled in batches for the rest. Where the table may stand still, say so
with \`allow\`.`,
    manual: [
      { title: 'VACUUM, Notes', path: 'sql-vacuum.html' },
      { title: 'CLUSTER', path: 'sql-cluster.html' },
      { title: 'ALTER TABLE, Notes', path: 'sql-altertable.html#SQL-ALTERTABLE-NOTES' },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: Give the disk back
  transaction: false
  sql: VACUUM (FULL, ANALYZE) users;
  rollback: { not_needed: a vacuum changes no data }
`,
        finds: 'VACUUM',
      },
      {
        steps: `- step: Spare the WAL
  sql: ALTER TABLE users SET UNLOGGED;
  rollback: { impossible: for the example }
`,
        finds: 'SET UNLOGGED',
      },
    ],
    good: [
      {
        steps: `- step: Make room for new rows
  transaction: false
  sql: VACUUM (ANALYZE) users;
  rollback: { not_needed: a vacuum changes no data }
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { node } = placed.s.statement;
      if ('VacuumStmt' in node) yield* wholeFault(context, placed, vacuumFull);
      else if ('ClusterStmt' in node) yield* wholeFault(context, placed, cluster);
      else if ('AlterTableStmt' in node) yield* commandFaults(context, placed);
    }
  },
});

/** VACUUM FULL or CLUSTER: all tables that it names, in one fault. */
function* wholeFault(
  context: RuleContext,
  placed: PlacedStatement,
  rewriting: Rewriting,
): Generator<Fault<undefined>> {
  const { s } = placed;
  const tables = s.effects.rewrites.flatMap(({ relation, indexOf }) =>
    indexOf === undefined ? [relation] : [],
  );
  const possible = s.effects.unknown.find(({ may }) => may === 'rewrite');
  if (tables.length === 0 && !possible) return;
  const what = tables.length === 0 ? 'every table it comes to, one after another,' : undefined;
  yield faultOf(context, placed, rewriting, { tables, what, range: wordsRange(s, ...rewriting.words) });
}

function* commandFaults(context: RuleContext, placed: PlacedStatement): Generator<Fault<undefined>> {
  const { s } = placed;
  const possible = s.effects.unknown.filter(({ may }) => may === 'rewrite');
  const works = [...s.effects.rewrites, ...possible];
  if (works.length === 0) return;
  for (const [at, command] of alterCommands(s).entries()) {
    const rewriting = rewritings[command.subtype ?? ''];
    const own = works.filter((work) => work.command === at);
    if (!rewriting || own.length === 0) continue;
    const range = wordsRange(s, ...rewriting.words);
    const tables = own.flatMap((work) => ('relation' in work ? [work.relation] : []));
    const open = own.find((work) => 'fact' in work);
    yield open && 'fact' in open
      ? maybeFault(context, placed, rewriting, open, range)
      : faultOf(context, placed, rewriting, { tables, what: undefined, range });
  }
}

interface Rewritten {
  readonly tables: readonly string[];
  /** What is rewritten where no table is named. */
  readonly what: string | undefined;
  readonly range: Range;
}

function faultOf(
  context: RuleContext,
  { s, step }: PlacedStatement,
  { words, does, instead }: Rewriting,
  { tables, what, range }: Rewritten,
): Fault<undefined> {
  const named = what ?? tables.map((table) => withFigures(context, table, s)).join(' and ');
  const command = words[0] === 'VACUUM' ? 'VACUUM FULL' : words.join(' ');
  const small = tables.length > 0 && tables.every((one) => severityFor(context, one, 'error') === 'info');
  return {
    message: `${command} ${does} ${named} into a new file under ACCESS EXCLUSIVE: ${waitingRequests(context, 'every read and write', s)} until it is done. ${instead}`,
    range,
    step: step.id,
    severity: small ? 'info' : 'error',
    data: undefined,
  };
}

/** Where the table lies now, or how it is stored, no schema tells: nobody writes such a command to change nothing. */
function maybeFault(
  context: RuleContext,
  { s, step }: PlacedStatement,
  { words, does, instead }: Rewriting,
  unknown: { readonly fact: string; readonly remedy: string },
  range: Range,
): Fault<undefined> {
  const table = s.effects.locks[0]?.relation ?? 'the table';
  return {
    message: `${words.join(' ')} ${does} ${withFigures(context, table, s)} under ACCESS EXCLUSIVE, unless it has that already: ${waitingRequests(context, 'every read and write', s)} until it is done. ${instead} ${settle(context, unknown)}`,
    range,
    step: step.id,
    severity: severityFor(context, table, 'warning'),
    data: undefined,
  };
}
