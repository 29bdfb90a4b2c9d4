// Writes what follows from the rules: their pages and the list of them, the settings in package.json, the rule names
// in the schemas and the README's table. With --check it writes nothing and fails where a file is not what it would write.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rulePage } from '../server/src/rules/page.ts';
import { type RuleGroup, ruleGroups, rules } from '../server/src/rules/registry.ts';

const root = join(__dirname, '..');
const check = process.argv.includes('--check');
const pages = join(root, 'server/docs/rules');
/** Pages written by hand, beside the generated ones. */
const handWritten = new Set(['plan-file.md']);

const drift: string[] = [];
mkdirSync(pages, { recursive: true });
emit('server/docs/rules.md', ruleList());
for (const rule of rules) emit(`server/docs/rules/${rule.id}.md`, rulePage(rule));
for (const name of readdirSync(pages)) {
  const known = handWritten.has(name) || rules.some((rule) => `${rule.id}.md` === name);
  if (known) continue;
  if (check) drift.push(`server/docs/rules/${name} belongs to no rule`);
  else rmSync(join(pages, name));
}
emitJson('package.json', (manifest) => {
  const configuration = manifest.contributes?.configuration;
  if (!configuration?.properties) return;
  configuration.properties['switchback.rules'] = rulesSetting();
});
emitJson('schemas/settings.schema.json', (schema) => {
  schema.properties.rules.properties = ruleProperties();
});
emitJson('schemas/plan.schema.json', (schema) => {
  schema.definitions.allow.properties = Object.fromEntries(
    rules.map(({ id, title }) => [id, { $ref: '#/definitions/allowReason', description: `${title}.` }]),
  );
});
emit('README.md', withTable(readFileSync(join(root, 'README.md'), 'utf8')));

if (drift.length > 0) {
  console.error(`${drift.join('\n')}\nRun: npm run generate`);
  process.exitCode = 1;
}

function rulesSetting() {
  return {
    type: 'object',
    scope: 'resource',
    markdownDescription:
      'How each rule reports: `off`, `info`, `warning` or `error`. A `.switchback.yaml` in the workspace wins over this setting.',
    default: {},
    additionalProperties: false,
    properties: ruleProperties(),
  };
}

function ruleProperties() {
  return Object.fromEntries(
    rules.map(({ id, title, severity, off }) => [
      id,
      {
        type: 'string',
        enum: ['off', 'info', 'warning', 'error'],
        default: off ? 'off' : severity,
        description: `${title}.`,
      },
    ]),
  );
}

function withTable(readme: string): string {
  const links = ({ rules }: RuleGroup, off: boolean) =>
    rules
      .filter((rule) => (rule.off ?? false) === off)
      .map(({ id }) => `[${id}](server/docs/rules/${id}.md)`)
      .join(', ');
  const rows = ruleGroups.map((group) => {
    const off = links(group, true);
    return `| **${group.title}**: ${group.about} | ${links(group, false)}${off && `; off: ${off}`} |`;
  });
  const table = ['| about | rules |', '|---|---|', ...rows].join('\n');
  const marks = /(<!-- rules -->\n)[\s\S]*?(<!-- \/rules -->)/;
  if (!marks.test(readme)) throw new Error('README.md has no <!-- rules --> … <!-- /rules --> part');
  return readme.replace(marks, (_, open: string, close: string) => `${open}${table}\n${close}`);
}

/** All rules on one page. */
function ruleList(): string {
  const sections = ruleGroups.map(({ title, about, rules: own }) => {
    const rows = own.map(
      ({ id, title: what, severity, off, fixable }) =>
        `| [\`${id}\`](rules/${id}.md) | ${what} | ${off ? 'off' : severity} | ${fixable ? 'yes' : ''} |`,
    );
    const table = ['| rule | what it finds | severity | fix |', '|---|---|---|---|', ...rows].join('\n');
    return `## ${title}\n\n${about.charAt(0).toUpperCase()}${about.slice(1)}.\n\n${table}\n`;
  });
  return `# Rules\n\nThe severity is the usual one: figures of the plan make it milder for a small table. A rule that is off runs where a\nsetting gives it a severity.\n\n${sections.join('\n')}`;
}

// biome-ignore lint/suspicious/noExplicitAny: a JSON file is what it is; the edits above say what they expect of it.
function emitJson(path: string, edit: (value: any) => void): void {
  const value = JSON.parse(readFileSync(join(root, path), 'utf8'));
  edit(value);
  emit(path, `${JSON.stringify(value, null, 2)}\n`);
}

function emit(path: string, text: string): void {
  const formatted = path.endsWith('.json') ? formatJson(path, text) : text;
  const file = join(root, path);
  if (readOrEmpty(file) === formatted) return;
  if (check) drift.push(`${path} is not what the rules say`);
  else writeFileSync(file, formatted);
}

/** As the formatter leaves it, so that generating and formatting never fight. */
function formatJson(path: string, text: string): string {
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  return execFileSync(process.execPath, [biome, 'format', `--stdin-file-path=${path}`], {
    cwd: root,
    input: text,
    encoding: 'utf8',
  });
}

function readOrEmpty(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
