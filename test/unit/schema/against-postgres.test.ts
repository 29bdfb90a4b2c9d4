import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { PGlite } from '@electric-sql/pglite';
import * as fc from 'fast-check';
import { baselineSchema } from '../../../server/src/schema/apply.ts';
import type { SqlParser } from '../../../server/src/sql/model.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';
import { fixture } from '../../prove/forms/fixture.ts';
import { embeddedPostgres } from '../support/embedded-postgres.ts';
import { disagreements } from './ddl/disagreements.ts';
import { follow, sequences, statementsOf } from './ddl/sequence.ts';
import { scripts } from './scripts.ts';
import { differences, simulated } from './simulated.ts';

/** What the random sequences may take, in ms. */
const enough = 8000;
/** The same ones in every run of the suite; SWITCHBACK_DDL_SEED takes another (or `random`), SWITCHBACK_DDL_RUNS more. */
const { SWITCHBACK_DDL_SEED: seedGiven = '18', SWITCHBACK_DDL_RUNS: runsGiven } = process.env;

describe('schema, against Postgres', () => {
  let parser: SqlParser;
  let db: PGlite;

  before(async function () {
    this.timeout(60_000);
    parser = await loadSqlParser();
    db = await embeddedPostgres();
  });

  for (const [name, script] of Object.entries({ ...scripts, ...disagreements })) {
    it(name, async () => {
      const { statements, problems } = parser.parse(script);
      assert.deepEqual(problems, []);
      const outcome = await follow(
        db,
        parser,
        statements.map(
          ({ text }) =>
            () =>
              text,
        ),
      );
      assert.deepEqual(
        outcome.script.slice(0, statements.length),
        statements.map(({ text }) => text),
        'Postgres takes every statement',
      );
      assert.deepEqual(outcome.differences, []);
      assert.deepEqual(differences(simulated(outcome.schema), baselineSchema(parser.parse(script))), []);
    });
  }

  it('random sequences of DDL', async function () {
    this.timeout(runsGiven === undefined ? 10 * enough : 0);
    const property = fc.asyncProperty(sequences, async (sequence) => {
      const { script, differences: found } = await follow(db, parser, statementsOf(sequence));
      assert.deepEqual(found, [], `${script.join(';\n')};\n${found.join('\n')}`);
    });
    // fast-check tells the seed and the path of what fails.
    await fc.assert(property, {
      ...(seedGiven === 'random' ? {} : { seed: Number(seedGiven) }),
      ...(runsGiven === undefined
        ? { numRuns: 400, interruptAfterTimeLimit: enough }
        : { numRuns: Number(runsGiven) }),
    });
  });

  it('a dump gives the same baseline as the statements that it was made from', () => {
    const dump = parser.parseScript(readFileSync('test/fixtures/pg-dump-15.sql', 'utf8'));
    assert.deepEqual(dump.problems, []);
    const source = parser.parse(fixture);
    const schema = baselineSchema(dump);
    assert.equal(schema.complete, true);
    assert.deepEqual(simulated(schema), simulated(baselineSchema(source)));
  });
});
