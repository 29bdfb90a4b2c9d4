import type { CancellationToken, CodeLens } from 'vscode-languageserver';
import type { Analysis } from '../analyze.ts';
import { lenses, planTimingTitle, stepTimingTitle } from '../features/lenses.ts';
import { createStepPreviews, type PreviewOptions, type StepPreview } from '../features/preview.ts';
import type { Checked } from './analyses.ts';
import { toLspRange } from './convert.ts';
import { previewTimingCommand, proveStepCommand } from './protocol.ts';

/** `data` of a lens whose title is told when it is seen. */
interface LensData {
  readonly uri: string;
  readonly step?: string;
}

/** The answer to `textDocument/codeLens`: what of the plan can be run, and what it costs production, above its place. */
export function codeLenses({ uri, analysis, lines }: Checked, withTiming: boolean): CodeLens[] {
  return lenses(analysis)
    .filter(({ kind }) => withTiming || kind === 'run')
    .map(({ range: place, kind, title, step }) => {
      const range = toLspRange(place, lines);
      if (kind === 'timing') return { range, data: { uri, ...(step !== undefined && { step }) } };
      const command = proveStepCommand;
      return { range, command: { title, command, arguments: step === undefined ? [uri] : [uri, step] } };
    });
}

export interface LensTitlesDependencies {
  readonly current: (uri: string) => Promise<Checked | undefined>;
  readonly timing: (uri: string) => PreviewOptions;
}

/** ms of work at a stretch: an edit that comes meanwhile is not kept waiting for longer. */
const stretch = 4;

/** The answer to `codeLens/resolve`: the title of a lens on timing. */
export function createLensTitles({ current, timing }: LensTitlesDependencies) {
  const plans = new WeakMap<Analysis, { readonly options: PreviewOptions; readonly title: string }>();

  const planTitle = async (analysis: Analysis, options: PreviewOptions, token: CancellationToken) => {
    const known = plans.get(analysis);
    if (known && known.options === options) return known.title;
    const previewOf = createStepPreviews(analysis, options);
    const steps: StepPreview[] = [];
    let began = performance.now();
    for (const step of analysis.steps) {
      const told = previewOf(step);
      if (told) steps.push(told);
      if (performance.now() - began < stretch) continue;
      await new Promise(setImmediate);
      if (token.isCancellationRequested) return '';
      began = performance.now();
    }
    const title = planTimingTitle(steps);
    plans.set(analysis, { options, title });
    return title;
  };

  return async (lens: CodeLens, token: CancellationToken): Promise<CodeLens> => {
    const { uri, step: id } = lens.data as LensData;
    const checked = await current(uri);
    const command = (title: string) => ({
      ...lens,
      command: { title, command: previewTimingCommand, arguments: [uri] },
    });
    if (!checked) return command('');
    const { analysis } = checked;
    if (id === undefined) return command(await planTitle(analysis, timing(uri), token));
    const step = analysis.steps.find((one) => one.step.id === id);
    const told = step && createStepPreviews(analysis, timing(uri))(step);
    return command(told ? stepTimingTitle(told) : '');
  };
}
