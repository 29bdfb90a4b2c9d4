import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { schemaPath, withCaptured } from '../rehearsal/captured-plan.ts';
import { captureServer } from '../rehearsal/server-capture.ts';
import { serverName } from '../rehearsal/server-errors.ts';
import type { Checked } from './analyses.ts';
import { pathOf } from './files.ts';
import type { CaptureResult, ServerChoice } from './protocol.ts';
import { reachable } from './server-engine.ts';

/** Answers `captureRequest` for a plan that is read. */
export async function captureFor(
  { uri, version, analysis }: Checked,
  choice: ServerChoice,
): Promise<CaptureResult> {
  const path = pathOf(uri);
  if (path === undefined || analysis.kind !== 'plan')
    return { refused: 'Figures go into a plan that is a file: save it first as NAME.migration.yaml.' };
  const target = await reachable(choice);
  if ('refused' in target) return target;
  try {
    const captured = await captureServer(target);
    const { text, tables } = withCaptured(analysis, captured.tables);
    const schema = schemaPath(analysis);
    return {
      schema: {
        uri: pathToFileURL(resolve(dirname(path), schema)).href,
        path: schema,
        text: captured.sql,
        isNamed: analysis.plan.database.schema !== undefined,
      },
      plan: text === analysis.text ? undefined : { text, version },
      tables,
      from: serverName(target),
    };
  } catch (error) {
    if (error instanceof Error) return { refused: error.message };
    throw error;
  }
}
