import type { Preview } from '../features/preview.ts';
import { stepTimeWords } from '../features/preview-words.ts';
import { oneLine } from './names.ts';

/**
 * The plan's steps as a Mermaid timeline: a section a phase, a period a step, and beside it how long it takes. Soaks of
 * days and steps of milliseconds stand side by side, so it has no scale.
 */
export function mermaidTimeline(
  { plan, phases }: Pick<Preview, 'plan' | 'phases'>,
  ends: ReadonlySet<string>,
): string {
  const lines = ['timeline', `  title ${label(plan) || 'Migration'}`];
  for (const [at, { phase, steps }] of phases.entries()) {
    if (steps.length === 0) continue;
    lines.push(`  section ${at + 1} ${label(phase)}`);
    for (const [n, step] of steps.entries()) {
      const end = ends.has(step.id) ? ' : no way back' : '';
      lines.push(`    ${at + 1}.${n + 1} ${label(step.step)} : ${stepTimeWords(step)}${end}`);
    }
  }
  return lines.join('\n');
}

/** Mermaid takes colons, semicolons, number signs and the like for syntax, and has no way to write them. */
function label(name: string): string {
  return oneLine(name)
    .replaceAll(/[^\p{L}\p{M}\p{N} ._,()/'-]/gu, ' ')
    .replaceAll(/ +/g, ' ')
    .trim();
}
