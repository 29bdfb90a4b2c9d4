import type { Statement } from '../sql/model.ts';
import type { Refusal } from './model.ts';

/**
 * Why a statement is not run on somebody's server: it reaches outside of the scratch database. Undefined where it
 * stays inside.
 */
export function refusalOnServer({ node }: Statement): Refusal | undefined {
  if ('CopyStmt' in node) {
    const { is_program, filename, is_from } = node.CopyStmt;
    if (is_program) return refuse('runs a program on the server');
    if (filename) return refuse(`${is_from ? 'reads' : 'writes'} a file of the server`);
    return is_from
      ? { message: 'COPY FROM STDIN needs an input, and a plan has none.', hint: 'Use INSERT.' }
      : { message: 'COPY TO STDOUT needs a reader, and a plan has none.', hint: 'Use SELECT.' };
  }
  if ('CreatedbStmt' in node || 'DropdbStmt' in node) return refuse('makes or drops a database');
  if ('AlterSystemStmt' in node) return refuse("changes the server's configuration");
  return undefined;
}

function refuse(what: string): Refusal {
  return {
    message: `This ${what}, outside of the scratch database: it was not run.`,
    hint: 'Rehearse the plan without this statement, or on the embedded Postgres.',
  };
}
