import type { Statement } from '../sql/model.ts';
import type { DatabaseError, Refusal } from './model.ts';

/**
 * Why a sandbox in memory cannot run a statement that a real server could; undefined where it can. Asked before
 * the statement is sent, since some of these would stop the embedded Postgres for good.
 */
export function sandboxRefusal({ node }: Statement): Refusal | undefined {
  if ('CopyStmt' in node) {
    const { is_program, filename, is_from } = node.CopyStmt;
    if (is_program) return refuse('run programs for COPY');
    if (filename) return refuse(`${is_from ? 'read' : 'write'} files for COPY`);
    return is_from
      ? { message: 'COPY FROM STDIN needs an input, and a plan has none.', hint: 'Use INSERT.' }
      : { message: 'COPY TO STDOUT needs a reader, and a plan has none.', hint: 'Use SELECT.' };
  }
  if ('CreateTableSpaceStmt' in node || 'DropTableSpaceStmt' in node) return refuse('have tablespaces');
  if ('CreateSubscriptionStmt' in node || 'AlterSubscriptionStmt' in node || 'DropSubscriptionStmt' in node)
    return refuse('subscribe to another server');
  if ('CreatedbStmt' in node || 'DropdbStmt' in node) return refuse('have a second database');
  if ('LoadStmt' in node) return refuse('load libraries');
  if ('AlterSystemStmt' in node) return refuse("change a server's configuration");
  return undefined;
}

/** An error that tells of the sandbox and not of the plan, said so; others as they are. */
export function explainSandboxError(error: DatabaseError, engine: string): DatabaseError {
  const extension = /^extension "(.+)" is not available$/.exec(error.message)?.[1];
  if (extension !== undefined)
    return {
      ...error,
      message: `${engine} does not come with the extension "${extension}": that is no fault of the plan.`,
      hint: 'A dry run on the embedded Postgres can show nothing of what needs it.',
    };
  if (/^tablespace ".+" does not exist$/.test(error.message))
    return { ...error, message: `${cannot('have tablespaces')} (${error.message})` };
  if (/could not load (library|dynamic lib)/.test(error.message))
    return { ...error, message: cannot('load the library that this needs') };
  if (error.message === 'out of memory')
    return {
      ...error,
      message: `${cannot('hold this in memory')} (out of memory)`,
      hint: 'Give the dry run fewer rows.',
    };
  return error;
}

function cannot(what: string): string {
  return `The embedded Postgres cannot ${what}: that is no fault of the plan.`;
}

function refuse(what: string): Refusal {
  return { message: cannot(what), hint: 'Rehearse this step on a real server.' };
}
