import { join } from 'node:path';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { analyze, loadParsers } from '../analyze.ts';
import { createEmbeddedEngine } from '../rehearsal/embedded-engine.ts';
import { rehearse } from '../rehearsal/rehearse.ts';
import { rules } from '../rules/registry.ts';
import { createNodeFiles } from './files.ts';
import { startServer } from './server.ts';

const connection = createConnection(ProposedFeatures.all);

// A promise that nobody awaits (a notification to a client that is gone) must not end the server.
process.on('unhandledRejection', (reason) => {
  connection.console.error(
    `Unhandled: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}`,
  );
});

startServer(connection, {
  loadParsers,
  analyze,
  files: createNodeFiles(),
  docsPage,
  rehearse: (distPath) => (analysis, request) =>
    rehearse(analysis, request.engine ?? createEmbeddedEngine({ path: join(distPath, 'embedded') }), request),
});

/** A rule has a page of its own; what is wrong with the file itself stands on the page of the plan file. */
function docsPage(code: string): string {
  return rules.some(({ id }) => id === code) ? `${code}.md` : `plan-file.md#${code}`;
}
