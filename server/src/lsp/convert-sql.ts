import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Parsers } from '../analyze.ts';
import { listFolder } from '../node-files.ts';
import { convertFile } from '../recipes/convert/from-folder.ts';
import { pathOf } from './files.ts';
import type { ConvertSqlParams, ConvertSqlResult } from './protocol.ts';
import type { Sources } from './sources.ts';

/** Answers `convertSqlRequest`. */
export function convertSql(
  { uri, text: unsaved, planUri, schemaUri, pgVersion }: ConvertSqlParams,
  { parsers, sources }: { readonly parsers: Parsers; readonly sources: Sources },
): ConvertSqlResult {
  const [path, plan] = [pathOf(uri), pathOf(planUri)];
  if (path === undefined || plan === undefined)
    return { refused: 'Migrations are read from a local disk, and plans written to one.' };
  const schemaPath = schemaUri === undefined ? undefined : pathOf(schemaUri);
  const schema = schemaPath === undefined ? undefined : sources.read(schemaPath);
  if (schema && 'error' in schema) return { refused: `The schema cannot be read: ${schema.error}.` };
  const folder = dirname(plan);
  const source = path.replaceAll('\\', '/');
  const made = convertFile({
    path: source,
    shown: relative(folder, path).replaceAll('\\', '/'),
    files: {
      list: listFolder,
      read: (file) => (file === source && unsaved !== undefined ? { text: unsaved } : sources.read(file)),
    },
    parsers,
    schema: schema && { sql: schema.text, path: relative(folder, schemaPath ?? '').replaceAll('\\', '/') },
    pgVersion,
  });
  if ('problem' in made) return { refused: made.problem };
  const { text, notes, schemaSql, name } = made;
  if (schemaSql === undefined) return { text, notes };
  const beside = pathToFileURL(join(folder, `${name}.schema.sql`)).href;
  return { text, notes, schema: { uri: beside, text: schemaSql } };
}
