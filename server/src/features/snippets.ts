// biome-ignore-all lint/suspicious/noTemplateCurlyInString: places to fill in are written so
import type { YamlPath } from '../plan/yaml-place.ts';

/** A part of a plan with places to fill in, written as in the first column: `${1:name}`. */
export interface Snippet {
  readonly label: string;
  readonly about: string;
  readonly text: string;
}

const step = '- step: ${1:What it does}\n  id: ${2:name_of_it}\n';

const stepSnippets: readonly Snippet[] = [
  {
    label: 'sql step',
    about: 'SQL that runs in one transaction, and the SQL that undoes it',
    text: `${step}  sql: \${3:ALTER TABLE users ADD COLUMN handle text;}\n  estimate: \${4:1s}\n  rollback: \${5:ALTER TABLE users DROP COLUMN handle;}`,
  },
  {
    label: 'index step',
    about: 'An index that is built while reading and writing go on',
    text: `${step}  transaction: false\n  sql: |\n    SET lock_timeout = 0;\n    CREATE INDEX CONCURRENTLY \${3:users_handle_idx} ON \${4:users} (\${5:handle});\n  rollback:\n    transaction: false\n    sql: |\n      SET lock_timeout = 0;\n      DROP INDEX CONCURRENTLY \${3:users_handle_idx};`,
  },
  {
    label: 'backfill step',
    about: 'An UPDATE in batches, each its own transaction',
    text: `${step}  backfill:\n    table: \${3:users}\n    set: \${4:handle = username}\n    where: \${5:handle IS NULL}\n    batch: \${6:10000}\n    pause: \${7:100ms}\n  rollback: { not_needed: \${8:nothing reads the column yet} }`,
  },
  {
    label: 'deploy step',
    about: 'The application goes to another version',
    text: `${step}  deploy: \${3:v2}\n  rollback: { deploy: \${4:v1} }`,
  },
  {
    label: 'verify step',
    about: 'A query whose result must be as expected',
    text: `${step}  verify:\n    sql: \${3:SELECT count(*) FROM users WHERE handle IS NULL}\n    expect: \${4:0}`,
  },
  {
    label: 'wait step',
    about: 'A soak, with the alerts to watch',
    text: '- step: ${1:Watch it for a day}\n  wait: ${2:24h}',
  },
];

const phaseSnippets: readonly Snippet[] = [
  {
    label: 'phase',
    about: 'A phase with its first step',
    text: '- phase: ${1:Expand}\n  risk: ${2|low,medium,high|}\n  steps:\n    - step: ${3:What it does}\n      sql: ${4:ALTER TABLE users ADD COLUMN handle text;}\n      rollback: ${5:ALTER TABLE users DROP COLUMN handle;}',
  },
];

const plan: Snippet = {
  label: 'plan',
  about: 'A whole plan to fill in: checklist, expand, migrate, contract, monitoring, clean-up',
  text: `migration: \${1:Rename users.username to users.handle}
database:
  type: postgresql
  version: \${2|18,17,16,15,14|}
  schema: \${3:schema.sql}
tables:
  \${4:users}: { rows: \${5:8M}, size: \${6:2.4GB} }
traffic: \${7:2000/s}
session:
  lock_timeout: 2s
  statement_timeout: 15min
  retries: 5

app:
  runs: v1
  versions:
    v1:
      - \${8:SELECT id, username FROM users}
    v2:
      - \${9:SELECT id, username, handle FROM users}

checklist:
  - Backup restored on staging and opened

phases:
  - phase: Expand
    risk: low
    steps:
      - step: \${10:Add the new column}
        sql: \${11:ALTER TABLE users ADD COLUMN handle text;}
        rollback: \${12:ALTER TABLE users DROP COLUMN handle;}

  - phase: Migrate
    risk: medium
    steps:
      - step: Write both
        deploy: v2
        rollback: { deploy: v1 }
      - step: Copy the old values
        backfill:
          table: \${4:users}
          set: \${13:handle = username}
          where: \${14:handle IS DISTINCT FROM username}
          batch: 10000
          pause: 100ms
        rollback: { not_needed: \${15:no version reads it yet} }
      - step: Nothing was missed
        verify:
          sql: \${16:SELECT count(*) FROM users WHERE handle IS DISTINCT FROM username}
          expect: 0

monitoring:
  alerts:
    - metric: \${17:query_latency_p99}
      warning: "> 200ms"
      critical: "> 500ms"
      action: \${18:Pause the backfill}

cleanup:
  - \${19:Archive this plan with its measured timings}
$0`,
};

/** Whole items for a list at a path, each with its dash. */
export function itemSnippets(path: YamlPath): readonly Snippet[] {
  const [root, , list, , part] = path;
  if (root === 'phases') {
    if (path.length === 1) return phaseSnippets;
    if (list === 'steps' && path.length === 3) return stepSnippets;
    if (part === 'code') return [code];
  }
  if (root === 'checklist') return [check];
  if (root === 'monitoring' && path[1] === 'alerts') return [alert];
  return root === 'monitoring' && path[1] === 'queries' ? [query] : [];
}

const code: Snippet = {
  label: 'code',
  about: 'Code of this version of the application',
  text: '- file: ${1:src/users/users.service.ts}\n  language: ${2:typescript}\n  body: |\n    ${3:// …}',
};
const check: Snippet = {
  label: 'check',
  about: 'A check that a query makes',
  text: "- check: ${1:No transaction is old}\n  sql: ${2:SELECT count(*) FROM pg_stat_activity WHERE xact_start < now() - interval '1 minute'}\n  expect: ${3:0}",
};
const alert: Snippet = {
  label: 'alert',
  about: 'When to look, when to act, and what to do then',
  text: '- metric: ${1:query_latency_p99}\n  warning: "${2:> 200ms}"\n  critical: "${3:> 500ms}"\n  action: ${4:Pause the backfill}',
};
const query: Snippet = {
  label: 'query',
  about: 'A query to watch',
  text: '- name: ${1:Backfill progress}\n  sql: ${2:SELECT count(*) FROM users WHERE handle IS NULL}',
};

/** A plan for a file that has no keys yet. */
export const planSnippet = plan;

/** Keys with what they need to mean anything, in block style. */
const keyTexts: Readonly<Record<string, string>> = {
  migration: 'migration: ${1:What it does}',
  database: 'database:\n  type: postgresql\n  version: ${1|18,17,16,15,14|}\n  schema: ${2:schema.sql}',
  tables: 'tables:\n  ${1:users}: { rows: ${2:1M}, size: ${3:1GB} }',
  traffic: 'traffic: ${1:100/s}',
  session: 'session:\n  lock_timeout: ${1:2s}\n  statement_timeout: ${2:15min}\n  retries: ${3:5}',
  app: 'app:\n  runs: ${1:v1}\n  versions:\n    ${1:v1}:\n      - ${2:SELECT 1}',
  checklist: 'checklist:\n  - ${1:Backup restored on staging and opened}',
  phases: 'phases:\n  - phase: ${1:Expand}\n    steps:\n      - step: ${2:What it does}\n        ',
  monitoring:
    'monitoring:\n  alerts:\n    - metric: ${1:query_latency_p99}\n      warning: "${2:> 200ms}"\n      critical: "${3:> 500ms}"\n      action: ${4:Pause the backfill}',
  cleanup: 'cleanup:\n  - ${1:What is left to do}',
  versions: 'versions:\n  ${1:v1}:\n    - ${2:SELECT 1}',
  steps: 'steps:\n  - step: ${1:What it does}\n    ',
  backfill:
    'backfill:\n  table: ${1:users}\n  set: ${2:handle = username}\n  where: ${3:handle IS NULL}\n  batch: ${4:10000}\n  pause: ${5:100ms}',
  verify: 'verify:\n  sql: ${1:SELECT count(*) FROM users WHERE handle IS NULL}\n  expect: ${2:0}',
  code: 'code:\n  - file: ${1:src/users/users.service.ts}\n    language: ${2:typescript}\n    body: |\n      ${3:// …}',
  alerts: 'alerts:\n  - metric: ${1:query_latency_p99}\n    warning: "${2:> 200ms}"',
  queries:
    'queries:\n  - name: ${1:Backfill progress}\n    sql: ${2:SELECT count(*) FROM users WHERE handle IS NULL}',
};

/** The text that a key is completed to in block style; undefined where the key and its value are all. */
export function keySnippet(key: string): string | undefined {
  return keyTexts[key];
}
