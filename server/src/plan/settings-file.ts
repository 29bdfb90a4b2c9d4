import settingsSchema from '../../../schemas/settings.schema.json' with { type: 'json' };
import type { PlanProblem } from './model.ts';
import { createNodes, type Nodes } from './nodes.ts';
import { createValidator, structuralProblems } from './parse.ts';
import type { Settings } from './settings.ts';
import { parseCount, parseDuration, parsePool, parseWait } from './values.ts';
import { readYaml } from './yaml-document.ts';

/** Reads `.switchback.yaml`. What is wrong in it is a problem at its place; the rest still counts. Never throws. */
export function parseSettings(text: string): {
  readonly settings: Settings;
  readonly problems: readonly PlanProblem[];
} {
  const nothing: Settings = { rules: {}, session: {}, dryRun: {} };
  if (text.trim() === '') return { settings: nothing, problems: [] };
  const yaml = readYaml(text, 'a settings file');
  const { document } = yaml;
  if (!document) return { settings: nothing, problems: yaml.problems };
  const problems = [
    ...yaml.problems,
    ...structuralProblems(text, yaml, [], createValidator(settingsSchema)(text.length)),
  ];
  const nodes = createNodes(yaml.source, document);
  const root = nodes.map(document.contents);
  const session = nodes.map(nodes.get(root, 'session'));
  const dryRun = nodes.map(nodes.get(root, 'dry_run'));
  const rules = nodes.entries(nodes.get(root, 'rules')).flatMap(({ key, value }) => {
    // YAML 1.1 habits: an unquoted off may come as false.
    const word = String(nodes.plain(value) === false ? 'off' : nodes.plain(value));
    return isLevel(word) ? [[key.value, word] as const] : [];
  });
  const lockTimeout = nodes.scalar(nodes.get(session, 'lock_timeout'), parseDuration)?.value;
  const statementTimeout = nodes.scalar(nodes.get(session, 'statement_timeout'), parseDuration)?.value;
  const retries = nodes.scalar(nodes.get(session, 'retries'), parseCount)?.value;
  const rows = nodes.scalar(nodes.get(dryRun, 'rows'), parseCount)?.value;
  const proofs = nodes.plain(nodes.get(dryRun, 'proofs'));
  const stepTimeout = nodes.scalar(nodes.get(dryRun, 'step_timeout'), parseDuration)?.value;
  const amplify = amplifySettings(nodes, dryRun);
  const load = loadSettings(nodes, dryRun);
  const server = serverSettings(nodes, dryRun);
  return {
    settings: {
      rules: Object.fromEntries(rules),
      session: {
        ...(lockTimeout === undefined ? {} : { lockTimeout }),
        ...(statementTimeout === undefined ? {} : { statementTimeout }),
        ...(retries === undefined ? {} : { retries }),
      },
      dryRun: {
        ...(rows === undefined ? {} : { rows }),
        ...(stepTimeout === undefined ? {} : { stepTimeout }),
        ...(typeof proofs === 'boolean' ? { proofs } : {}),
        ...(amplify === undefined ? {} : { amplify }),
        ...(load === undefined ? {} : { load }),
      },
      ...(server === undefined ? {} : { server }),
    },
    problems,
  };
}

function amplifySettings(nodes: Nodes, dryRun: ReturnType<Nodes['map']>): Settings['dryRun']['amplify'] {
  const given = nodes.map(nodes.get(dryRun, 'amplify'));
  const rows = nodes.scalar(nodes.get(given, 'rows'), parseCount)?.value;
  const within = nodes.scalar(nodes.get(given, 'within'), parseDuration)?.value;
  if (rows === undefined && within === undefined) return undefined;
  return { ...(rows === undefined ? {} : { rows }), ...(within === undefined ? {} : { within }) };
}

function loadSettings(nodes: Nodes, dryRun: ReturnType<Nodes['map']>): Settings['dryRun']['load'] {
  const given = nodes.map(nodes.get(dryRun, 'load'));
  const maxWait = nodes.scalar(nodes.get(given, 'max_wait'), parseWait)?.value;
  const pool = nodes.scalar(nodes.get(given, 'pool'), parsePool)?.value;
  if (maxWait === undefined && pool === undefined) return undefined;
  return { ...(maxWait === undefined ? {} : { maxWait }), ...(pool === undefined ? {} : { pool }) };
}

function serverSettings(nodes: Nodes, dryRun: ReturnType<Nodes['map']>): Settings['server'] {
  const text = (node: unknown) => nodes.string(node)?.value || undefined;
  const production = nodes.items(nodes.get(dryRun, 'production')).flatMap((node) => text(node) ?? []);
  const commands = nodes.map(nodes.get(dryRun, 'clone'));
  const create = text(nodes.get(commands, 'create'));
  const destroy = text(nodes.get(commands, 'destroy'));
  const clone = create !== undefined && destroy !== undefined ? { create, destroy } : undefined;
  const calibrate = text(nodes.get(dryRun, 'calibrate'));
  if (production.length === 0 && !clone && calibrate === undefined) return undefined;
  return {
    ...(production.length === 0 ? {} : { production }),
    ...(clone ? { clone } : {}),
    ...(calibrate === undefined ? {} : { calibrate }),
  };
}

function isLevel(word: string): word is Settings['rules'][string] {
  return ['off', 'info', 'warning', 'error'].includes(word);
}
