// Tests the plan language's grammar against the YAML, SQL and TypeScript grammars that VS Code itself ships.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { installCodeServer } from '../host/code-server.ts';

const builtIn = [
  'yaml/syntaxes/yaml.tmLanguage.json',
  'yaml/syntaxes/yaml-1.0.tmLanguage.json',
  'yaml/syntaxes/yaml-1.1.tmLanguage.json',
  'yaml/syntaxes/yaml-1.2.tmLanguage.json',
  'yaml/syntaxes/yaml-1.3.tmLanguage.json',
  'yaml/syntaxes/yaml-embedded.tmLanguage.json',
  'sql/syntaxes/sql.tmLanguage.json',
  'typescript-basics/syntaxes/TypeScript.tmLanguage.json',
];

/** The exit code: 0 where every assertion holds. The plan grammar itself is found through package.json. */
async function run(): Promise<number> {
  const extensions = join(await installCodeServer(), 'extensions');
  const program = createRequire(__filename).resolve('vscode-tmgrammar-test/dist/unit.js');
  const grammars = builtIn.flatMap((path) => ['--grammar', join(extensions, path)]);
  const tests = join(__dirname, '*.migration.yaml').replaceAll('\\', '/');
  const { status } = spawnSync(process.execPath, [program, ...grammars, tests], { stdio: 'inherit' });
  return status ?? 1;
}

run().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
