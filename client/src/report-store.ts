import { type ExtensionContext, type LogOutputChannel, Uri, workspace } from 'vscode';
import type { ToldPreview } from '../../server/src/lsp/protocol.ts';
import type { Report } from '../../server/src/rehearsal/model.ts';

/** A report and the plan it is about, with what that will cost production. */
export interface KeptReport {
  readonly plan: Uri;
  readonly report: Report;
  /** Undefined where nothing was run. */
  readonly timing: ToldPreview | undefined;
}

/** The last report of each plan; kept with the workspace, so that it can be read again tomorrow. */
export interface ReportStore {
  keep(kept: KeptReport): Promise<void>;
  /** The plan's last report; without a plan, the last of all. */
  last(plan: Uri | undefined): Promise<KeptReport | undefined>;
}

/** Raised when a stored report can no longer be shown. */
const format = 3;

export function createReportStore(context: ExtensionContext, output: LogOutputChannel): ReportStore {
  const memory = new Map<string, KeptReport>();
  const lastPlanKey = 'switchback.lastReportedPlan';
  const fileOf = async (plan: Uri) => {
    const folder = context.storageUri;
    return folder && Uri.joinPath(folder, 'reports', `${await digest(plan.toString())}.json`);
  };
  return {
    async keep({ plan, report, timing }) {
      memory.set(plan.toString(), { plan, report, timing });
      await context.workspaceState.update(lastPlanKey, plan.toString());
      const file = await fileOf(plan);
      if (!file || plan.scheme === 'untitled') return;
      try {
        const text = JSON.stringify({ format, plan: plan.toString(), report, timing });
        await workspace.fs.writeFile(file, new TextEncoder().encode(text));
      } catch (error) {
        // The report is on screen; only reopening it later is lost.
        output.warn(`The report could not be stored: ${String(error)}`);
      }
    },
    async last(asked) {
      const key = asked?.toString() ?? context.workspaceState.get<string>(lastPlanKey);
      if (key === undefined) return undefined;
      const kept = memory.get(key);
      if (kept) return kept;
      const plan = Uri.parse(key);
      const file = await fileOf(plan);
      const stored = file && (await readStored(file));
      if (!stored) return undefined;
      const { report, timing } = stored;
      memory.set(key, { plan, report, timing });
      return { plan, report, timing };
    },
  };
}

type Stored = Pick<KeptReport, 'report'> & Partial<Pick<KeptReport, 'timing'>>;

async function readStored(file: Uri): Promise<Stored | undefined> {
  try {
    const stored: unknown = JSON.parse(new TextDecoder().decode(await workspace.fs.readFile(file)));
    return isStored(stored) ? stored : undefined;
  } catch {
    // None stored, or half written: the same as none.
    return undefined;
  }
}

function isStored(value: unknown): value is Stored {
  return (
    typeof value === 'object' &&
    value !== null &&
    'format' in value &&
    value.format === format &&
    'report' in value
  );
}

async function digest(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Buffer.from(bytes).toString('hex').slice(0, 32);
}
