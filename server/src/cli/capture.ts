import { resolve } from 'node:path';
import { loadParsers } from '../analyze.ts';
import { schemaPath, withCaptured } from '../rehearsal/captured-plan.ts';
import { nodeSurroundings } from '../rehearsal/connect/node-surroundings.ts';
import { type Captured, captureServer } from '../rehearsal/server-capture.ts';
import { serverName } from '../rehearsal/server-errors.ts';
import { printable } from '../text/terminal.ts';
import { analyzeDocument } from './analysis.ts';
import { readArguments } from './arguments.ts';
import { unusableReason } from './check.ts';
import { type Document, readDocument, writeDocument } from './documents.ts';
import { exitCodes, type Io, UsageError } from './io.ts';
import { createSettingsFinder } from './project-settings.ts';
import { chosenTarget } from './server-engine.ts';
import { count } from './style.ts';

/**
 * `switchback capture PLAN`: writes a server's schema as the plan's baseline, and its tables' figures into the plan.
 * Reads the server and changes nothing there. Returns the exit code.
 */
export async function capture(args: readonly string[], io: Io): Promise<number> {
  const given = readArguments('capture', args, { database: 'string', server: 'boolean' });
  const [path, ...more] = given.files;
  if (path === undefined || path === '-' || more.length > 0)
    throw new UsageError('capture takes one plan, which is a file.', 'capture');
  const target = chosenTarget('capture', given, nodeSurroundings(io.env));
  if (!target) throw new UsageError('capture needs a server: --database URL, or --server.', 'capture');
  const document = await readDocument(path, io);
  if (document.kind === 'sql')
    throw new UsageError(`${path}: figures go into a plan, and this is SQL.`, 'capture');
  const { settings } = createSettingsFinder(io).find(document.folder);
  const { checked, analysis } = analyzeDocument(document, await loadParsers(), { settings });
  if (!checked.usable || analysis === undefined) return fail(unusableReason(checked), io);

  let captured: Captured;
  try {
    captured = await captureServer(target);
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error), io);
  }
  const schema = schemaPath(analysis);
  const isNamed = analysis.plan.database.schema !== undefined;
  const failed = writeSchema(resolve(document.folder, schema), schema, captured.sql, isNamed, io);
  if (failed !== undefined) return fail(failed, io);
  const { text, tables, left } = withCaptured(analysis, captured.tables);
  const unwritten = text === document.text ? undefined : writeDocument(document as Document, text, io);
  if (unwritten !== undefined) return fail(unwritten, io);
  io.stdout.write(
    `${printable(serverName(target))}, PostgreSQL ${captured.version}: the schema is in ${printable(schema)}, the figures of ${count(tables.length, 'table')} in ${printable(path)}.\n`,
  );
  if (left.length === 0) return exitCodes.clean;
  return fail(
    `${path}: the figures of ${left.join(', ')} could not be written without changing something else.`,
    io,
  );
}

/** A file that the plan does not name yet may be anybody's: it is not written over. */
function writeSchema(path: string, name: string, sql: string, isNamed: boolean, io: Io): string | undefined {
  const bytes = new TextEncoder().encode(sql);
  if (io.files.exists(path)) {
    if (!isNamed)
      return `${name} is there already, and the plan does not name it. Name it under database.schema to have it replaced.`;
    const failed = io.files.write(path, bytes);
    return failed && `${name} cannot be written: ${failed.error}.`;
  }
  const failed = io.files.create(path, bytes);
  return failed && `${name} cannot be written: ${failed.error}.`;
}

function fail(message: string, io: Io): number {
  io.stderr.write(`switchback: ${printable(message)}\n`);
  return exitCodes.unusable;
}
