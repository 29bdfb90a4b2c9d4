import type { Example, Rule } from './define-rule.ts';

/** The newest major version whose manual the pages link to. */
const manualBase = 'https://www.postgresql.org/docs/18/';

/** The address of a page of the Postgres manual. */
export function manualUri(path: string): string {
  return manualBase + path;
}

/** A rule's page in Markdown: what happens, what to do, examples that the tests run, how to silence it. */
export function rulePage(rule: Rule): string {
  const { id, title, docs, examples } = rule;
  const sections = [
    `# ${id}`,
    `${title}. ${reported(rule)}`,
    `## Problem\n\n${docs.problem}`,
    ...examples.bad.map((example) => `${block(example)}${fixedBlock(example)}`),
    `## Solution\n\n${docs.solution}`,
    ...examples.good.map(block),
    rule.off ? switchingOn(rule) : silencing(id),
    ...(docs.manual.length > 0
      ? [
          `## In the Postgres manual\n\n${docs.manual.map((m) => `- [${m.title}](${manualUri(m.path)})`).join('\n')}`,
        ]
      : []),
  ];
  return `${sections.join('\n\n')}\n`;
}

function reported({ severity, off, fixable }: Rule): string {
  const how = `eported as **${severity}**${fixable ? ', with a fix' : ''}.`;
  return off ? `Off until a setting turns it on; then r${how}` : `R${how}`;
}

function switchingOn({ id, severity }: Rule): string {
  return `## Switch it on

Not every team wants this rule. For a whole project, in \`.switchback.yaml\`:

\`\`\`yaml
rules:
  ${id}: ${severity}
\`\`\``;
}

function block(example: Example): string {
  const keys = Object.entries(example.plan ?? {}).map(([key, value]) => `${key}: ${value}\n`);
  const schema = example.schema ? `\`\`\`sql\n-- schema.sql\n${example.schema}\n\`\`\`\n\n` : '';
  return `${schema}\`\`\`yaml\n${keys.join('')}${example.steps}\`\`\``;
}

function fixedBlock(example: Example): string {
  return example.fixed ? `\n\nThe fix makes it:\n\n\`\`\`yaml\n${example.fixed}\`\`\`` : '';
}

function silencing(id: string): string {
  return `## Silence it

On one step, phase or plan, with the reason that the next reader needs:

\`\`\`yaml
allow:
  ${id}: why it is all right here
\`\`\`

In a plain \`.sql\` file, above the statement:

\`\`\`sql
-- switchback: allow ${id}: why it is all right here
\`\`\`

For a whole project, in \`.switchback.yaml\`:

\`\`\`yaml
rules:
  ${id}: off
\`\`\``;
}
