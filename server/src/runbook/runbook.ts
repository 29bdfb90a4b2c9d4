import type { Analysis } from '../analyze.ts';
import type { LockPreview, Preview, StepPreview } from '../features/preview.ts';
import {
  basisWords,
  lockOnWords,
  queueWords,
  stepTimeWords,
  sumWords,
  waitWords,
} from '../features/preview-words.ts';
import type { Step } from '../plan/model.ts';
import { formatBytes, formatCount } from '../text/amounts.ts';
import { formatDuration, formatMeasured } from '../timing/format.ts';
import { actionBlocks, checkTask } from './commands.ts';
import { exportWarnings } from './exportable.ts';
import { code, fence, heading, table, task, text } from './markdown.ts';
import type { Measured } from './measured.ts';
import { mermaidTimeline } from './mermaid.ts';
import { ended } from './psql.ts';
import { type NumberedStep, provenWords, rollbackBlocks, wholeWayBack } from './way-back.ts';

export interface RunbookOptions {
  readonly preview: Preview;
  /** What a dry run measured, where there was one. */
  readonly measured?: Measured | undefined;
}

/** A step with all that the runbook says of it. */
interface Entry extends NumberedStep {
  readonly preview: StepPreview | undefined;
}

/**
 * The plan as a runbook in Markdown, in the order in which people use it: what changes, how long it takes, the checklist,
 * the steps with their commands and each with its way back, the whole way back, what to watch, the clean-up. Its text
 * comes from the plan and is kept as text.
 */
export function runbook(analysis: Analysis, options: RunbookOptions): string {
  const { plan } = analysis;
  const entries = numbered(analysis, options.preview);
  const ends = new Set(
    entries
      .filter(({ analysed }) => analysed.step.rollback?.kind === 'impossible')
      .map(({ analysed }) => analysed.step.id),
  );
  const blocks = [
    heading(1, text(plan.migration?.value ?? '') || 'Migration'),
    ...figures(analysis, options),
    heading(2, 'Timing'),
    ...timing(entries, options),
    fence('mermaid', mermaidTimeline(options.preview, ends)),
    ...checklist(analysis),
    ...phases(analysis, entries, options),
    heading(2, 'The whole way back'),
    ...wholeWayBack(analysis, entries),
    ...monitoring(analysis),
    ...(plan.cleanup.length > 0
      ? [heading(2, 'Clean-up'), plan.cleanup.map(({ value }) => task(text(value))).join('\n')]
      : []),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function numbered({ plan, steps }: Analysis, preview: Preview): readonly Entry[] {
  const byStep = new Map(steps.map((analysed) => [analysed.step, analysed]));
  const previews = new Map(preview.phases.flatMap((phase) => phase.steps.map((step) => [step.id, step])));
  return plan.phases.flatMap((phase, at) =>
    phase.steps.flatMap((step, n) => {
      const analysed = byStep.get(step);
      return analysed ? [{ number: `${at + 1}.${n + 1}`, analysed, preview: previews.get(step.id) }] : [];
    }),
  );
}

function figures(analysis: Analysis, { preview, measured }: RunbookOptions): readonly string[] {
  const { plan, pgVersion } = analysis;
  const sizes = plan.tables.map(({ name, rows, size }) => {
    const parts = [rows && `${formatCount(rows.value)} rows`, size && formatBytes(size.value)];
    return `${code(name.value, 'table')} ${parts.filter(Boolean).join(', ')}`;
  });
  const { lockTimeout, statementTimeout, retries } = plan.session;
  const session = [
    lockTimeout && `lock_timeout ${formatDuration(lockTimeout.value)}`,
    statementTimeout && `statement_timeout ${formatDuration(statementTimeout.value)}`,
    retries && `${retries.value} retries`,
  ].filter(Boolean);
  const rows: [string, string][] = [
    ...(plan.type ? [['Kind', code(plan.type.value, 'table')] as [string, string]] : []),
    ['Database', `PostgreSQL ${pgVersion}`],
    ...(sizes.length > 0 ? [['Tables', sizes.join('; ')] as [string, string]] : []),
    ...(plan.traffic
      ? [['Traffic', `${formatCount(plan.traffic.value)} requests/s at peak`] as [string, string]]
      : []),
    ...(plan.app?.runs
      ? [['Application', `version ${text(plan.app.runs.value)} before step one`] as [string, string]]
      : []),
    ...(session.length > 0 ? [['Settings', session.join(', ')] as [string, string]] : []),
    ['Time', sumWords(preview) || 'none'],
    ...(measured
      ? [['Dry run', `${text(measured.verdict)} on ${text(measured.engine)}`] as [string, string]]
      : []),
  ];
  const findings = exportWarnings(analysis);
  return [
    table(
      ['What', 'Figure'],
      rows.map(([what, figure]) => [`**${what}**`, figure]),
    ),
    ...(findings.length > 0
      ? [
          [
            `**The plan has ${findings.length} ${findings.length === 1 ? 'error' : 'errors'}. Mend ${findings.length === 1 ? 'it' : 'them'} before you run it:**`,
            '',
            ...findings.map(({ rule, message }) => `- ${code(rule)}: ${text(message)}`),
          ].join('\n'),
        ]
      : []),
    howTo(plan),
  ];
}

/** What a person at psql has to know for every block. */
function howTo({ session: { lockTimeout, retries } }: Analysis['plan']): string {
  const times = retries?.value ?? 0;
  const again =
    times > 0
      ? `wait for a few seconds and paste it again, up to ${times} times, each time after a longer pause`
      : 'look for the transaction that is in the way before you paste it again';
  return [
    '- Paste the commands into `psql -X`, block by block. The first block of each step makes its settings: in a new session, begin there. `\\timing on` tells what a step took.',
    ...(lockTimeout?.value
      ? [
          `- \`canceling statement due to lock timeout\`: somebody else held the lock, and the block changed nothing (\`COMMIT\` then answers \`ROLLBACK\`). Nobody waits any more: ${again}.`,
        ]
      : []),
    '- Any other error: stop, and decide between mending it and the way back below the step.',
  ].join('\n');
}

function timing(entries: readonly Entry[], { preview, measured }: RunbookOptions): readonly string[] {
  const head = [
    'Step',
    '',
    'Expected',
    ...(measured?.isTimed ? ['Measured'] : []),
    'Estimate',
    'WAL',
    'Who waits',
  ];
  const rows = entries.map(({ number, analysed: { step }, preview: told }) => [
    number,
    text(step.name.value),
    told ? stepTimeWords(told) : '',
    ...(measured?.isTimed ? [measuredWords(measured, step)] : []),
    step.estimate ? estimateWords(step.estimate.value) : '',
    told?.wal !== undefined && told.wal >= 1024 * 1024 ? formatBytes(told.wal) : '',
    told?.worst ? lockWaits(told.worst) : told?.locks.length ? 'nobody' : '',
  ]);
  return [
    table(head, rows),
    [
      'Expected is what eight of ten servers need, once a lock is had.',
      ...basisWords(preview).map(text),
      ...measuredNote(measured),
      `In all: ${sumWords(preview) || 'no time'}.`,
    ].join(' '),
    ...(preview.queue ? [text(queueWords(preview.queue))] : []),
  ];
}

function measuredNote(measured: Measured | undefined): readonly string[] {
  if (!measured) return [];
  return measured.isTimed
    ? [`Measured is the dry run on ${text(measured.engine)} with its own tables, not production's.`]
    : [`The dry run was on ${text(measured.engine)}, whose times say nothing of production's.`];
}

function measuredWords({ steps }: Measured, { id, action }: Pick<Step, 'id' | 'action'>): string {
  const step = steps.get(id);
  if (action?.kind === 'deploy' || action?.kind === 'wait') return '';
  if (!step || step.status === 'skipped') return 'not run';
  return step.status === 'passed' ? formatMeasured(step.ms) : `${text(step.status)}`;
}

function estimateWords({ min, max }: { readonly min: number; readonly max: number }): string {
  return min === max ? formatDuration(max) : `${formatDuration(min)} to ${formatDuration(max)}`;
}

/** A step's lock, and who waits for it. */
function lockWaits(lock: LockPreview): string {
  return `${text(lockOnWords(lock))}: ${waitWords(lock) || 'nobody who reads or writes waits'}`;
}

function checklist({ plan }: Analysis): readonly string[] {
  if (plan.checklist.length === 0) return [];
  return [
    heading(2, 'Before step one'),
    ...plan.checklist.map(({ text: name, sql, expect }) => checkTask(name.value, sql?.text, expect?.value)),
  ];
}

function phases(analysis: Analysis, entries: readonly Entry[], options: RunbookOptions): readonly string[] {
  const { plan } = analysis;
  let live = plan.app?.runs?.value;
  const totals = options.preview.phases;
  return plan.phases.flatMap((phase, at) => {
    const risk = phase.risk ? ` (risk: ${text(phase.risk.value)})` : '';
    const total = totals[at];
    return [
      heading(2, `Phase ${at + 1}: ${text(phase.name.value)}${risk}`),
      ...(total && sumWords(total) !== '' ? [`Takes: ${sumWords(total)}.`] : []),
      ...entries
        .filter(({ analysed }) => phase.steps.includes(analysed.step))
        .flatMap((entry) => {
          const blocks = stepBlocks(analysis, entry, live, options);
          const { action } = entry.analysed.step;
          if (action?.kind === 'deploy') live = action.version.value;
          return blocks;
        }),
    ];
  });
}

function stepBlocks(
  analysis: Analysis,
  { number, analysed, preview }: Entry,
  live: string | undefined,
  { measured }: RunbookOptions,
): readonly string[] {
  const { plan } = analysis;
  const { step, action, before } = analysed;
  const isEnd = step.rollback?.kind === 'impossible';
  const back = rollbackBlocks(analysis, analysed);
  const proven = provenWords(measured, step.id);
  return [
    heading(3, `${number} ${text(step.name.value)}`),
    ...(isEnd ? ['**Point of no return:** once this is done, no step before it can be undone.'] : []),
    ...facts(preview, measured, step),
    ...(step.action?.kind === 'deploy' && live !== undefined
      ? [`While it rolls out, ${text(live)} and ${text(step.action.version.value)} both run.`]
      : []),
    ...(action ? actionBlocks(plan, action, { id: step.id, schema: before }) : []),
    ...(step.action?.kind === 'wait' ? watchWhileWaiting(analysis) : []),
    task('Done. It took: …'),
    ...(back.length > 0 ? [heading(4, `Way back from ${number}`), ...back] : []),
    ...(back.length > 0 && proven !== '' ? [proven] : []),
  ];
}

function facts(
  preview: StepPreview | undefined,
  measured: Measured | undefined,
  step: Step,
): readonly string[] {
  if (!preview || preview.action === 'wait' || preview.action === 'deploy') return [];
  const { untold, locks, worst, wal } = preview;
  const lines = [
    `Expected: ${stepTimeWords(preview)}${untold !== '' ? ` (${text(untold)})` : ''}`,
    ...(measured?.isTimed ? [`Measured in the dry run: ${measuredWords(measured, step)}`] : []),
    ...[worst ?? locks[0]].flatMap((lock) => (lock ? [lockWaits(lock)] : [])),
    ...(wal !== undefined && wal >= 1024 * 1024 ? [`${formatBytes(wal)} of WAL for the replicas`] : []),
  ];
  return [lines.map((line) => `- ${line}`).join('\n')];
}

function watchWhileWaiting({ plan }: Analysis): readonly string[] {
  const alerts = plan.monitoring?.alerts ?? [];
  if (alerts.length === 0) return [];
  const names = alerts.map(({ metric }) => code(metric.value)).join(', ');
  return [`Watch ${names}; thresholds and what to do are under Monitoring.`];
}

function monitoring({ plan }: Analysis): readonly string[] {
  const { alerts = [], queries = [] } = plan.monitoring ?? {};
  if (alerts.length === 0 && queries.length === 0) return [];
  return [
    heading(2, 'Monitoring'),
    ...(alerts.length > 0
      ? [
          table(
            ['Metric', 'Warning', 'Critical', 'What to do'],
            alerts.map(({ metric, warning, critical, action }) => [
              code(metric.value, 'table'),
              text(warning?.value ?? ''),
              text(critical?.value ?? ''),
              text(action?.value ?? ''),
            ]),
          ),
        ]
      : []),
    ...queries.flatMap(({ name, sql }) => [
      `${text(name.value)}:`,
      ...(sql ? [fence('sql', ended(sql.text))] : []),
    ]),
  ];
}
