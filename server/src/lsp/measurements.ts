import type { PreviewOptions } from '../features/preview.ts';
import { measuredBy } from '../rehearsal/measured-by.ts';
import type { Report } from '../rehearsal/model.ts';
import type { ProjectCalibration } from './calibration.ts';

/** What the last dry run on a server took, plan by plan, for as long as the server process lives. */
export interface Measurements {
  /** Keeps what a run measured; one that measured nothing leaves what is known. */
  keep(uri: string, report: Report, calibration: ProjectCalibration): void;
  /** What previews of the plan are made of beside the plan; the same object until that changes. */
  of(uri: string): PreviewOptions;
}

export function createMeasurements(): Measurements {
  const none: PreviewOptions = {};
  const known = new Map<string, PreviewOptions>();
  return {
    keep(uri, report, calibration) {
      const measured = measuredBy(report);
      if (measured) known.set(uri, { measured, ...calibration });
    },
    of: (uri) => known.get(uri) ?? none,
  };
}
