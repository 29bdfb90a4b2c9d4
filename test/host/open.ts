import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type CodeServer, startCodeServer } from './code-server.ts';
import { copyExamples, type ExamplesCopy, root } from './examples.ts';
import { workbenchUrl } from './workbench.ts';

interface Options {
  readonly port: number | undefined;
  /** Without trust: the window is in Restricted Mode. */
  readonly restricted: boolean;
}

/** Leaves VS Code running with the extension and a copy of the examples, for a person with a browser. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { port: { type: 'string' }, restricted: { type: 'boolean', default: false } },
  });
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  const copy = await copyExamples();
  try {
    const { restricted } = values;
    const served = serve(copy, {
      restricted,
      port: values.port === undefined ? undefined : Number(values.port),
    });
    await Promise.race([served.then(() => stopped), stopped]);
    // Where it has not come up yet, it ends with this process.
    await Promise.race([served.then((server) => server.close()), sleep(2_000)]);
  } finally {
    await copy.remove();
  }
}

async function serve(copy: ExamplesCopy, { port, restricted }: Options): Promise<CodeServer> {
  const server = await startCodeServer({
    dataFolder: copy.userData,
    extensionsFolder: copy.extensions,
    enforceTrust: restricted,
    env: {},
    ...(port === undefined ? {} : { port }),
  });
  const url = workbenchUrl({
    port: server.port,
    host: '127.0.0.1',
    folder: copy.workspace,
    extensionPath: root,
    file: join(copy.workspace, 'as-published/as-published.migration.yaml'),
  });
  console.log(`
VS Code with Switchback, on a copy of the examples (changes are lost when it ends):

  ${url}

Open that address in a browser on this machine. After "npm run build", reload the page. Ctrl-C ends it.`);
  return server;
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
