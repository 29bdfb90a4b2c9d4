// Measures Switchback on other linters' test cases: of those that expect a finding how many get one of the same
// concept, and of those that expect silence how many do not stay silent: of all, and of those that Postgres bears out.
//   node --import tsx test/bench/peer-cases.ts CASES.jsonl [--concept N] [--verbose]
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { PGlite } from '@electric-sql/pglite';
import { type Analysis, analyze, loadParsers, type Parsers } from '../../server/src/analyze.ts';
import { pgVersions } from '../../server/src/effects/model.ts';
import { rules } from '../../server/src/rules/registry.ts';
import { defaultSettings, type Settings } from '../../server/src/rules/settings.ts';
import {
  assumesTransaction,
  isAboutOlderVersion,
  type PeerCase,
  readPeerCases,
  versionOf,
} from './peer-case-file.ts';
import { rulesOfConcept } from './peer-concepts.ts';
import { atOdds, contradicted } from './peer-contradictions.ts';

interface Judged {
  readonly peerCase: PeerCase;
  /** The concepts of the case that are taken. */
  readonly concepts: readonly number[];
  readonly fired: readonly Analysis['findings'][number][];
  /** Whether a rule of one of its concepts fired. */
  readonly same: boolean;
}

async function run(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { concept: { type: 'string' }, verbose: { type: 'boolean', default: false } },
  });
  const path = positionals[0] ?? process.env.SWITCHBACK_PEER_CASES;
  if (path === undefined || !existsSync(path)) {
    const why = path === undefined ? 'no file is named' : 'there is no such file';
    console.log(`Peer cases: not measured, ${why} (an argument, or SWITCHBACK_PEER_CASES).`);
    return;
  }
  checkRuleNames();
  const only = values.concept === undefined ? undefined : Number(values.concept);
  const parsers = await loadParsers();
  const cases = readPeerCases(path);
  const older = cases.filter(isAboutOlderVersion);
  const judgedBy = (settingsFor: (peerCase: PeerCase) => Settings) =>
    cases
      .filter((peerCase) => !older.includes(peerCase))
      .map((peerCase) => judge(peerCase, parsers, settingsFor(peerCase), only))
      .filter(({ concepts }) => concepts.length > 0);
  const judged = judgedBy(settingsFor);
  report(judged, values.verbose);
  if (older.length > 0)
    console.log(`${older.length} cases are left out: they are about Postgres before ${pgVersions.oldest}.`);
  console.log(`With every rule on for silence too: ${totals(judgedBy(() => withRules(() => true)))}`);
  await reportBorneOut(judged, parsers);
}

/** The same without the cases that are at odds with others or with Postgres, each of them with the reason. */
async function reportBorneOut(judged: readonly Judged[], parsers: Parsers): Promise<void> {
  const cases = judged.map(({ peerCase }) => peerCase);
  const others = atOdds(cases, parsers.sql);
  const db = await PGlite.create();
  const { shown, notShown } = await contradicted(cases, db, parsers.sql);
  await db.close();
  if (notShown.length > 0)
    throw new Error(`Postgres does not do what peer-contradictions.ts says of ${notShown.join(', ')}.`);
  const isBorneOut = ({ peerCase: { id } }: Judged) => !others.has(id) && !shown.has(id);
  const borneOut = judged.filter(isBorneOut);
  console.log(`\nWithout ${judged.length - borneOut.length} cases that others or Postgres contradict:`);
  console.log(`     ${totals(borneOut)}`);
  for (const one of judged) {
    const { id, expect } = one.peerCase;
    const against = others.get(id);
    const reason = against ? `the same text has it the other way: ${against.join(', ')}` : shown.get(id);
    if (reason === undefined) continue;
    const ours = one.same ? 'a finding' : 'silence';
    console.log(`${String(id).padStart(4)}  expects ${expect.padEnd(7)}  gets ${ours.padEnd(9)}  ${reason}`);
  }
  const left = borneOut.filter(({ peerCase, same }) => same !== (peerCase.expect === 'finding'));
  console.log(`What else differs: ${left.map(({ peerCase }) => peerCase.id).join(', ') || 'nothing'}.`);
}

/** A concept whose rule was renamed would look as if it were missed: said, and the run fails. */
function checkRuleNames(): void {
  const known = new Set(rules.map(({ id }) => id));
  const unknown = Object.values(rulesOfConcept)
    .flat()
    .filter((id) => !known.has(id));
  if (unknown.length > 0)
    throw new Error(`peer-concepts.ts names rules that do not exist: ${unknown.join(', ')}`);
}

/**
 * What comes switched off is measured too: where a finding is looked for. Where silence is, it is on only for
 * concepts that nothing which is on by default judges: there the case asks what the opinion is, once it is asked for.
 */
function settingsFor({ expect, concepts }: PeerCase): Settings {
  if (expect === 'finding') return withRules(() => true);
  const asked = concepts
    .map((concept) => rulesOfConcept[concept] ?? [])
    .filter((ids) => ids.every((id) => rules.some((rule) => rule.id === id && rule.off)))
    .flat();
  return withRules((id) => asked.includes(id));
}

/** The usual settings, and of the rules that come switched off these on. */
function withRules(isOn: (id: string) => boolean): Settings {
  const on = rules.filter((rule) => rule.off && isOn(rule.id));
  return { ...defaultSettings, rules: Object.fromEntries(on.map(({ id, severity }) => [id, severity])) };
}

function judge(peerCase: PeerCase, parsers: Parsers, settings: Settings, only?: number): Judged {
  const concepts = peerCase.concepts.filter(
    (concept) => concept in rulesOfConcept && (only === undefined || concept === only),
  );
  if (concepts.length === 0) return { peerCase, concepts, fired: [], same: false };
  const pgVersion = versionOf(peerCase);
  const { text, kind } = documentOf(peerCase, parsers);
  const { findings } = analyze(text, {
    parsers,
    kind,
    settings,
    readFile: (name) => ({ error: `${name} is not part of the case.` }),
    ...(pgVersion === undefined ? {} : { pgVersion }),
  });
  const wanted = new Set(concepts.flatMap((concept) => rulesOfConcept[concept] ?? []));
  return { peerCase, concepts, fired: findings, same: findings.some(({ rule }) => wanted.has(rule)) };
}

/** A plain file; where the original test supposes a runner that opens a transaction, the one step of a plan, which is one. */
function documentOf(peerCase: PeerCase, parsers: Parsers): { text: string; kind: 'plan' | 'sql' } {
  const { sql } = peerCase;
  const { statements } = parsers.sql.parse(sql);
  const apart = statements.length === 1 && isRefusedInTransaction(sql, parsers);
  if (apart || !assumesTransaction(peerCase, statements.length)) return { text: sql, kind: 'sql' };
  const steps = [{ step: 'The file', sql, rollback: { not_needed: 'measured alone' } }];
  const plan = { migration: 'A case', database: { type: 'postgresql' }, phases: [{ phase: 'All', steps }] };
  return { text: JSON.stringify(plan, undefined, 2), kind: 'plan' };
}

/** A runner has to send it by itself. */
function isRefusedInTransaction(sql: string, parsers: Parsers): boolean {
  const readFile = () => ({ error: 'there is none' });
  return analyze(sql, { parsers, kind: 'sql', readFile }).statements.some(
    ({ s }) => !s.effects.transactional,
  );
}

function report(judged: readonly Judged[], verbose: boolean): void {
  const concepts = [...new Set(judged.flatMap((one) => one.concepts))].sort((a, b) => a - b);
  for (const concept of concepts) {
    const about = judged.filter((one) => one.concepts.includes(concept));
    const names = rulesOfConcept[concept]?.join(', ') ?? '';
    console.log(`${String(concept).padStart(3)}  ${totals(about)}  ${names}`);
  }
  console.log(`all  ${totals(judged)}  ${concepts.length} ${concepts.length === 1 ? 'concept' : 'concepts'}`);
  if (!verbose) return;
  for (const one of judged) {
    const missed = one.peerCase.expect === 'finding' && !one.same;
    const alarm = one.peerCase.expect === 'silence' && one.same;
    if (missed || alarm) describe(one, missed ? 'MISSED' : 'FALSE ALARM');
  }
}

function totals(judged: readonly Judged[]): string {
  const share = (expect: PeerCase['expect']) => {
    const about = judged.filter(({ peerCase }) => peerCase.expect === expect);
    const fired = about.filter(({ same }) => same).length;
    const percent = about.length === 0 ? '-' : `${((100 * fired) / about.length).toFixed(1)} %`;
    return `${fired}/${about.length}`.padStart(7) + percent.padStart(9);
  };
  return `found ${share('finding')}   fired in silence ${share('silence')}`;
}

function describe({ peerCase, concepts, fired }: Judged, verdict: string): void {
  const { id, source, context, sql } = peerCase;
  console.log(
    `\n${verdict} ${id} (${source}; concepts ${concepts.join(', ')}; ${context.trim() || 'no context'})`,
  );
  console.log(sql.trim().replace(/^/gm, '    '));
  for (const { rule, severity, message } of fired) console.log(`  ${severity} [${rule}] ${message}`);
}

run().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
