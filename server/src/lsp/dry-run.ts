import type { CancellationToken } from 'vscode-languageserver';
import { productionTimes } from '../features/preview-words.ts';
import { type Amplification, amplificationFor } from '../rehearsal/amplify.ts';
import type { LoadOptions } from '../rehearsal/load/model.ts';
import { measuredBy } from '../rehearsal/measured-by.ts';
import type { Engine, Progress, Report } from '../rehearsal/model.ts';
import { reportText } from '../rehearsal/report-text.ts';
import type { Checked } from './analyses.ts';
import type { ProjectCalibration } from './calibration.ts';
import { toldPreview } from './preview.ts';
import type { DryRunParams, DryRunResult, ServerChoice } from './protocol.ts';
import type { ChosenEngine } from './server-engine.ts';

/** Runs an analysed plan on a Postgres of its own. */
export type Rehearse = (analysis: Checked['analysis'], options: RehearseRequest) => Promise<Report>;

export interface RehearseRequest {
  /** Fabricated rows per table. */
  readonly rows: number;
  /** ms a step may take. */
  readonly stepTimeout: number;
  /** Whether rollbacks and the application are proven. */
  readonly proofs: boolean;
  /** How far tables are filled up, on a server alone. */
  readonly amplify?: Amplification | undefined;
  /** Measures as well as it can, beside what is seen. */
  readonly measure?: 'also' | undefined;
  /** Puts load on while the steps run. */
  readonly load?: LoadOptions;
  /** The id of the only step to prove. */
  readonly only?: string;
  /** The embedded Postgres where absent. */
  readonly engine?: Engine;
  readonly signal: AbortSignal;
  onProgress(progress: Progress): void;
}

export interface DryRunDependencies {
  readonly rehearse: Rehearse;
  /** Told of each report. */
  readonly ran: (uri: string, report: Report, calibration: ProjectCalibration) => void;
  /** How production compares with a server, as the project says. */
  readonly calibration: (checked: Checked) => ProjectCalibration;
  readonly isTrusted: () => boolean;
  /** The document's analysis, or why it cannot be had. */
  readonly check: (uri: string) => Promise<Checked | { readonly refused: string }>;
  /** The engine for a server that the user picked. */
  readonly chosenEngine: (choice: ServerChoice, checked: Checked) => Promise<ChosenEngine>;
  readonly progress: (token: string | number) => {
    begin(title: string, percentage: number, message: undefined, cancellable: boolean): void;
    report(percentage: number, message: string): void;
    done(): void;
  };
}

/** Dry runs, one at a time for each document. */
export interface DryRuns {
  run(params: DryRunParams, token: CancellationToken): Promise<DryRunResult>;
  /** Stops all of them: the server goes down. */
  abortAll(): void;
}

export function createDryRuns({
  rehearse,
  ran,
  calibration,
  isTrusted,
  check,
  chosenEngine,
  progress,
}: DryRunDependencies): DryRuns {
  const running = new Map<string, AbortController>();
  return {
    abortAll() {
      for (const controller of running.values()) controller.abort();
    },
    async run(params, token) {
      if (!isTrusted()) return { refused: untrusted };
      if (running.has(params.uri)) return { refused: alreadyRunning };
      const controller = new AbortController();
      const cancellation = token.onCancellationRequested(() => controller.abort());
      running.set(params.uri, controller);
      const reporter = progress(params.workDoneToken);
      reporter.begin('Dry run', 0, undefined, true);
      try {
        const checked = await check(params.uri);
        if ('refused' in checked) return checked;
        if (checked.analysis.kind !== 'plan') return { refused: notAPlan };
        const chosen = params.server && (await chosenEngine(params.server, checked));
        if (chosen && 'refused' in chosen) return chosen;
        const { dryRun } = checked.settings;
        const proofs = dryRun.proofs ?? true;
        const amplify = amplificationFor(proofs && !params.load, dryRun.amplify);
        const report = await rehearse(checked.analysis, {
          ...(chosen && { engine: chosen.engine }),
          rows: dryRun.rows ?? params.rows,
          stepTimeout: dryRun.stepTimeout ?? params.stepTimeout,
          proofs,
          amplify,
          measure: params.load ? undefined : amplify && 'also',
          ...(params.load && { load: { ...params.load, ...dryRun.load } }),
          ...(params.only !== undefined && { only: params.only }),
          signal: controller.signal,
          onProgress: ({ step, steps, message }) =>
            reporter.report(steps > 0 ? Math.round((100 * step) / steps) : 0, message),
        });
        // Of a plan that could not be run there is nothing to tell.
        if (report.steps.length === 0) return { report, text: reportText(report, { color: true }) };
        const compared = calibration(checked);
        ran(params.uri, report, compared);
        const measured = measuredBy(report);
        const told = await toldPreview(checked, { measured, ...compared });
        const production = measured && told && productionTimes(told.preview);
        const text = reportText(report, { color: true, production });
        return { report, text, ...(told && { preview: told }) };
      } finally {
        reporter.done();
        cancellation.dispose();
        running.delete(params.uri);
      }
    },
  };
}

const untrusted =
  'The workspace is in Restricted Mode. A dry run executes the plan’s SQL on an embedded Postgres, so it needs a trusted workspace.';
const alreadyRunning = 'A dry run of this plan is under way. Cancel it, or wait until it is done.';
const notAPlan =
  'Only a migration plan can be dry-run. This is a plain SQL file, which says nothing of steps and phases.';
