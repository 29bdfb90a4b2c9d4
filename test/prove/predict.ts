import { effectsOf } from '../../server/src/effects/effects.ts';
import type { Effects, LockMode } from '../../server/src/effects/model.ts';
import { baselineSchema } from '../../server/src/schema/apply.ts';
import type { Schema } from '../../server/src/schema/model.ts';
import type { SqlParser, Statement } from '../../server/src/sql/model.ts';
import type { Scene } from './forms/model.ts';

/** What Switchback foretells of a statement, in the terms of what is observed. */
export interface Foretold {
  readonly locks: Readonly<Record<string, LockMode>>;
  /** Of those, the ones that hang on the rows it meets. */
  readonly maybe: readonly string[];
  readonly rewrites: readonly string[];
  /** Everything that is read in full, what is rewritten with it. */
  readonly scans: readonly string[];
  readonly alone: boolean;
  /** Read by an index or in full, or not at all where no row asks for it. */
  readonly perhapsRead: readonly string[];
  /** The oldest version that can do it. */
  readonly since: number;
  /** What the text does not tell. */
  readonly unknown: readonly string[];
  /** Postgres refuses it, whatever the version. */
  readonly refused: boolean;
  /** Part of what it does not tell is who else is locked, or how. */
  readonly moreLocks: boolean;
}

export type Foretell = (sql: string, pgVersion: number) => Foretold;

/** The scene as the schema simulation has it. Throws where the parser has something to say of its setup. */
export function foretellOn(scene: Scene, parser: SqlParser): Foretell {
  const parsed = parser.parse(scene.setup);
  const [problem] = parsed.problems;
  if (problem) throw new Error(`the setup of the scene ${scene.name}: ${problem.message}`);
  const schema = baselineSchema(parsed);
  return (sql, pgVersion) => {
    const [statement] = parser.parse(sql).statements;
    if (!statement) throw new Error(`no statement: ${sql}`);
    return foretell(statement, schema, pgVersion);
  };
}

function foretell(statement: Statement, schema: Schema, pgVersion: number): Foretold {
  const effects = effectsOf(statement, schema, { pgVersion, timeZone: 'UTC' });
  return {
    locks: Object.fromEntries(
      effects.locks.flatMap(({ isNew, relation, mode }) => (isNew ? [] : [[relation, mode] as const])),
    ),
    rewrites: namesOf(effects.rewrites),
    scans: namesOf([...effects.scans, ...effects.builds, ...effects.rewrites]),
    maybe: effects.locks.flatMap(({ relation, maybe }) => (maybe ? [relation] : [])),
    perhapsRead: namesOf([...(effects.lookups ?? []), ...effects.scans.filter(({ maybe }) => maybe)]),
    alone: !effects.transactional,
    since: effects.requires?.version ?? 0,
    unknown: effects.unknown.map(({ fact }) => fact),
    refused:
      (effects.refusals ?? []).length > 0 || effects.unknown.some(({ refused }) => refused !== undefined),
    moreLocks: effects.unknown.some(({ locks }) => locks === true),
  };
}

function namesOf(work: readonly Effects['scans'][number][]): readonly string[] {
  return [...new Set(work.map(({ relation }) => relation))].sort();
}
