import type { Effects, RelationWork } from '../../../server/src/effects/model.ts';

/** Effects of a statement that does nothing to anybody. */
export const none: Effects = {
  class: 'instant',
  locks: [],
  rewrites: [],
  scans: [],
  builds: [],
  unknown: [],
  transactional: true,
};
export const onUsers: RelationWork = { relation: 'users', reason: 'it is tested' };
