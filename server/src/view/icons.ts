import type { StepStatus, Verdict } from '../rehearsal/model.ts';
import { type Html, raw } from './markup.ts';

const circle = '<circle cx="8" cy="8" r="6.5"/>';
const paths: Record<StepStatus | Verdict, string> = {
  passed: `${circle}<path d="M5 8.3l2.2 2.2L11.2 6"/>`,
  failed: `${circle}<path d="M5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6"/>`,
  skipped: `${circle}<path d="M5 8h6"/>`,
  cancelled: `${circle}<path d="M4 12L12 4"/>`,
  refused: `${circle}<path d="M8 4.5v4.2M8 11.2v.3"/>`,
};

/** A drawing in the text's colour. The word stands beside it, so readers of the screen pass it over. */
export function icon(status: StepStatus | Verdict): Html {
  return raw(
    `<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">${paths[status]}</svg>`,
  );
}
