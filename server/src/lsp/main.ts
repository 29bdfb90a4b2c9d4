import { join } from 'node:path';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { analyze, loadParsers } from '../analyze.ts';
import { createEmbeddedEngine } from '../rehearsal/embedded-engine.ts';
import { rehearse } from '../rehearsal/rehearse.ts';
import { rules } from '../rules/registry.ts';
import { createNodeFiles } from './files.ts';
import { startServer } from './server.ts';

startServer(createConnection(ProposedFeatures.all), {
  loadParsers,
  analyze,
  files: createNodeFiles(),
  documented: new Set(rules.map(({ id }) => id)),
  rehearse:
    (distPath) =>
    (analysis, { rows, stepTimeout, signal, onProgress }) =>
      rehearse(analysis, createEmbeddedEngine({ path: join(distPath, 'embedded') }), {
        rows,
        stepTimeout,
        signal,
        onProgress,
      }),
});
