import type { Judged } from './judge.ts';

/** What was seen, or why nothing was tried. */
export function seenText({ trial, verdict, reason }: Judged): string {
  if ('refused' in trial) return `refused: ${trial.refused}`;
  const lost = trial.lost.length > 0 ? `lost: ${trial.lost.join(', ')}` : '';
  const { seen } = trial;
  switch (verdict) {
    case 'unknown':
    case 'impossible':
    case 'open':
      return [reason, lost].filter((part) => part !== '').join(' ');
    case 'unseen':
      return 'restored, though nothing was seen to change';
    case 'weak':
      return 'nothing lost on these rows';
    case 'restored':
      return 'restored';
    case 'reordered':
      return 'restored, column order changed';
    case 'lost':
      return ['schema restored', lost, ...(seen?.rows ?? [])].filter((part) => part !== '').join('; ');
    default:
      return [
        ...(seen?.error ? [`the rollback fails: ${seen.error}`] : []),
        ...(seen?.drift ?? []),
        ...(seen?.rows ?? []),
      ].join('; ');
  }
}

export function undoText({ trial }: Judged): string {
  if ('refused' in trial) return '';
  return trial.undo.length > 0
    ? `${trial.undo.join('; ')}${trial.alone ? ' (not in a transaction)' : ''}`
    : '';
}
