import { dirname, resolve } from 'node:path';
import type { PreviewOptions } from '../features/preview.ts';
import { readExplainedCount } from '../timing/explained-count.ts';
import type { Files } from './files.ts';

export type ProjectCalibration = Pick<PreviewOptions, 'calibration' | 'calibrationProblem'>;

/** How production compares with a measured server, as the project's settings say; nothing where they do not. */
export function projectCalibration(
  calibrate: string | undefined,
  settingsPath: string | undefined,
  files: Pick<Files, 'read'>,
): ProjectCalibration {
  if (calibrate === undefined) return {};
  if (calibrate === 'same') return { calibration: { kind: 'same' } };
  if (settingsPath === undefined) return {};
  const file = files.read(resolve(dirname(settingsPath), calibrate));
  if ('error' in file) return { calibrationProblem: `${calibrate}: ${file.error}` };
  const found = readExplainedCount(file.text);
  return 'problem' in found
    ? { calibrationProblem: `${calibrate}: ${found.problem}` }
    : { calibration: { kind: 'count', count: found.count } };
}
