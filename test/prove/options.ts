import { parseArgs } from 'node:util';
import { type Witness, witnesses } from './observations.ts';

export interface ProveOptions {
  /** Writes the tables anew from what was observed last. */
  readonly tableOnly: boolean;
  /** What statements do, and not only what undoes them. */
  readonly effects: boolean;
  /** Where rollbacks are tried. */
  readonly on: readonly Witness[];
  /** Of the statements those that it matches. */
  readonly only: RegExp | undefined;
  /** Of the statements those that are to be undone otherwise than when they were last tried. */
  readonly changed: boolean;
  /** Each on a database of its own, and for good: nothing is tried in a transaction that is rolled back. */
  readonly committed: boolean;
  /** The plans that recipes write, and nothing else. */
  readonly recipes: boolean;
  /** With them: prints the plans of those that fail. */
  readonly show: boolean;
  /** With them: requests a second that run meanwhile, of which none may wait for more than a second; then nothing is proven. */
  readonly load: number | undefined;
  /** With it: rows that the tables are filled up to. */
  readonly rows: number | undefined;
  /** With them: a file of DDL that they are asked for plans on, instead of the cases. */
  readonly schema: string | undefined;
  /** With it: how many of what each can be asked for, which ones, and how many of these are proven. */
  readonly sample: number;
  readonly seed: number;
  readonly proofs: number;
}

export const usage = `npm run prove -- [options]

  Observes what statements do on Postgres 14 to 18 and on the embedded one, and whether what is said to undo
  them does.

  --table             asks no server: writes the tables from what was observed last
  --rollbacks         tries the rollbacks only. With it:
  --on 16,pglite        on these only (14 15 16 17 18 pglite)
  --only PATTERN        only statements that match the regular expression, or whose scene does
  --changed             only statements with another rollback than when they were last tried
  --committed           each on a database of its own instead of in a transaction that is rolled back: slow
  --recipes           writes the plan of every case of every recipe, for each version, and proves it. With it:
  --on 16,pglite        on these only
  --only PATTERN        only cases whose type and name it matches: 'rename_column long'
  --show                prints the plans of those that fail
  --load 50             runs the application's statements at this rate meanwhile instead of proving rollbacks: no
                        request may wait for more than a second
  --schema FILE         instead of the cases: plans for the tables and columns of that DDL, a dump of any application's.
                        Each is refused in words, or checks clean on 14 and 18. With it:
  --sample 20             so many of each recipe, --seed 1 says which
  --proofs 2              so many of each recipe are proven on the embedded Postgres
  --rows 100000         with --load: fills the tables up to so many rows (2000), so that a step which blocks would
                        block for long
  --help              this`;

/** Throws where an option or its value is none; undefined where help is wanted. */
export function readOptions(argv: readonly string[]): ProveOptions | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      table: { type: 'boolean', default: false },
      rollbacks: { type: 'boolean', default: false },
      on: { type: 'string' },
      only: { type: 'string' },
      changed: { type: 'boolean', default: false },
      committed: { type: 'boolean', default: false },
      recipes: { type: 'boolean', default: false },
      show: { type: 'boolean', default: false },
      load: { type: 'string' },
      schema: { type: 'string' },
      sample: { type: 'string' },
      seed: { type: 'string' },
      proofs: { type: 'string' },
      rows: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const narrowed = values.on !== undefined || values.only !== undefined || values.changed;
  if (!values.rollbacks && !values.recipes && (narrowed || values.committed))
    throw new Error(
      '--on and --only go with --rollbacks or --recipes, --changed and --committed with --rollbacks',
    );
  return {
    tableOnly: values.table,
    effects: !values.rollbacks && !values.recipes,
    on: values.on === undefined ? witnesses : values.on.split(',').map(readWitness),
    only: values.only === undefined ? undefined : new RegExp(values.only, 'i'),
    changed: values.changed,
    committed: values.committed,
    recipes: values.recipes,
    show: values.show,
    schema: values.schema,
    sample: readNumber('sample', values.sample ?? '20', 'a number of plans'),
    seed: readNumber('seed', values.seed ?? '1', 'any number'),
    proofs: values.proofs === undefined ? 0 : readNumber('proofs', values.proofs, 'a number of plans'),
    load:
      values.load === undefined ? undefined : readNumber('load', values.load, 'requests a second, e.g. 50'),
    rows: values.rows === undefined ? undefined : readNumber('rows', values.rows, 'rows, e.g. 100000'),
  };
}

function readNumber(option: string, text: string, what: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`--${option} ${text}: ${what}`);
  return number;
}

function readWitness(name: string): Witness {
  const witness = witnesses.find((one) => String(one) === name.trim());
  if (witness === undefined) throw new Error(`--on ${name}: one of ${witnesses.join(', ')}`);
  return witness;
}
