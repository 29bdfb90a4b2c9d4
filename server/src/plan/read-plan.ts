import type { Document } from 'yaml';
import type { Located, Range } from '../text/range.ts';
import type {
  App,
  Database,
  Monitoring,
  Phase,
  Plan,
  PlanProblem,
  SessionSettings,
  TableSize,
} from './model.ts';
import { nearest } from './nearest.ts';
import { createNodes, type Nodes } from './nodes.ts';
import { pathProblem, type Reading, readExpectation } from './read-action.ts';
import { readAllow } from './read-step.ts';
import type { ReadStep, StepId } from './step-readings.ts';
import { parseCount, parseRate, parseSize, parseTimeout } from './values.ts';

/** The plan of a text that holds none. */
export function emptyPlan(text: string): Plan {
  return {
    migration: undefined,
    type: undefined,
    database: { type: undefined, version: undefined, schema: undefined, range: undefined },
    tables: [],
    traffic: undefined,
    session: { lockTimeout: undefined, statementTimeout: undefined, retries: undefined, range: undefined },
    app: undefined,
    checklist: [],
    phases: [],
    monitoring: undefined,
    cleanup: [],
    allow: [],
    range: { start: 0, end: text.length },
  };
}

/** Reads the typed model out of a YAML document, and reports what the schema cannot say. */
export function readPlan(
  text: string,
  document: Document.Parsed,
  readFile: Reading['readFile'],
  readStep: ReadStep,
): { readonly plan: Plan; readonly problems: readonly PlanProblem[] } {
  const problems: PlanProblem[] = [];
  const nodes = createNodes(text, document);
  const reading: Reading = { nodes, readFile, report: (problem) => problems.push(problem) };
  const root = nodes.map(document.contents);
  const get = (key: string) => nodes.get(root, key);
  const app = readApp(nodes, get('app'));
  const phases = readPhases(reading, readStep, get('phases'));
  reportVersions(reading, app, phases);
  const plan: Plan = {
    migration: nodes.string(get('migration')),
    type: nodes.string(get('type')),
    database: readDatabase(reading, get('database')),
    tables: readTables(nodes, get('tables')),
    traffic: nodes.scalar(get('traffic'), parseRate),
    session: readSession(nodes, get('session')),
    app,
    checklist: readChecklist(reading, get('checklist')),
    phases,
    monitoring: readMonitoring(nodes, get('monitoring')),
    cleanup: nodes.items(get('cleanup')).flatMap((item) => nodes.string(item) ?? []),
    allow: readAllow(reading, get('allow')),
    range: root ? nodes.range(root) : { start: 0, end: text.length },
  };
  return { plan, problems };
}

function readDatabase({ nodes, report }: Reading, node: unknown): Database {
  const map = nodes.map(node);
  const schema = nodes.string(nodes.get(map, 'schema'));
  const refused = schema && pathProblem(schema.value);
  if (refused) {
    const message = `The baseline schema is not read: ${refused.error}`;
    report({ code: 'plan-file', message, range: schema.range });
  }
  return {
    type: nodes.string(nodes.get(map, 'type')),
    version: nodes.scalar(nodes.get(map, 'version'), wholeNumber),
    schema: refused ? undefined : schema,
    range: map && nodes.range(map),
  };
}

function wholeNumber(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

function readTables(nodes: Nodes, node: unknown): readonly TableSize[] {
  return nodes.entries(node).map(({ key, value }) => {
    const map = nodes.map(value);
    return {
      name: key,
      rows: nodes.scalar(nodes.get(map, 'rows'), parseCount),
      size: nodes.scalar(nodes.get(map, 'size'), parseSize),
    };
  });
}

function readSession(nodes: Nodes, node: unknown): SessionSettings {
  const map = nodes.map(node);
  const lockTimeout = nodes.scalar(nodes.get(map, 'lock_timeout'), parseTimeout);
  const keys = nodes.entries(node).map(({ key }) => key.value);
  const meant = keys.some((key) => nearest(key, ['lock_timeout', 'statement_timeout']) === 'lock_timeout');
  return {
    lockTimeout,
    statementTimeout: nodes.scalar(nodes.get(map, 'statement_timeout'), parseTimeout),
    retries: nodes.scalar(nodes.get(map, 'retries'), wholeNumber),
    ...(meant && !lockTimeout ? { lockTimeoutUnreadable: true } : {}),
    range: map && nodes.range(map),
  };
}

function readApp(nodes: Nodes, node: unknown): App | undefined {
  const map = nodes.map(node);
  return (
    map && {
      framework: nodes.string(nodes.get(map, 'framework')),
      orm: nodes.string(nodes.get(map, 'orm')),
      runs: nodes.string(nodes.get(map, 'runs')),
      versions: nodes.entries(nodes.get(map, 'versions')).map(({ key, value }) => ({
        name: key,
        statements: nodes.items(value).flatMap((item) => nodes.sql(item) ?? []),
      })),
      range: nodes.range(map),
    }
  );
}

function readChecklist(reading: Reading, node: unknown): Plan['checklist'] {
  const { nodes } = reading;
  return nodes.items(node).flatMap((item) => {
    const map = nodes.map(item);
    const text = map ? nodes.string(nodes.get(map, 'check')) : nodes.string(item);
    if (!text) return [];
    const sql = nodes.sql(nodes.get(map, 'sql'));
    return [{ text, sql, expect: readExpectation(reading, map), range: nodes.range(item) }];
  });
}

function readMonitoring(nodes: Nodes, node: unknown): Monitoring | undefined {
  const map = nodes.map(node);
  if (!map) return undefined;
  const alerts = nodes.items(nodes.get(map, 'alerts')).flatMap((item) => {
    const alert = nodes.map(item);
    const metric = nodes.string(nodes.get(alert, 'metric'));
    const word = (key: string) => nodes.string(nodes.get(alert, key));
    return metric
      ? [
          {
            metric,
            warning: word('warning'),
            critical: word('critical'),
            action: word('action'),
            promql: word('promql'),
          },
        ]
      : [];
  });
  const queries = nodes.items(nodes.get(map, 'queries')).flatMap((item) => {
    const query = nodes.map(item);
    const name = nodes.string(nodes.get(query, 'name'));
    return name ? [{ name, sql: nodes.sql(nodes.get(query, 'sql')) }] : [];
  });
  return { alerts, queries };
}

function readPhases(reading: Reading, readStep: ReadStep, node: unknown): readonly Phase[] {
  const { nodes } = reading;
  const ids: Ids = { taken: new Map(), explicit: new Set(), counts: new Map() };
  const phases = nodes.items(node).map((item) => {
    const map = nodes.map(item);
    const steps = nodes.items(nodes.get(map, 'steps')).filter((step) => nodes.map(step));
    return { item, map, steps: steps.map((step) => readStep(reading, step)) };
  });
  for (const { steps } of phases)
    for (const { id } of steps) if (id.written) ids.explicit.add(id.written.value);
  return phases.map(({ item, map, steps }) => ({
    name: nodes.string(nodes.get(map, 'phase')) ?? {
      value: 'unnamed phase',
      range: nodes.range(map?.items[0]?.key),
    },
    risk: nodes.string(nodes.get(map, 'risk')),
    steps: steps.map((step) => step.withId(uniqueId(reading, step.id, ids))),
    allow: readAllow(reading, nodes.get(map, 'allow')),
    range: nodes.range(item),
  }));
}

interface Ids {
  readonly taken: Map<string, Range>;
  /** Those that steps ask for. */
  readonly explicit: Set<string>;
  /** The last number that was given to a word. */
  readonly counts: Map<string, number>;
}

/** The step's own id, or one made from its name; a second use of an id is reported and given a number. */
function uniqueId(reading: Reading, step: StepId, { taken, explicit, counts }: Ids): string {
  const base = step.written?.value ?? step.fromName;
  const first = taken.get(base);
  if (step.written && first) {
    reading.report({
      code: 'plan-duplicate-id',
      message: `Another step has the id "${base}" already: ids are unique in a plan.`,
      range: step.written.range,
      related: [{ message: 'the first step with this id', range: first }],
    });
  }
  let id = base;
  let n = counts.get(base) ?? 1;
  while (taken.has(id) || (explicit.has(id) && id !== step.written?.value)) id = `${base}_${++n}`;
  counts.set(base, n);
  taken.set(id, step.place);
  return id;
}

/** Every deploy, in steps and rollbacks, and `runs` name a version that is declared. */
function reportVersions(reading: Reading, app: App | undefined, phases: readonly Phase[]): void {
  const names = (app?.versions ?? []).map((version) => version.name.value);
  const known = new Set(names);
  const shown = names.length > 20 ? `${names.slice(0, 20).join(', ')}, …` : names.join(', ');
  const have = names.length > 0 ? `it has ${shown}` : 'it has none';
  const check = (version: Located<string> | undefined) => {
    if (!version || known.has(version.value)) return;
    reading.report({
      code: 'plan-unknown-version',
      message: `"${version.value}" is not a version that app.versions declares: ${have}.`,
      range: version.range,
    });
  };
  check(app?.runs);
  for (const { steps } of phases) {
    for (const { action, rollback } of steps) {
      const actions = [
        ...(action ? [action] : []),
        ...(rollback?.kind === 'actions' ? rollback.actions : []),
      ];
      for (const one of actions) if (one.kind === 'deploy') check(one.version);
    }
  }
}
